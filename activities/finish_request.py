"""Activity: ends a request: what is still open is settled as such, and the totals make its status."""

from activities.app import activity
from activities.settle_targets import ending_of, settle_open
from contracts.words import Ending
from contracts.workflow import FINISH_REQUEST, RequestEnd, RequestStep, TargetsToSettle
from domain.outcomes import RequestStatus, request_status
from domain.request.reset_request import ResetRequest
from services import Services, current_services
from telemetry.metrics import request_ended
from telemetry.spans import root_span
from use_cases.admit_request import end_usage


@activity(FINISH_REQUEST)
async def finish_request(work: RequestStep) -> RequestEnd | TargetsToSettle:
    ended = await finish(current_services(), work["id"], work.get("settled"))
    return {"status": ended.value} if isinstance(ended, RequestStatus) else ended


async def finish(services: Services, request_id: str, settled: Ending | None = None) -> RequestStatus | TargetsToSettle:
    request = await services.requests.get(request_id)
    if request is None:
        raise LookupError(request_id)
    cancelled = await services.requests.cancelled(request_id) is not None
    if request.status is not RequestStatus.PLANNED:
        to_settle = await settle_open(services, request_id, ending_of(request.status, cancelled=cancelled), settled)
        if to_settle is not None:
            return to_settle
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
