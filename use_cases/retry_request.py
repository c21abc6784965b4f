"""Retry a request: the targets of an ended request that did not end well, planned and approved anew.

Users whom an approver left out are not among them: only a new request brings them back.
"""

from collections.abc import Collection
from typing import NamedTuple

import durable
from domain.access.callers import Caller
from domain.errors import ConflictError
from domain.normal_address import known_address
from domain.outcomes import WELL_ENDED, TargetOutcome
from domain.request.approval import left_out
from domain.request.new_request import CONSOLE, EarlierNumbers, KnownNames, Origin, known_names
from domain.request.parsing import read_request
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from languages import Message
from services import Services
from use_cases.submit_request import Submission, Submitted, caller_keys, canonical_json, submit_request
from use_cases.target_summaries import targets_with

_ENDED_BADLY = [outcome.value for outcome in TargetOutcome if outcome not in WELL_ENDED]


class BodyAgain(NamedTuple):
    """The body of a request for users of another, which target of that one each of them is, and their names."""

    body: dict[str, object]
    earlier: EarlierNumbers
    names: KnownNames


async def retry_request(
    services: Services,
    client: durable.Client,
    request: ResetRequest,
    *,
    by: Caller,
    source: str,
    customers: Collection[str] | None,
    key: str | None = None,
) -> Submitted:
    """Submit a request for what did not end well.

    `customers` are those that the new request may name, None: all. Raises: ConflictError where there is nothing to try again, or
    nothing yet; KeyReusedError.
    """
    body, earlier, names = await _retry_body(services, request)
    submission = Submission(
        parsed=read_request(body, services.policy, customers),
        origin=Origin(source, caller=by, retry_of=request.id, earlier=earlier, names=names),
        key=key,
        key_owner=caller_keys(by),
        raw=canonical_json({"retryOf": request.id} | body),
    )
    return await submit_request(services, client, submission)


async def review_retry(
    services: Services,
    client: durable.Client,
    request: ResetRequest,
    *,
    by: Caller,
    customers: Collection[str] | None,
    requester: str,
) -> ResetRequest:
    """Submit the dry run that shows what a retry would do; nothing is asked of approvers before it is confirmed.

    `requester` is the person who retries. Raises: ConflictError, as `retry_request` does.
    """
    body, earlier, names = await _retry_body(services, request)
    parsed = read_request(body | {"requester": requester, "dryRun": True}, services.policy, customers)
    origin = Origin(CONSOLE, caller=by, retry_of=request.id, earlier=earlier, names=names)
    return (await submit_request(services, client, Submission(parsed, origin))).request


async def left_out_of(services: Services, request: ResetRequest) -> frozenset[int]:
    """Return the numbers of the targets that approvers left out, though the decision counted no more in the end."""
    decisions = await services.requests.decisions(request.id)
    return frozenset().union(*left_out(request, decisions).values())


async def _retry_body(services: Services, request: ResetRequest) -> BodyAgain:
    """Return the body of the new request, and what the first one says of its users."""
    if not request.status.ended:
        raise ConflictError(
            Message(
                "The request has not ended yet: %(status)s. Wait for its end, or cancel it.",
                status=request.status.value,
            )
        )
    if request.undo_of:
        raise ConflictError(Message("This was an undo: ask for another undo of the request that it names in undoOf."))
    excluded = await left_out_of(services, request)
    open_ends = [
        target
        for target in await targets_with(services, request, "outcomes", _ENDED_BADLY)
        if target.reason != "duplicateUser"
    ]
    left = [target for target in open_ends if target.number not in excluded and target.reason != "excludedByApprover"]
    if not left and open_ends:
        raise ConflictError(
            Message("Approvers excluded all users who were not reset. Make a new request to ask for them again.")
        )
    if not left:
        raise ConflictError(Message("Every target of the request ended well; there is nothing to try again."))
    return body_again(request, left)


def body_again(request: ResetRequest, targets: Collection[Target]) -> BodyAgain:
    """Return the body of a request like `request` for these of its targets, which of them each user is, and their names."""
    groups: dict[str, list[str]] = {}
    earlier: dict[tuple[str, str], int] = {}
    for target in targets:
        user = target.user_id or target.asked
        groups.setdefault(target.customer, []).append(user)
        earlier[target.customer, user] = target.number
    body: dict[str, object] = {
        "targets": [{"customer": customer, "users": users} for customer, users in groups.items()],
        "reason": request.reason,
        "ticket": request.ticket,
        "requester": known_address(request.requester),
        "methods": [kind.value for kind in request.methods],
        "revokeSessions": request.revoke_sessions,
        "dryRun": request.dry_run,
    }
    if request.containment is not None:
        body["profile"] = request.containment.profile.value
        del body["methods"]
    if request.access_pass:  # else bodies that were made before this field have another hash
        body["accessPass"] = True
    if request.phone_only:
        body["phoneOnly"] = request.phone_only
    body |= request.schedule.asked() if request.schedule else {}
    return BodyAgain(body, earlier, known_names(targets))
