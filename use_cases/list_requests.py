"""List requests that match a filter, newest first."""

from collections.abc import Callable

from domain.access.approval_links import KeyRing
from domain.cursors import seal, unseal
from domain.request.reset_request import ResetRequest
from services import Services

# The list goes on from a place in the records, which is the same for every filter.
_QUESTION = "requests"


def seal_place(ring: KeyRing, place: str) -> str:
    """Return the cursor for a place in the list of requests; "" for the end."""
    return seal(ring, _QUESTION, place) if place else ""


def open_place(ring: KeyRing, cursor: str) -> str:
    """Return the place that a cursor stands for; "" for the start. Raises: InvalidInputError."""
    return str(unseal(ring, _QUESTION, cursor)) if cursor else ""


async def list_requests(
    services: Services, matches: Callable[[ResetRequest], bool], cursor: str, limit: int, *, scan: int
) -> tuple[list[ResetRequest], str]:
    """Return at most `limit` requests after `cursor`, and the cursor of the next page, "" at the end.

    About `scan` records are read at most, so a page may have fewer requests, even none, though there are more.
    Raises: InvalidInputError for a cursor that is not one of this list's.
    """
    ring = services.settings.approval_keys
    place = open_place(ring, cursor)
    found: list[ResetRequest] = []
    scanned = 0
    while len(found) < limit and scanned < scan:
        page, place = await services.requests.newest(place, limit - len(found))
        scanned += limit
        found += [request for request in page if matches(request)]
        if not place:
            break
    return found, seal_place(ring, place)
