"""Activity: ends a request: what is still open is settled as such, and the totals make its status."""

from activities.app import activity
from activities.concurrency_permits import audit_ended
from contracts.workflow import FINISH_REQUEST, RequestEnd, RequestRef
from domain.outcomes import RequestStatus, TargetOutcome, request_status
from domain.request.reset_request import ResetRequest
from domain.request.settlement import given_up
from records.targets import StoredTarget
from services import Services, current_services
from telemetry.metrics import request_ended
from telemetry.spans import root_span
from use_cases.admit_request import end_usage

_PAGE = 500


@activity(FINISH_REQUEST)
async def finish_request(work: RequestRef) -> RequestEnd:
    return {"status": (await finish(current_services(), work["id"])).value}


async def finish(services: Services, request_id: str) -> RequestStatus:
    request = await services.requests.get(request_id)
    if request is None:
        raise LookupError(request_id)
    cancelled = await services.requests.cancelled(request_id) is not None
    if request.status is not RequestStatus.PLANNED:
        await settle_open(services, request_id, request.status, cancelled=cancelled)
    totals = await services.targets.totals(request_id)
    if not request.is_over:
        status = request_status(totals)
        if cancelled and status is not RequestStatus.COMPLETED:
            status = RequestStatus.CANCELLED
        request = await services.requests.update(
            request_id,
            lambda r: r if r.is_over else r.model_copy(update={"status": status, "ended_at": services.now()}),
        )
    data = {"status": request.status.value, "totals": totals}
    await end_usage(services, request)
    if await services.audits.append(request_id, services.now(), "service", "ended", data, once="ended"):
        _measure_end(request, totals)
    return request.status


def _measure_end(request: ResetRequest, totals: dict[str, int]) -> None:
    status = request.status
    request_ended(status.value, totals)
    well = status not in {RequestStatus.FAILED, RequestStatus.PARTIALLY_COMPLETED}
    ended = request.ended_at or request.created_at
    root_span(request.id, request.created_at, ended, well=well, status=status.value, targets=request.target_count)


async def settle_open(services: Services, request_id: str, status: RequestStatus, *, cancelled: bool) -> None:
    """Nothing stays pending in a request that ends as `status`. One pass over the targets, and none where all have ended.

    Called before the status is written: a caller who waits for the end reads the targets as soon as it is there.
    """
    totals = await services.targets.totals(request_id)
    if not totals[TargetOutcome.PENDING.value]:
        return
    reason, detail = _why(status, cancelled=cancelled)
    broke = status in {RequestStatus.FAILED, RequestStatus.RESETTING} and not cancelled
    untouched = TargetOutcome.FAILED if broke else TargetOutcome.CANCELLED
    start = 0
    while page := await services.targets.range(request_id, start, _PAGE):
        pairs = [
            (
                kept,
                kept.target if kept.target.settled else given_up(kept.target, reason, detail, untouched=untouched),
            )
            for kept in page
            if not kept.target.settled or not kept.readable
        ]
        await services.targets.save_all(request_id, pairs)
        await audit_ended(
            services, request_id, [StoredTarget(target, kept.row) for kept, target in pairs if target.touched]
        )
        start += len(page)


def _why(status: RequestStatus, *, cancelled: bool) -> tuple[str, str]:
    match status:
        case _ if cancelled:
            return "cancelled", "The request was cancelled before this user was done."
        case RequestStatus.DENIED:
            return "denied", "An approver denied the request; nothing was touched."
        case RequestStatus.EXPIRED:
            return "expired", "No decision was made in time; nothing was touched."
        case RequestStatus.FAILED:
            return "requestFailed", "The request failed before this user's turn came; nothing was touched."
        case _:
            return "stopped", "The service stopped before this user was done; look at the log."
