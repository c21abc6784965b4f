"""Activities around a window of targets: the customer's permits for it, and its outcome in the audit."""

import json
from collections.abc import Iterator

from activities.app import activity
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
from domain.request.target import Target
from records.targets import StoredTarget
from services import Services, current_services
from use_cases.check_stop import check_stop as check_request

# Targets in one audit event and bytes of them, well under the size of a record.
_PER_EVENT, _EVENT_SIZE = 25, 100_000


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


async def audit_ended(services: Services, request_id: str, window: list[StoredTarget]) -> None:
    """Write the audit events of targets that were planned and have ended."""
    ended = [kept.target for kept in window if kept.target.planned and kept.target.settled]
    for part in _parts(ended):
        await services.audits.append(
            request_id,
            services.now(),
            "service",
            "targetsEnded",
            {"customer": part[0].customer, "targets": [_audited(target) for target in part]},
            once=f"targets:{part[0].number}",
        )


def _parts(targets: list[Target]) -> Iterator[list[Target]]:
    """Yield the targets of one audit event after the other: the same targets make the same parts."""
    part: list[Target] = []
    size = 0
    for target in targets:
        length = len(json.dumps(_audited(target)))
        if part and (len(part) == _PER_EVENT or size + length > _EVENT_SIZE):
            yield part
            part, size = [], 0
        part.append(target)
        size += length
    if part:
        yield part


async def audit_target(services: Services, request_id: str, target: Target) -> None:
    """Write the audit event of one target that has ended outside of a window."""
    data = {"customer": target.customer, "targets": [_audited(target)]}
    once = f"target:{target.number}"
    await services.audits.append(request_id, services.now(), "service", "targetsEnded", data, once=once)


def _audited(target: Target) -> dict[str, object]:
    return {
        "number": target.number,
        "userId": target.user_id,
        "outcome": target.outcome.value,
        "methods": [[m.type.value, m.id, m.outcome.value, m.request_id] for m in target.methods],
        "sessionsRevoked": target.sessions_revoked,
        "forecast": target.forecast,
    }
