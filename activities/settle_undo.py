"""Activities: how far an approved undo is, and its end where codes did not come."""

from datetime import timedelta

from activities.app import activity
from activities.faults import fault_word
from contracts.words import Fault
from contracts.workflow import (
    CLOSE_UNDO,
    SETTLE_UNDO,
    AwaitingCodes,
    CodesEnded,
    Progress,
    RepeatableWindow,
    RequestRef,
)
from domain.model import iso
from domain.outcomes import MethodOutcome, RequestStatus, TargetOutcome
from domain.request.target import Target
from domain.request.undo import closed, with_method
from graph.client import GraphClient
from graph.errors import GraphError
from graph.hardware import read_hardware
from services import Services, current_services

# Codes that came in time are being tried until then: longer than a call to Graph may take.
_GRACE = timedelta(minutes=2)
_LATE = "No code that the token showed came in time."


@activity(SETTLE_UNDO)
async def settle_undo(work: RequestRef) -> AwaitingCodes | CodesEnded:
    return await settle(current_services(), work["id"])


async def settle(services: Services, request_id: str) -> AwaitingCodes | CodesEnded:
    request = await services.requests.get(request_id)
    if request is None:
        raise LookupError(request_id)
    if request.status is not RequestStatus.RESETTING or await services.requests.cancelled(request_id) is not None:
        return {"next": "end"}
    if request.codes_until is None:
        until = services.now() + services.policy.undo.codes_within
        request = await services.requests.update(
            request_id, lambda r: r if r.codes_until else r.model_copy(update={"codes_until": until})
        )
    if not (await services.targets.totals(request_id))[TargetOutcome.PENDING.value]:
        return {"next": "end"}
    end = (request.codes_until or services.now()) + _GRACE
    return {"next": "late"} if services.now() >= end else {"next": "wait", "until": iso(end)}


@activity(CLOSE_UNDO)
async def close_undo(work: RepeatableWindow) -> Progress:
    """Read once more: what is active by now is recorded as such."""
    return await close(current_services(), work["id"], work["start"], work["count"], last=work.get("last", False))


async def close(services: Services, request_id: str, start: int, count: int, *, last: bool) -> Progress:
    retry_after: float | None = None
    fault: Fault = ""
    for kept in await services.targets.range(request_id, start, count):
        if kept.target.settled:
            continue
        try:
            looked = await _looked(services.graph.of(kept.target.tenant_id), kept.target)
        except GraphError as error:
            if error.passing and not last:
                retry_after, fault = max(retry_after or 0.0, error.retry_after or 0.0), fault_word(error)
                continue
            looked = kept.target
        await services.targets.save(request_id, kept, closed(looked, _LATE))
    return {"retry_after": retry_after, "fault": fault}


async def _looked(client: GraphClient, target: Target) -> Target:
    active = {method.id for method in await read_hardware(client, target.user_id) if method.active}
    for method in target.methods:
        if method.outcome is MethodOutcome.PENDING and method.id in active:
            target = with_method(
                target,
                method.id,
                outcome=MethodOutcome.KEPT_NEWER,
                reactivated=True,
                detail="It was active already when it was looked at.",
            )
    return target
