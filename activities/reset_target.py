"""Activity: resets one user of one customer, as far as it goes in one run, and records what was seen."""

from typing import Any

from activities.app import Work, activity
from activities.removal import Leave, Removal
from domain.outcomes import RequestStatus, TargetOutcome
from services import Services, services


@activity
async def reset_target(work: Work) -> Work:
    """`work`: {"id", "number", "last"}. Answers {"again": seconds or None, "fault", "pressure"}.

    `again` None: the target is settled. `fault` is a stable word, "" for none. `pressure` is how near the customer's tenant
    is to its throttling limit, 1.0 at the limit.
    """
    return await reset_one(services(), work["id"], work["number"], last=work.get("last", False))


async def reset_one(s: Services, request_id: str, number: int, *, last: bool) -> dict[str, Any]:
    request = await s.requests.get(request_id)
    kept = await s.targets.get(request_id, number)
    if request is None or kept is None:
        raise LookupError(f"{request_id} {number}")
    if kept.target.settled or request.status is not RequestStatus.RESETTING:
        return {"again": None, "fault": "", "pressure": 0.0}

    async def leave() -> Leave:
        if await s.requests.cancelled(request_id) is not None:
            return "cancelled"
        return "held" if s.removing_stopped else "go"

    if await leave() == "cancelled":
        started = any(method.answered for method in kept.target.methods)
        if not started:
            detail = "The request was cancelled before this user's turn came."
            await s.targets.save(request_id, kept, kept.target.settle(TargetOutcome.CANCELLED, "cancelled", detail))
            return {"again": None, "fault": "", "pressure": 0.0}
    client = s.graph.of(kept.target.tenant_id)
    removal = Removal(client, kept.target, frozenset(request.methods), leave)
    run = await removal.run(revoke=request.revoke_sessions, last=last)
    if await s.targets.save(request_id, kept, run.target) is None:
        # Another run of this activity was faster; what it recorded is as true, and the next look tells what is left.
        return {"again": 1.0, "fault": "overtaken", "pressure": client.pressure}
    return {"again": run.again, "fault": run.fault, "pressure": client.pressure}


async def fail_open(s: Services, request_id: str, numbers: list[int], reason: str, detail: str) -> None:
    """Settles targets that nothing more will be done for, as what they are: untouched, or stopped half way."""
    for number in numbers:
        while (kept := await s.targets.get(request_id, number)) and not kept.target.settled:
            touched = any(method.answered or method.outcome != "pending" for method in kept.target.methods)
            outcome = TargetOutcome.PARTIALLY_RESET if touched else TargetOutcome.FAILED
            if await s.targets.save(request_id, kept, kept.target.settle(outcome, reason, detail)) is not None:
                break
