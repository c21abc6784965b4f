"""Check whether a request may still change anything."""

from reset.progress import Stop
from services import Services


async def check_stop(services: Services, request_id: str) -> Stop:
    """Return "go" while changes may be made, "cancelled" after a cancel, "held" while the kill switch is on.

    A cancel comes before the kill switch: a cancelled request ends even while everything else is held.
    """
    if await services.requests.cancelled(request_id) is not None:
        return "cancelled"
    return "held" if services.removing_stopped else "go"
