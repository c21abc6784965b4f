"""What the API shows of a request, for doors and for events alike."""

import asyncio
from collections.abc import AsyncIterator

from domain.announcements import callback_shown, outcome_event_shown
from domain.requests import ResetRequest
from domain.shown import RequestShown, request_shown
from domain.targets import Target
from domain.undo import open_tokens
from services import Services

_PAGE = 500


async def show(s: Services, request: ResetRequest) -> RequestShown:
    totals, decisions, announcements = await asyncio.gather(
        s.targets.totals(request.id), s.requests.decisions(request.id), s.announcements.all(request.id)
    )
    return request_shown(
        request,
        totals,
        decisions,
        s.settings.public_base_url,
        [callback_shown(each) for each in announcements if each.state != "none"],
        await _codes_needed(s, request),
        [outcome_event_shown(each) for each in announcements if each.bus != "none"],
    )


async def _codes_needed(s: Services, request: ResetRequest) -> int:
    if request.undo_of is None or request.status.ended:
        return 0
    return sum([open_tokens(target) async for target in all_targets(s, request.id)])


async def all_targets(s: Services, request_id: str) -> AsyncIterator[Target]:
    """Every target of a request, in its order."""
    start = 0
    while page := await s.targets.range(request_id, start, _PAGE):
        for kept in page:
            yield kept.target
        start += len(page)
