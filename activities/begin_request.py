"""Activity: looks up what an orchestration is to do, so that one that is started twice does nothing twice."""

from typing import Any

from activities.app import Work, activity
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from services import current_services

# Targets per planning call and per reset window: replay grows with the square of a fan-out, 100 cost 3 ms.
WINDOW = 100


@activity
async def begin_request(work: Work) -> Work:
    """`work`: {"id"}. Answers {"go": bool, "windows": [[customer, start, count], ...], "width": planning calls at once}."""
    services = current_services()
    request = await services.requests.get(work["id"])
    if request is None or request.status.ended:
        return {"go": False, "windows": []}
    if request.status is RequestStatus.PLANNING:
        await services.audits.append(
            request.id,
            request.created_at,
            request.requester or request.source,
            "accepted",
            {
                "source": request.source,
                "requestedBy": request.requested_by or request.requested_by_id,
                "ticket": request.ticket,
                "targets": request.target_count,
                "methods": [kind.value for kind in request.methods],
                "dryRun": request.dry_run,
                "retryOf": request.retry_of,
                **({"undoOf": request.undo_of} if request.undo_of else {}),
            },
            once="accepted",
        )
    return {"go": True, "windows": windows(request)}


def windows(request: ResetRequest) -> list[list[Any]]:
    """The targets in windows of one customer each: [customer key, first number, count]."""
    return [
        [customer, first + offset, min(WINDOW, count - offset)]
        for customer, first, count in request.ranges
        for offset in range(0, count, WINDOW)
    ]
