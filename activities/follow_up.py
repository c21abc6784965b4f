"""Activity: reads the methods of one window's users again, some time after their reset; and, at the end, sums up."""

from collections.abc import Mapping

from activities.app import activity
from activities.faults import fault_word
from contracts.words import Fault as FaultWord
from contracts.workflow import END_FOLLOW_UP, FOLLOW_UP, FollowUpWindow, Progress, RequestRef, SummariesNeeded
from domain.methods import MethodType
from domain.request.follow_up import FollowUpFinding, assess_follow_up
from domain.request.registrations import Before
from domain.request.target import Target
from graph.errors import Fault, GraphError
from graph.found import Found
from graph.registered_methods import read_registered
from records.targets import StoredTarget
from services import Services, current_services
from use_cases.read_registrations import NOT_READ, Registrations, read_registrations
from use_cases.target_summaries import count_words, windows_to_summarise

# Users per round trip: one batch of Graph takes twenty parts.
_GROUP = 20


@activity(FOLLOW_UP)
async def follow_up(work: FollowUpWindow) -> Progress:
    last, more = work.get("last", False), work.get("more", False)
    return await look(current_services(), work["id"], work["start"], work["count"], last=last, more=more)


@activity(END_FOLLOW_UP)
async def end_follow_up(work: RequestRef) -> SummariesNeeded:
    return await end(current_services(), work["id"])


async def end(services: Services, request_id: str) -> SummariesNeeded:
    """Sum up, once the windows of a long request are summarised; the totals are in the request's record."""
    request = await services.requests.get(request_id)
    if request is None:
        raise LookupError(request_id)
    if missing := await windows_to_summarise(services, request, "followUps"):
        return {"windows": missing}
    totals: Mapping[str, int] = await count_words(services, request, "followUps") or {}
    now = services.now()
    await services.requests.update(
        request_id,
        lambda r: (
            r.model_copy(update={"follow_up": r.follow_up.model_copy(update={"ended_at": now, "totals": dict(totals)})})
            if r.follow_up and r.follow_up.ended_at is None
            else r
        ),
    )
    await services.audits.append(request_id, now, "service", "followedUp", {"totals": dict(totals)}, once="followedUp")
    return {}


async def look(
    services: Services, request_id: str, start: int, count: int, *, last: bool, more: bool = False
) -> Progress:
    """Look at the users of a window of whom nothing final is known. `more`: a later look follows, so what is open stays so."""
    window = await services.targets.range(request_id, start, count)
    todo = [kept for kept in window if kept.target.changed and _is_open(kept.target)]
    retry_after, progressed = 0.0, False
    fault: FaultWord = ""
    try:
        log = await _log_of(services, [kept.target for kept in todo], last=last)
    except GraphError as error:
        return {"retry_after": error.retry_after or 0.0, "fault": fault_word(error), "progressed": False}
    for first in range(0, len(todo), _GROUP):
        group = todo[first : first + _GROUP]
        for kept, answer in zip(group, await _read(services, [kept.target for kept in group]), strict=True):
            if isinstance(answer, GraphError) and answer.passing and not last:
                retry_after, fault = max(retry_after, answer.retry_after or 0.0), fault_word(answer)
                continue
            found = _looked(services, kept.target, answer, log)
            if more:
                if found.state == "unreadable":
                    continue
                found = found.to_be_continued()
            await _note(services, request_id, kept, found)
            progressed = True
    return {"retry_after": retry_after if fault else None, "fault": fault, "progressed": progressed}


def _is_open(target: Target) -> bool:
    return target.follow_up is None or target.follow_up.is_open


async def _log_of(services: Services, targets: list[Target], *, last: bool) -> Registrations | None:
    """Return what the customer's audit log says; None where the policy does not read it. Raises: GraphError for another try."""
    if not targets or not services.policy.follow_up.audit_log:
        return None
    try:
        return await read_registrations(services.graph.of(targets[0].tenant_id), targets)
    except GraphError as error:
        if not last:
            raise
        return Registrations({}, {}, f"{NOT_READ}: {error.detail}")


async def _read(services: Services, targets: list[Target]) -> list[Found | GraphError]:
    customer = services.policy.customers.get(targets[0].customer)
    hardware = customer is not None and MethodType.HARDWARE_OATH in customer.methods
    users = [target.user_id for target in targets]
    try:
        return await read_registered(services.graph.of(targets[0].tenant_id), users, hardware=hardware)
    except GraphError as error:
        return [error for _ in targets]


def _looked(
    services: Services, target: Target, answer: Found | GraphError, log: Registrations | None
) -> FollowUpFinding:
    if isinstance(answer, GraphError):
        state = "gone" if answer.fault is Fault.NOT_FOUND else "unreadable"
        return FollowUpFinding(state=state, at=services.now(), detail=answer.detail)
    found = assess_follow_up(
        answer.methods,
        target.left,
        reset_at=target.ended_at,
        quickly=services.policy.follow_up.quickly,
        now=services.now(),
    )
    if log is None:
        return found
    if log.detail:
        return found.model_copy(update={"detail": log.detail})
    before = log.before.get(target.user_id, Before())
    return found.with_registrations(log.found.get(target.user_id, []), target.ended_at, before)


async def _note(services: Services, request_id: str, kept: StoredTarget, seen: FollowUpFinding) -> None:
    current: StoredTarget | None = kept
    while current is not None and _is_open(current.target):
        if await services.targets.save(request_id, current, current.target.model_copy(update={"follow_up": seen})):
            return
        current = await services.targets.get(request_id, kept.target.number)
