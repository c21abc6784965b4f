"""Activities around a window of targets: its turn at the customer, and what it came to in the audit."""

from typing import Any

from activities.app import Work, activity
from activities.reset_target import fail_open
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from records.targets import StoredTarget
from services import Services, current_services
from use_cases.check_stop import check_stop

# Targets in one audit event: with fifty methods each they stay under the size of a record.
_PER_EVENT = 25


@activity
async def take_turn(work: Work) -> Work:
    """`work`: {"id", "customer", "start", "count"}. Answers {"permits": how many targets may run at once, 0 to ask again,
    "stop": "" | "held" | "cancelled" | "ended"}."""
    return await take(current_services(), work)


async def take(services: Services, work: dict[str, Any]) -> dict[str, Any]:
    stop = await _stopping(services, await services.requests.get(work["id"]))
    if stop:
        return {"permits": 0, "stop": stop}
    customer = services.policy.customers.get(work["customer"])
    if customer is None:
        return {"permits": 1, "stop": ""}  # the targets are refused one by one, and nothing is asked of Graph
    limit = services.policy.in_flight_of(work["customer"])
    turn = await services.turns.take(
        customer.tenant_id, work["id"], str(work["start"]), work["count"], limit, services.now()
    )
    return {"permits": turn.permits, "stop": ""}


@activity
async def look_out(work: Work) -> Work:
    """`work`: {"id"}. Asked during long waits. Answers {"stop": "" | "held" | "cancelled" | "ended"}."""
    services = current_services()
    request = await services.requests.get(work["id"])
    if request is not None and request.status is RequestStatus.PLANNING:
        # That removes nothing, so only a cancel ends it.
        return {"stop": "cancelled" if await services.requests.cancelled(request.id) is not None else ""}
    return {"stop": await _stopping(services, request)}


async def _stopping(services: Services, request: ResetRequest | None) -> str:
    if request is None or request.status is not RequestStatus.RESETTING:
        return "ended"
    stop = await check_stop(services, request.id)
    return "" if stop == "go" else stop


@activity
async def end_turn(work: Work) -> Work:
    """`work`: {"id", "customer", "start", "count", "width", "throttled", "breaker", "stop", "close"}: gives the permits back.

    With `close` it also writes the window's audit events; what is open is settled with `breaker`, the stable word for why
    the customer was given up. With `stop` (the request was cancelled) it is left to the end of the request.
    """
    await end_window(current_services(), work)
    return {}


async def end_window(services: Services, work: dict[str, Any]) -> None:
    customer = services.policy.customers.get(work["customer"])
    if customer is not None:
        limit = services.policy.in_flight_of(work["customer"])
        await services.turns.give_back(
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
        reason = work["breaker"] or "internalError"
        await fail_open(services, work["id"], window, reason, _DETAILS[reason])
        window = await services.targets.range(work["id"], work["start"], work["count"])
    await tell(services, work["id"], window)


async def tell(services: Services, request_id: str, window: list[StoredTarget]) -> None:
    """The audit events of targets that were planned and have ended."""
    told = [kept for kept in window if kept.target.planned and kept.target.settled]
    for start in range(0, len(told), _PER_EVENT):
        part = told[start : start + _PER_EVENT]
        await services.audits.append(
            request_id,
            services.now(),
            "service",
            "targetsEnded",
            {"customer": part[0].target.customer, "targets": [_told(kept) for kept in part]},
            once=f"targets:{part[0].target.number}",
        )


def _told(kept: StoredTarget) -> dict[str, Any]:
    target = kept.target
    return {
        "number": target.number,
        "userId": target.user_id,
        "outcome": target.outcome.value,
        "methods": [[m.type.value, m.id, m.outcome.value, m.request_id] for m in target.methods],
        "sessionsRevoked": target.sessions_revoked,
    }


_DETAILS = {
    "consentMissing": "The service has no consent in this customer's tenant, or its sign-in there fails.",
    "customerUnreachable": "The customer's tenant did not answer.",
    "internalError": "The service failed at this user again and again; look at its log.",
}
