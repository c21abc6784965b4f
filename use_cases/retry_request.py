"""Retry a request: the targets of an ended request that did not end well, planned and approved anew."""

from collections.abc import Iterable

import durable
from domain.access.callers import Caller
from domain.errors import ConflictError
from domain.normal_address import known_address
from domain.outcomes import WELL_ENDED
from domain.request.new_request import EarlierNumbers, Origin
from domain.request.parsing import read_request
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from services import Services
from use_cases.read_targets import all_targets
from use_cases.submit_request import Submission, Submitted, caller_keys, canonical_json, submit_request


async def retry_request(
    services: Services,
    client: durable.Client,
    request: ResetRequest,
    *,
    by: Caller,
    source: str,
    customers: Iterable[str] | None,
    requester: str = "",
    key: str | None = None,
) -> Submitted:
    """Submit a request for what did not end well.

    `customers` are those that the new request may name, None: all. `requester` is the new one's, the first one's unless given.
    Raises: ConflictError where there is nothing to try again, or nothing yet; KeyReusedError.
    """
    body, earlier = await _retry_body(services, request)
    if requester:
        body["requester"] = requester
    submission = Submission(
        parsed=read_request(body, services.policy, customers),
        origin=Origin(source, caller=by, retry_of=request.id, earlier=earlier),
        key=key,
        key_owner=caller_keys(by),
        raw=canonical_json({"retryOf": request.id} | body),
    )
    return await submit_request(services, client, submission)


async def _retry_body(services: Services, request: ResetRequest) -> tuple[dict[str, object], EarlierNumbers]:
    """Return the body of the new request, and which target of the first one each of its users is."""
    if not request.status.ended:
        raise ConflictError(f"The request has not ended yet: {request.status.value}. Wait for its end, or cancel it.")
    if request.undo_of:
        raise ConflictError("This was an undo: ask for another undo of the request that it names in undoOf.")
    left = [
        target
        async for target in all_targets(services, request.id)
        if target.outcome not in WELL_ENDED and target.reason != "duplicateUser"
    ]
    if not left:
        raise ConflictError("Every target of the request ended well; there is nothing to try again.")
    return body_again(request, left)


def body_again(request: ResetRequest, targets: Iterable[Target]) -> tuple[dict[str, object], EarlierNumbers]:
    """Return the body of a request like `request` for these of its targets, and which of them each user is."""
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
    return body, earlier
