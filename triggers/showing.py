"""Reads what the API shows of a request."""

import re

from activities.showing import show
from domain.errors import NotFoundError
from domain.requests import ResetRequest
from services import Services

__all__ = ["find", "show"]

_ID = re.compile("[A-Za-z0-9-]{1,64}", re.ASCII)


async def find(s: Services, request_id: str | None) -> ResetRequest:
    """The request; raises NotFoundError where there is none (an id that could be none is not looked up)."""
    known = await s.requests.get(request_id) if request_id and _ID.fullmatch(request_id) else None
    if known is None:
        raise NotFoundError("There is no such request.")
    return known
