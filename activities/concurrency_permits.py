"""Activities around a window of targets: the customer's permits for it, and its outcome in the audit."""

from activities.app import activity
from activities.audit_targets import audit_ended
from activities.given_up import GIVEN_UP
from activities.reset_target import fail_open
from contracts.words import GivenUp, Stop
from contracts.workflow import (
    ACQUIRE_PERMITS,
    CHECK_STOP,
    RELEASE_PERMITS,
    Nothing,
    Permits,
    PermitsBack,
    RequestRef,
    StopCheck,
    WindowRef,
)
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from services import Services, current_services
from use_cases.check_stop import check_stop as check_request


@activity(ACQUIRE_PERMITS)
async def acquire_permits(work: WindowRef) -> Permits:
    return await acquire(current_services(), work)


async def acquire(services: Services, work: WindowRef) -> Permits:
    stop = await _stop_of(services, await services.requests.get(work["id"]))
    if stop:
        return {"permits": 0, "stop": stop}
    customer = services.policy.customers.get(work["customer"])
    if customer is None:
        return {"permits": 1, "stop": ""}  # the targets are refused one by one, and nothing is asked of Graph
    limit = services.policy.in_flight_of(work["customer"])
    permits = await services.concurrency_permits.acquire(
        customer.tenant_id, work["id"], str(work["start"]), work["count"], limit, services.now()
    )
    return {"permits": permits, "stop": "", "steady": True}


@activity(CHECK_STOP)
async def check_stop(work: RequestRef) -> StopCheck:
    """Called during long waits."""
    services = current_services()
    request = await services.requests.get(work["id"])
    if request is not None and request.status is RequestStatus.PLANNING:
        # That removes nothing, so only a cancel ends it.
        return {"stop": "cancelled" if await services.requests.cancelled(request.id) is not None else ""}
    return {"stop": await _stop_of(services, request)}


async def _stop_of(services: Services, request: ResetRequest | None) -> Stop:
    if request is None or request.status is not RequestStatus.RESETTING:
        return "ended"
    stop = await check_request(services, request.id)
    return "" if stop == "go" else stop


@activity(RELEASE_PERMITS)
async def release_permits(work: PermitsBack) -> Nothing:
    await end_window(current_services(), work)
    return {}


async def end_window(services: Services, work: PermitsBack) -> None:
    """Release the window's permits and, with `close`, write its audit events.

    What is open is settled with `breaker`; with `stop` (the request was cancelled) it is left to the end of the request.
    """
    customer = services.policy.customers.get(work["customer"])
    if customer is not None:
        limit = services.policy.in_flight_of(work["customer"])
        await services.concurrency_permits.release(
            customer.tenant_id,
            work["id"],
            str(work["start"]),
            work["width"],
            throttled=work["throttled"],
            limit=limit,
        )
    if not work["close"]:
        return
    window = await services.targets.range(work["id"], work["start"], work["count"])
    if not work["stop"] and not all(kept.target.settled for kept in window):
        reason: GivenUp = work["breaker"] or "internalError"
        await fail_open(services, work["id"], window, reason, GIVEN_UP[reason])
        window = await services.targets.range(work["id"], work["start"], work["count"])
    await audit_ended(services, work["id"], window)
