"""Page through the targets of a request."""

from collections.abc import AsyncIterator, Callable

from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from records.targets import StoredTarget
from services import Services

# Targets per read of the records: a page of 500 with their methods is well under a second and a few megabytes.
_PAGE = 500


async def targets_from(services: Services, request: ResetRequest, start: int, count: int) -> list[Target]:
    """Return up to `count` targets from number `start` on, those that are still to be written included."""
    drafts: list[Target] = []
    if request.status is RequestStatus.PLANNING and services.target_drafts.needed(request.target_count):
        # Before the rows, so that what is written in between is in one of the two.
        drafts = await services.target_drafts.targets(request.id, start, count)
    found = {target.number: target for target in drafts if target.number >= start}
    found |= {kept.target.number: kept.target for kept in await services.targets.range(request.id, start, count)}
    return [found[number] for number in sorted(found)[:count]]


async def target_pages(services: Services, request_id: str) -> AsyncIterator[list[StoredTarget]]:
    """Yield the targets of a request as they were read, in their order, page by page."""
    start = 0
    while page := await services.targets.range(request_id, start, _PAGE):
        yield page
        start += len(page)


async def all_targets(services: Services, request_id: str) -> AsyncIterator[Target]:
    """Yield every target of a request, in its order."""
    async for page in target_pages(services, request_id):
        for kept in page:
            yield kept.target


async def find_targets(
    services: Services,
    request: ResetRequest,
    matches: Callable[[Target], bool],
    start: int,
    limit: int,
    *,
    scan: int | None = None,
) -> tuple[list[Target], int | None]:
    """Return at most `limit` matching targets from number `start` on, and the number to go on with, None at the end.

    At most `scan` targets are looked at (None: all), so a page may have fewer, even none, though there are more.
    """
    found: list[Target] = []
    at, end = start, request.target_count if scan is None else min(request.target_count, start + scan)
    while at < end:
        page = await targets_from(services, request, at, min(_PAGE, max(limit, 1), end - at))
        if not page:
            return found, None
        for target in page:
            if len(found) == limit:
                return found, target.number
            at = target.number + 1
            if matches(target):
                found.append(target)
    return found, at if at < request.target_count else None
