"""Read a request as the API, the console and events show it."""

import asyncio
import re

from domain.api.responses import RequestResponse, to_request_response
from domain.errors import NotFoundError
from domain.request.notifications import to_callback_response, to_outcome_event_response
from domain.request.reset_request import ResetRequest
from domain.request.undo import open_tokens
from languages import Message
from services import Services
from use_cases.read_targets import all_targets

_ID = re.compile("[A-Za-z0-9-]{1,64}", re.ASCII)


async def find_request(services: Services, request_id: str | None, reach: frozenset[str] | None) -> ResetRequest:
    """Return the request with this id, if the caller may see it.

    `reach` are the customers that the caller may see, None: all. A request is shown only to callers who may see all of its
    customers. Text that cannot be an id is not looked up. Raises: NotFoundError.
    """
    known = await services.requests.get(request_id) if request_id and _ID.fullmatch(request_id) else None
    if known is None or not is_within(known, reach):
        raise NotFoundError(Message("There is no such request."))
    return known


def is_within(request: ResetRequest, reach: frozenset[str] | None) -> bool:
    """Return whether all customers of the request are among those in `reach` (None: all).

    A record that cannot be read may not say which they are; then only callers without a limit see it.
    """
    return reach is None or (bool(request.customers) and reach.issuperset(request.customers))


async def request_response(services: Services, request: ResetRequest) -> RequestResponse:
    """Return what the API shows of a request: its record, totals, decisions and deliveries."""
    totals, decisions, notifications = await asyncio.gather(
        services.targets.totals(request.id),
        services.requests.decisions(request.id),
        services.notifications.all(request.id),
    )
    return to_request_response(
        request,
        totals,
        decisions,
        services.settings.public_base_url,
        [to_callback_response(each) for each in notifications if each.state != "none"],
        await _codes_needed(services, request),
        [to_outcome_event_response(each) for each in notifications if each.bus != "none"],
    )


async def _codes_needed(services: Services, request: ResetRequest) -> int:
    if request.undo_of is None or request.status.ended:
        return 0
    return sum([open_tokens(target) async for target in all_targets(services, request.id)])
