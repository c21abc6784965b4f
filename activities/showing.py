"""What the API shows of a request, for doors and for events alike."""

import asyncio
from collections.abc import AsyncIterator

from domain.announcements import callback_shown
from domain.requests import ResetRequest
from domain.shown import RequestShown, request_shown
from domain.targets import Target
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
    )


async def all_targets(s: Services, request_id: str) -> AsyncIterator[Target]:
    """Every target of a request, in its order."""
    start = 0
    while page := await s.targets.range(request_id, start, _PAGE):
        for kept in page:
            yield kept.target
        start += len(page)
