"""Activity: blocks the users of a window of one customer, ends their sessions and, once approved, confirms that they are compromised."""

from activities.app import activity
from activities.faults import fault_word
from activities.given_up import GIVEN_UP
from contracts.words import GivenUp
from contracts.workflow import CONTAIN_TARGETS, ContainWindow, Progress
from domain.containment.actions import Action, ActionOutcome
from domain.containment.settlement import fail_open, is_open
from domain.containment.terms import profile_for
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from graph.errors import GraphError
from records.targets import StoredTarget
from reset.containing import Containing
from services import Services, current_services
from use_cases.check_stop import check_stop

_STATUS = {"first": RequestStatus.PLANNING, "approved": RequestStatus.RESETTING}


@activity(CONTAIN_TARGETS)
async def contain_targets(work: ContainWindow) -> Progress:
    """Do what is left of a window; to be run again while actions are open."""
    services = current_services()
    request = await services.requests.get(work["id"])
    if request is None:
        raise LookupError(work["id"])
    if reason := work.get("give_up"):
        await give_up(services, request, work, reason)
        return answer()
    stop = await check_stop(services, request.id)
    if stop != "go":
        return {"retry_after": None, "fault": stop}
    if request.status is not _STATUS[work["stage"]]:
        return {"retry_after": None, "fault": "ended"}
    return await contain_window(services, request, work)


async def contain_window(services: Services, request: ResetRequest, work: ContainWindow) -> Progress:
    policy, last = services.policy, work.get("last", False)
    profile, customer = profile_for(policy, request, work["customer"]), policy.customers.get(work["customer"])
    if profile is None or customer is None or request.containment is None:
        return answer()
    window = await _open(services, request, work)
    if not window:
        await _audit(services, work)  # the run that ended the last of them may have stopped before it
        return answer()
    run = Containing(
        services.graph,
        request,
        request.containment,
        (work["customer"], customer),
        policy.guards,
        services.leases,
        services.blocks,
        stage=work["stage"],
        share=profile.largest_share,
        hold_for=policy.approval.hold_for,
        now=services.now,
    )
    contained = await run.contain([kept.target for kept in window], last=last)
    await services.targets.save_all(request.id, list(zip(window, contained.targets, strict=True)))
    if not any(_is_open(target, request, work) for target in contained.targets):
        await _audit(services, work)
    progressed = contained.targets != [kept.target for kept in window]
    return answer(contained.faults, contained.pressure, last=last, progressed=progressed)


async def give_up(services: Services, request: ResetRequest, work: ContainWindow, reason: GivenUp) -> None:
    """End what is open: nothing more will be tried. What waits for the approval goes on waiting."""
    why = Action(outcome=ActionOutcome.FAILED, reason=reason, detail=GIVEN_UP[reason], at=services.now())
    pairs = [(kept, fail_open(kept.target, why)) for kept in await _open(services, request, work)]
    await services.targets.save_all(request.id, pairs)
    await _audit(services, work)


async def _open(services: Services, request: ResetRequest, work: ContainWindow) -> list[StoredTarget]:
    window = await services.targets.range(work["id"], work["start"], work["count"])
    return [kept for kept in window if kept.readable and _is_open(kept.target, request, work)]


def _is_open(target: Target, request: ResetRequest, work: ContainWindow) -> bool:
    approved = work["stage"] == "approved"
    if target.settled or (approved and not target.planned):
        return False
    to_confirm = approved and request.containment is not None and request.containment.confirm_risk
    return is_open(target, approved=approved, confirm_risk=to_confirm)


async def _audit(services: Services, work: ContainWindow) -> None:
    window = await services.targets.range(work["id"], work["start"], work["count"])
    targets = [audited(kept.target) for kept in window if kept.target.containment is not None]
    data = {"customer": work["customer"], "stage": work["stage"], "targets": targets}
    once = f"contained:{work['stage']}:{work['start']}"
    await services.audits.append(work["id"], services.now(), "service", "contained", data, once=once)


def audited(target: Target) -> dict[str, object]:
    """Return what the audit says of a target's containment: outcomes and reasons, without names."""
    found = target.containment
    names = {"blocked": "blocked", "sessions_revoked": "sessionsRevoked", "risk_confirmed": "riskConfirmed"}
    actions: dict[str, Action | None] = {shown: getattr(found, name) for name, shown in names.items()}
    said = {shown: [action.outcome.value, action.reason] for shown, action in actions.items() if action is not None}
    return {"number": target.number, "userId": target.user_id, **said}


def answer(
    faults: list[GraphError] | None = None, pressure: float = 0.0, *, last: bool = False, progressed: bool = False
) -> Progress:
    """Return the answer of a run: where a fault may pass, when the next one is due."""
    found = faults or []
    passing = [fault for fault in found if fault.passing]
    first = next((fault for fault in found if not fault.passing), None) or min(
        passing, key=lambda fault: -(fault.retry_after or 0.0), default=None
    )
    wait = max((fault.retry_after or 0.0 for fault in passing), default=0.0)
    return {
        "retry_after": wait if passing and first in passing and not last else None,
        "fault": fault_word(first) if first else "",
        "pressure": pressure,
        "progressed": progressed,
    }
