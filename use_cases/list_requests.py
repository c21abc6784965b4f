"""List requests that match a filter, newest first."""

from collections.abc import Callable
from datetime import datetime

from domain.access.approval_links import KeyRing
from domain.cursors import seal, unseal
from domain.request.reset_request import ResetRequest
from services import Services

type Matches = Callable[[ResetRequest], bool]

# Requests read at a time, side by side.
_READ = 50
# The list goes on from a place in the records, which is the same for every filter.
_QUESTION = "requests"


def seal_place(ring: KeyRing, place: str) -> str:
    """Return the cursor for a place in the list of requests; "" for the end."""
    return seal(ring, _QUESTION, place) if place else ""


def open_place(ring: KeyRing, cursor: str) -> str:
    """Return the place that a cursor stands for; "" for the start. Raises: InvalidInputError."""
    return str(unseal(ring, _QUESTION, cursor)) if cursor else ""


async def list_requests(
    services: Services,
    matches: Matches,
    cursor: str,
    limit: int,
    *,
    scan: int,
    customer: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
) -> tuple[list[ResetRequest], str]:
    """Return at most `limit` requests after `cursor`, and the cursor of the next page, "" at the end.

    `customer`, `start` and `end` keep the reading short: requests of that customer, made from `start` on and before `end`. About
    `scan` records are read at most, so a page may have fewer requests, even none, though there are more.
    Raises: InvalidInputError for a cursor that is not one of this list's.
    """
    ring = services.settings.approval_keys
    place = open_place(ring, cursor)
    found: list[ResetRequest] = []
    for _ in range(max(1, scan // _READ)):
        rows, following = await services.requests.listed(place, _READ, customer=customer, before=end)
        for place, request in rows:
            if start is not None and request.created_at < start:
                return found, ""
            if (end is None or request.created_at < end) and matches(request):
                found.append(request)
                if len(found) == limit:
                    # More may follow where this was not the last that was read.
                    return found, seal_place(ring, place if following or place != rows[-1][0] else "")
        place = following
        if not place:
            break
    return found, seal_place(ring, place)
