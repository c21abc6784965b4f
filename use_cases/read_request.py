"""Reads what the API shows of a request."""

import re

from activities.showing import show
from domain.errors import NotFoundError
from domain.request.reset_request import ResetRequest
from services import Services

__all__ = ["find", "show", "within"]

_ID = re.compile("[A-Za-z0-9-]{1,64}", re.ASCII)


async def find(services: Services, request_id: str | None, reach: frozenset[str] | None) -> ResetRequest:
    """The request; raises NotFoundError where there is none (an id that could be none is not looked up).

    `reach` are the customers the caller may see, None: all. A request about any other is none of theirs.
    """
    known = await services.requests.get(request_id) if request_id and _ID.fullmatch(request_id) else None
    if known is None or not within(known, reach):
        raise NotFoundError("There is no such request.")
    return known


def within(request: ResetRequest, reach: frozenset[str] | None) -> bool:
    return reach is None or reach.issuperset(request.customers)
