"""Activity: plans a window of targets of one customer and writes their plan records."""

import asyncio
from typing import Any

from activities.app import Work, activity
from activities.planning import Planner, unplannable
from domain.outcomes import TargetOutcome
from domain.requests import ResetRequest
from domain.targets import Target
from graph.errors import Fault, GraphError
from records.targets import Kept
from services import Services, services


@activity
async def plan_targets(work: Work) -> Work:
    """`work`: {"id", "start", "count", "last"}. Answers {"again": seconds or None, "fault"}; again while targets are left."""
    return await plan_window(services(), work["id"], work["start"], work["count"], last=work.get("last", False))


async def plan_window(s: Services, request_id: str, start: int, count: int, *, last: bool) -> dict[str, Any]:
    request = await s.requests.get(request_id)
    if request is None:
        raise LookupError(request_id)
    window = await s.targets.range(request_id, start, count)
    kept = [entry for entry in window if not entry.target.planned and not entry.target.settled]
    if not kept:
        return {"again": None, "fault": ""}
    planned = await _plan(s, request, [entry.target for entry in kept])
    faults = [entry for entry in planned if isinstance(entry, GraphError)]
    await asyncio.gather(
        *(_save(s, request_id, entry, result, last=last) for entry, result in zip(kept, planned, strict=True))
    )
    passing = [fault for fault in faults if fault.passing]
    if not passing or last:
        return {"again": None, "fault": ""}
    throttled = any(fault.fault is Fault.THROTTLED for fault in passing)
    wait = max((fault.retry_after or 0.0 for fault in passing), default=0.0)
    return {"again": wait, "fault": (Fault.THROTTLED if throttled else Fault.UNAVAILABLE).value}


async def _plan(s: Services, request: ResetRequest, targets: list[Target]) -> list[Target | GraphError]:
    customer = s.policy.customers.get(targets[0].customer)
    if customer is None:
        detail = "The policy no longer has this customer."
        return [target.settle(TargetOutcome.REFUSED, "unknownCustomer", detail) for target in targets]
    planner = Planner(s.graph, request, customer, s.policy.guards, s.leases, dry_run=request.dry_run)
    return await planner.plan(targets)


async def _save(s: Services, request_id: str, entry: Kept, result: Target | GraphError, *, last: bool) -> None:
    if isinstance(result, GraphError):
        if result.passing and not last:
            return
        result = unplannable(entry.target, result)
    await s.targets.save(request_id, entry, result)
