"""List requests that match a filter, newest first."""

from collections.abc import Callable

from domain.request.reset_request import ResetRequest
from services import Services


async def list_requests(
    services: Services, matches: Callable[[ResetRequest], bool], cursor: str, limit: int, *, scan: int
) -> tuple[list[ResetRequest], str]:
    """Return at most `limit` requests after `cursor`, and the cursor of the next page, "" at the end.

    About `scan` records are read at most, so a page may have fewer requests, even none, though there are more.
    """
    found: list[ResetRequest] = []
    scanned = 0
    while len(found) < limit and scanned < scan:
        page, cursor = await services.requests.newest(cursor, limit - len(found))
        scanned += limit
        found += [request for request in page if matches(request)]
        if not cursor:
            break
    return found, cursor
