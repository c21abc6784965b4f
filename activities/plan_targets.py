"""Activity: plans a window of targets of one customer and writes their plan records."""

from activities.app import activity
from activities.faults import fault_word
from activities.given_up import GIVEN_UP
from contracts.words import Fault as FaultWord
from contracts.words import GivenUp
from contracts.workflow import PLAN_TARGETS, PlanInput, Progress
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.reset_request import RECORD_UNREADABLE, ResetRequest
from domain.request.target import Target
from graph.errors import Fault, GraphError
from graph.retry import Attempts
from records.targets import StoredTarget
from reset.planner import Planner, unplannable
from services import Services, current_services
from use_cases.identify_people import identify_people

# Of several faults that may pass, the first of these says how to wait.
_FIRST = (Fault.THROTTLED, Fault.REJECTED, Fault.UNAVAILABLE)


@activity(PLAN_TARGETS)
async def plan_targets(work: PlanInput) -> Progress:
    """Plan what is left of a window; to be run again while targets are left."""
    services = current_services()
    if reason := work.get("give_up"):
        await give_up(services, work["id"], work["start"], work["count"], reason)
        return _answer()
    last, slow = work.get("last", False), work.get("slow", 0)
    return await plan_window(services, work["id"], work["start"], work["count"], last=last, slow=slow)


async def plan_window(
    services: Services, request_id: str, start: int, count: int, *, last: bool, slow: int = 0
) -> Progress:
    request = await services.requests.get(request_id)
    if request is None:
        raise LookupError(request_id)
    window = await services.targets.range(request_id, start, count)
    kept = await _without_mismatched(services, request, _unplanned(window))
    if not kept:
        return _answer()
    if request.status is not RequestStatus.PLANNING:
        return _answer(fault="ended")
    if await services.requests.cancelled(request_id) is not None:
        return _answer(fault="cancelled")
    targets = [entry.target for entry in kept]
    planned: list[Target | GraphError]
    try:
        request = await _identified(services, request, targets[0].customer, last=last)
    except GraphError as error:
        planned, pressure = [error for _ in targets], 0.0
    else:
        planned, pressure = await _plan(services, request, targets, slow, last=last)
    answers = any(isinstance(result, Target) for result in planned) or any(entry.target.planned for entry in window)
    done, faults = _outcomes([*zip(kept, planned, strict=True)], answers=answers, last=last)
    await services.targets.save_all(request_id, done)
    return _answer_to(faults, last=last, progressed=bool(done), pressure=pressure)


def _outcomes(
    planned: list[tuple[StoredTarget, Target | GraphError]], *, answers: bool, last: bool
) -> tuple[list[tuple[StoredTarget, Target]], list[GraphError]]:
    """Return the targets to store and the faults of this run. `answers`: the customer answered for some user."""
    done: list[tuple[StoredTarget, Target]] = []
    faults: list[GraphError] = []
    for entry, result in planned:
        if not isinstance(result, GraphError):
            done.append((entry, result))
            continue
        # This run has asked for them several times already, and the other users are not to wait for one.
        unreadable = answers and result.unreadable
        if last or unreadable or not result.passing:
            done.append((entry, unplannable(entry.target, result, of_one_user=answers)))
        if not unreadable:
            faults.append(result)
    return done, faults


async def _without_mismatched(
    services: Services, request: ResetRequest, window: list[StoredTarget]
) -> list[StoredTarget]:
    """End the targets whose record names another customer than the request does, because it is damaged; return the others."""
    wrong = [kept for kept in window if request.customer_of(kept.target.number) not in {None, kept.target.customer}]
    detail = "The service's own record of this user names another customer than the request, so nothing was done."
    ended = [(kept, kept.target.settle(TargetOutcome.FAILED, RECORD_UNREADABLE, detail)) for kept in wrong]
    await services.targets.save_all(request.id, ended)
    return [kept for kept in window if kept not in wrong]


async def _identified(services: Services, request: ResetRequest, customer: str, *, last: bool) -> ResetRequest:
    if customer not in services.policy.customers:
        return request
    try:
        return await identify_people(services, request, customer, last=last)
    except GraphError as error:
        # Once more in this run, as users whose reads went on failing.
        throttled = error.fault is Fault.THROTTLED
        if not error.passing or not await Attempts(services.pause).next(
            throttled=throttled, retry_after=error.retry_after
        ):
            raise
    return await identify_people(services, request, customer, last=last)


def _answer_to(faults: list[GraphError], *, last: bool, progressed: bool, pressure: float) -> Progress:
    passing = [fault for fault in faults if fault.passing]
    if of_tenant := next(
        (fault for fault in faults if fault.of_tenant), None
    ):  # the same for every user of the customer
        retry_after = 0.0 if passing and not last else None
        return _answer(retry_after, fault_word(of_tenant), pressure, progressed=progressed)
    if not passing:
        return _answer(pressure=pressure, progressed=progressed)
    first = min(passing, key=lambda fault: _FIRST.index(fault.fault))
    wait = max((fault.retry_after or 0.0 for fault in passing), default=0.0)
    return _answer(None if last else wait, fault_word(first), pressure, progressed=progressed)


async def give_up(services: Services, request_id: str, start: int, count: int, reason: GivenUp) -> None:
    """Settles what is not planned: nothing more will be asked about it."""
    left = _unplanned(await services.targets.range(request_id, start, count))
    pairs = [(entry, entry.target.settle(TargetOutcome.FAILED, reason, GIVEN_UP[reason])) for entry in left]
    await services.targets.save_all(request_id, pairs)


def _unplanned(window: list[StoredTarget]) -> list[StoredTarget]:
    return [entry for entry in window if not entry.target.planned and not entry.target.settled]


async def _plan(
    services: Services, request: ResetRequest, targets: list[Target], slow: int, *, last: bool
) -> tuple[list[Target | GraphError], float]:
    """What became of each target, and how near the tenant was to its throttling limit."""
    customer = services.policy.customers.get(targets[0].customer)
    if customer is None:
        detail = "The policy no longer has this customer."
        return [target.settle(TargetOutcome.REFUSED, "unknownCustomer", detail) for target in targets], 0.0
    earlier = {
        target.number: before for target in targets if (before := await _earlier(services, request, target)) is not None
    }
    planner = Planner(
        services.graph,
        request,
        customer,
        services.policy.guards,
        services.leases,
        now=services.now(),
        hold_for=services.policy.approval.hold_for,
        earlier=earlier,
        bootstrap=services.policy.bootstrap,
        last=last,
    )
    return await planner.plan(targets, slow=slow), planner.pressure


async def _earlier(services: Services, request: ResetRequest, target: Target) -> Target | None:
    """Of a retry or takeover, the last of the targets before that had a plan; None where none had."""
    retried, number = request.earlier_request, target.earlier
    while retried is not None and number is not None:
        kept, before = await services.targets.get(retried, number), await services.requests.get(retried)
        if kept is None or kept.target.planned:
            return kept.target if kept else None
        retried, number = before.earlier_request if before else None, kept.target.earlier
    return None


def _answer(
    retry_after: float | None = None, fault: FaultWord = "", pressure: float = 0.0, *, progressed: bool = False
) -> Progress:
    return {"retry_after": retry_after, "fault": fault, "pressure": pressure, "progressed": progressed}
