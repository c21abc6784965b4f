"""Name the requests that a request is a retry, takeover or undo of, or was undone by."""

from domain.request.reset_request import ResetRequest
from services import Services
from use_cases.read_request import is_within

# Enough of an id to tell the requests of one provider apart, and to find one by.
_SHORT = 8


async def related_names(
    services: Services, request: ResetRequest, reach: frozenset[str] | None = None
) -> dict[str, str]:
    """Return what people call the related requests, by id: the ticket, or a short id where there is none.

    `reach` are the customers that the reader may see, None: all; of a request with others only the short id is shown.
    """
    names: dict[str, str] = {}
    for other in filter(None, (request.retry_of, request.takeover_of, request.undo_of, request.undone_by)):
        found = await services.requests.get(other)
        is_shown = found is not None and is_within(found, reach)
        names[other] = (found.ticket if found is not None and is_shown else "") or short_id(other)
    return names


def short_id(request_id: str | None) -> str:
    """Return the beginning of a request's id, "" where there is none."""
    return (request_id or "")[:_SHORT]
