"""What the API shows of a request, for doors and for events alike."""

import asyncio
from collections.abc import AsyncIterator

from domain.api.responses import RequestShown, request_shown
from domain.request.notifications import callback_shown, outcome_event_shown
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.request.undo import open_tokens
from services import Services

_PAGE = 500


async def show(services: Services, request: ResetRequest) -> RequestShown:
    totals, decisions, announcements = await asyncio.gather(
        services.targets.totals(request.id),
        services.requests.decisions(request.id),
        services.announcements.all(request.id),
    )
    return request_shown(
        request,
        totals,
        decisions,
        services.settings.public_base_url,
        [callback_shown(each) for each in announcements if each.state != "none"],
        await _codes_needed(services, request),
        [outcome_event_shown(each) for each in announcements if each.bus != "none"],
    )


async def _codes_needed(services: Services, request: ResetRequest) -> int:
    if request.undo_of is None or request.status.ended:
        return 0
    return sum([open_tokens(target) async for target in all_targets(services, request.id)])


async def all_targets(services: Services, request_id: str) -> AsyncIterator[Target]:
    """Every target of a request, in its order."""
    start = 0
    while page := await services.targets.range(request_id, start, _PAGE):
        for kept in page:
            yield kept.target
        start += len(page)
