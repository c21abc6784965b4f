"""Take users over from requests that hold them and are not decided: end those holds, and submit a request for the users."""

from collections.abc import Iterable

import durable
from domain.access.callers import Caller
from domain.errors import ConflictError
from domain.outcomes import TargetOutcome
from domain.request.new_request import Origin
from domain.request.parsing import read_request
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from languages import Message
from records.holds import Takeover
from services import Services
from use_cases.orchestrations import wake
from use_cases.retry_request import body_again
from use_cases.submit_request import Submission, Submitted, caller_keys, canonical_json, submit_request
from use_cases.target_summaries import targets_with


async def take_over_users(
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
    """Submit a request for the users of `request` who were refused because another request held them.

    It is planned and approved anew. A user whose reset was approved meanwhile stays with the other request. `requester` is the
    new request's, the first one's unless given. Raises: ConflictError where there is no user to take over; KeyReusedError.
    """
    refused = await targets_with(services, request, "outcomes", [TargetOutcome.REFUSED.value])
    held = [target for target in refused if target.held_by]
    if not held:
        raise ConflictError(Message("No user of this request was held by another request."))
    if key is None or not await services.deliveries.known(caller_keys(by), key):
        await _end_holds(services, client, request, held, by.name)
    body, earlier, names = body_again(request, held)
    if requester:
        body["requester"] = requester
    submission = Submission(
        parsed=read_request(body, services.policy, customers),
        origin=Origin(source, caller=by, takeover_of=request.id, earlier=earlier, names=names),
        key=key,
        key_owner=caller_keys(by),
        raw=canonical_json({"takeoverOf": request.id} | body),
    )
    return await submit_request(services, client, submission)


async def _end_holds(
    services: Services, client: durable.Client, request: ResetRequest, held: list[Target], by: str
) -> None:
    """End the holds on these users. Raises: ConflictError where none of them is free then, or they were taken over already."""
    holders = [(t, h) for t in held if (h := await services.leases.holder(t.tenant_id, t.user_id)) is not None]
    for _, holder in holders:
        other = await services.requests.get(holder.request_id)
        if other is not None and other.earlier_request == request.id:
            raise ConflictError(
                Message(
                    "Request %(other)s has these users already; it is %(status)s.",
                    other=other.id,
                    status=other.status.value,
                )
            )
    takeover = Takeover(request.id, services.now(), by)
    ended = [holder for _, holder in holders if await services.holds.end(holder, takeover)]
    for request_id in {holder.request_id for holder in ended}:
        if await services.requests.cancelled(request_id) is not None:  # nothing of it is left
            await wake(client, request_id)
    if holders and not ended and len(holders) == len(held):
        busy = holders[0][1].request_id
        raise ConflictError(
            Message("Request %(busy)s was approved and resets these users. Wait for its end, then retry.", busy=busy)
        )
