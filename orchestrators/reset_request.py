"""The life of a request: plan, verify who asks, approve, reset, end; an undo waits for its tokens' codes instead of resetting.

Only ids, customer keys, counts and stable words pass through its history.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, Literal

from contracts.words import AfterApproval, AfterPlan
from contracts.workflow import (
    BEGIN_REQUEST,
    CLOSE_UNDO,
    CONTAIN_TARGETS,
    FINISH_REQUEST,
    MAIL_APPROVERS,
    MAIL_MANAGERS,
    PLAN_TARGETS,
    READ_PLAN_WINDOW,
    READ_VERIFICATION_WINDOW,
    RESET_CUSTOMER,
    RESET_REQUEST,
    RESET_WINDOW,
    SEAL_PLAN,
    SETTLE_APPROVAL,
    SETTLE_TARGETS,
    SETTLE_UNDO,
    SETTLE_VERIFICATION,
    WRITE_TARGETS,
    Activity,
    ApproverMailing,
    ContainWindow,
    CustomerReset,
    DraftRef,
    ManagerMailing,
    Nothing,
    NumberRange,
    PlanInput,
    PlanWindowRef,
    ReleaseWindow,
    RepeatableWindow,
    RequestEnd,
    RequestRef,
    RequestRun,
    RequestStep,
    SettleWindow,
    TargetsToSettle,
    VerificationWindowRef,
    Window,
    WindowReset,
)
from durable import Context, Step, Task, has_ended, has_failed, start_activity, start_child, when_all, when_any
from orchestrators.app import call_activity, orchestrator
from orchestrators.call_until_available import call_until_available
from orchestrators.event_delivery import record_and_deliver
from orchestrators.fan_out import FanOut
from orchestrators.lanes import last_run
from orchestrators.post_completion import start_post_completion
from orchestrators.release_users import release_windows
from orchestrators.scheduled_reset import reset_as_scheduled
from orchestrators.timers import create_timer_after
from orchestrators.wake_up import WakeUp

# Windows of a customer that are planned at once, and of all customers in requests that began before `RequestPlan.planning`.
_PLANNING_PER_CUSTOMER, _PLANNING = 2, 8
# Windows of a long plan that are read at once, and of an undo that are closed at once.
_READING = 8
# Windows that are settled at once. One partition of Table Storage takes 2,000 rows a second, which few of them fill:
# https://learn.microsoft.com/azure/storage/tables/scalability-targets.
_SETTLING = 4
# Customers of a request that are worked on at once; each keeps its own width.
_CUSTOMERS = 50
# Windows of a request whose users are blocked at once, over all its customers and of one of them: an attacker is at work.
_CONTAINING, _CONTAINING_PER_CUSTOMER = 50, 4
# While removing is stopped, so long between two looks whether it goes on.
_HELD = 60.0
# How often a customer's part that broke is started anew. It waits for the records by itself, so only a mistake of ours breaks it.
_ANEW = 2


@orchestrator(RESET_REQUEST)
def reset_request(ctx: Context, work: RequestRun) -> Step[RequestEnd]:
    """The instance id is the request's id."""
    request = RequestRef(id=work["id"])
    run = f"{work['id']}:{work['run']}"
    wake_up = WakeUp(ctx)
    begun = yield from call_activity(ctx, BEGIN_REQUEST, request)
    if begun["go"]:
        windows = begun["windows"]
        yield from record_and_deliver(ctx, run, request, "accepted")
        for start in begun["drafts"]:
            yield from call_until_available(ctx, WRITE_TARGETS, DraftRef(id=request["id"], start=start))
        if begun.get("contain") == "first":
            yield from _contain(ctx, request, windows, "first")
        yield from _plan(ctx, request, windows, begun.get("planning", _PLANNING))
        if begun.get("verify"):
            yield from _verify(ctx, run, request, windows, wake_up)
        following = yield from _seal(ctx, request)
        if following == "approve":
            yield from record_and_deliver(ctx, run, request, "awaitingApproval")
            following = yield from _approve(ctx, run, request, wake_up)
            yield from record_and_deliver(ctx, run, request, "decided")
        if following == "reset":
            if begun.get("contain"):
                yield from _contain(ctx, request, windows, "approved")
            yield from _reset_in_time(ctx, run, request, windows, wake_up, scheduled=begun.get("scheduled", False))
        if following == "codes":
            yield from _take_codes(ctx, request, windows, wake_up)
    ended = yield from _finish(ctx, request)
    if begun.get("contain"):
        yield from _release(ctx, request, begun["windows"])
    start_post_completion(ctx, run, request)
    return ended


def _contain(
    ctx: Context, request: RequestRef, windows: Sequence[Window], stage: Literal["first", "approved"]
) -> Step[None]:
    """Block the users and end their sessions, all customers side by side; what waits for the approval is done after it."""
    works = [
        ContainWindow(id=request["id"], customer=customer, start=start, count=count, stage=stage)
        for customer, start, count in windows
    ]
    while True:
        width = _CONTAINING_PER_CUSTOMER
        fan_out = FanOut(ctx, CONTAIN_TARGETS, works, width, total=_CONTAINING, watch=request, look_again=False)
        yield from fan_out.run()
        for work, reason in fan_out.left:
            given_up: ContainWindow = {**work, "give_up": reason}
            yield from call_activity(ctx, CONTAIN_TARGETS, given_up)
        if fan_out.stop != "held" or stage == "first":  # what is held before the plan is done after the approval
            return
        yield create_timer_after(ctx, _HELD)


def _release(ctx: Context, request: RequestRef, windows: Sequence[Window]) -> Step[None]:
    """Undo what was done before an approval that never came."""
    works = [
        ReleaseWindow(id=request["id"], customer=customer, start=start, count=count, ended=True)
        for customer, start, count in windows
    ]
    yield from release_windows(ctx, works)


def _plan(ctx: Context, request: RequestRef, windows: Sequence[Window], at_once: int) -> Step[None]:
    works = [
        PlanInput(id=request["id"], customer=customer, start=start, count=count) for customer, start, count in windows
    ]
    # Planning changes nothing at Graph, so after a cancel there is nothing to look at once more.
    fan_out = FanOut(ctx, PLAN_TARGETS, works, _PLANNING_PER_CUSTOMER, total=at_once, watch=request, look_again=False)
    yield from fan_out.run()
    for work, reason in fan_out.left:  # settled as not planned, and why; the other customers go on
        given_up: PlanInput = {**work, "give_up": reason}
        yield from call_activity(ctx, PLAN_TARGETS, given_up)


def _verify(ctx: Context, run: str, request: RequestRef, windows: list[Window], wake_up: WakeUp) -> Step[None]:
    """Wait for evidence of the users who need it. It is in the records, and the event only wakes."""
    asked = False
    while True:
        state = yield from call_activity(ctx, SETTLE_VERIFICATION, request)
        if state["next"] != "wait":
            return
        if windows_to_read := state.get("windows"):
            works = [VerificationWindowRef(id=request["id"], start=start) for start in windows_to_read]
            yield from _run_all(ctx, READ_VERIFICATION_WINDOW, works, _PLANNING)
            continue
        if not asked:  # beside the wait, as with approvers
            asked = True
            start_child(ctx, MAIL_MANAGERS, ManagerMailing(id=request["id"], windows=windows), f"{run}:managers")
            if state.get("announce"):
                yield from record_and_deliver(ctx, run, request, "awaitingVerification")
        yield from wake_up.wait_until(state["until"])


def _seal(ctx: Context, request: RequestRef) -> Step[AfterPlan]:
    step = RequestStep(id=request["id"])
    while True:
        sealed = yield from call_activity(ctx, SEAL_PLAN, step)
        if sealed["next"] == "read":
            yield from _read_plan(ctx, request, sealed["windows"], "seal")
        elif sealed["next"] == "settle":
            step = yield from _settle(ctx, request, sealed)
        else:
            return sealed["next"]


def _finish(ctx: Context, request: RequestRef) -> Step[RequestEnd]:
    step = RequestStep(id=request["id"])
    while True:
        ended = yield from call_activity(ctx, FINISH_REQUEST, step)
        if "status" in ended:
            return ended
        step = yield from _settle(ctx, request, ended)


def _settle(ctx: Context, request: RequestRef, to_settle: TargetsToSettle) -> Step[RequestStep]:
    """Settle many targets in windows, some at once; return the step that asked for it as it is to be tried again."""
    ending = to_settle["ending"]
    for starts in to_settle["rounds"]:
        works = [SettleWindow(id=request["id"], start=start, ending=ending) for start in starts]
        yield from _run_all(ctx, SETTLE_TARGETS, works, _SETTLING)
    return RequestStep(id=request["id"], settled=ending)


def _run_all[Work](ctx: Context, activity: Activity[Work, Nothing], works: Sequence[Work], at_once: int) -> Step[None]:
    for first in range(0, len(works), at_once):
        yield when_all([start_activity(ctx, activity, work) for work in works[first : first + at_once]])


def _read_plan(
    ctx: Context, request: RequestRef, starts: Sequence[int], purpose: Literal["seal", "check"]
) -> Step[None]:
    """Read a long plan in windows, some at once, so that no activity works on all of it."""
    works = [PlanWindowRef(id=request["id"], start=start, purpose=purpose) for start in starts]
    yield from _run_all(ctx, READ_PLAN_WINDOW, works, _READING)


def _approve(ctx: Context, run: str, request: RequestRef, wake_up: WakeUp) -> Step[AfterApproval]:
    """Wait for the decision. It is a record and the event only wakes, so an event that is lost delays, no more."""
    mailed = -1
    step = RequestStep(id=request["id"])
    while True:
        state = yield from call_activity(ctx, SETTLE_APPROVAL, step)
        if state["next"] == "read":
            yield from _read_plan(ctx, request, state["windows"], "check")
            continue
        if state["next"] == "settle":
            step = yield from _settle(ctx, request, state)
            continue
        if state["next"] != "wait":
            return state["next"]
        if state["reminder"] > mailed:
            mailed = state["reminder"]
            # Beside the wait: a mailbox that throttles must not keep a decision, a cancel or the time limit waiting.
            work = ApproverMailing(id=request["id"], reminder=mailed)
            start_child(ctx, MAIL_APPROVERS, work, f"{run}:mails-{mailed}")
        yield from wake_up.wait_until(state["until"])


def _take_codes(ctx: Context, request: RequestRef, windows: Sequence[Window], wake_up: WakeUp) -> Step[None]:
    """An approved undo waits for the codes: the endpoint that gets one tries it at once, and wakes after the last."""
    while True:
        state = yield from call_activity(ctx, SETTLE_UNDO, request)
        if state["next"] != "wait":
            break
        yield from wake_up.wait_until(state["until"])
    if state["next"] == "late":
        works = [
            RepeatableWindow(id=request["id"], customer=customer, start=start, count=count)
            for customer, start, count in windows
        ]
        fan_out = FanOut(ctx, CLOSE_UNDO, works, 1, total=_READING)
        yield from fan_out.run()
        for work, _ in fan_out.left:
            yield from call_activity(ctx, CLOSE_UNDO, last_run(work))


def _reset_in_time(
    ctx: Context, run: str, request: RequestRef, windows: Sequence[Window], wake_up: WakeUp, *, scheduled: bool
) -> Step[None]:
    """Reset at once or, where the request has a schedule, when and in the parts that it says."""
    if not scheduled:  # as of every request that began before there were schedules
        yield from _reset(ctx, run, request, windows)
        return
    yield from reset_as_scheduled(
        ctx,
        request,
        wake_up,
        lambda part, ready: _reset(ctx, f"{run}:p{part}", request, ready),
        lambda to_settle: _settle(ctx, request, to_settle),
    )


def _reset(ctx: Context, run: str, request: RequestRef, windows: Sequence[Window]) -> Step[None]:
    """Customer by customer, so many at once that a slow one does not hold up the next."""
    customers: dict[str, list[NumberRange]] = {}
    for customer, start, count in windows:
        customers.setdefault(customer, []).append((start, count))
    waiting = deque((name, 0) for name in customers)
    running: dict[Task[Any], tuple[str, int]] = {}
    while waiting or running:
        while waiting and len(running) < _CUSTOMERS:
            name, broken = waiting.popleft()
            # By the number of its first target: with a customer's key an id could exceed the 100 characters that Azure allows.
            instance_id = f"{run}:{customers[name][0][0]}" + (f":again-{broken}" if broken else "")
            running[_start_customer(ctx, request, name, customers[name], instance_id)] = name, broken
        yield when_any([*running])
        for part in [part for part in running if has_ended(part)]:
            name, broken = running.pop(part)
            if has_failed(part) and broken < _ANEW:
                # It does only what is left. The others go on meanwhile; what breaks again is settled by finish_request.
                waiting.append((name, broken + 1))


def _start_customer(
    ctx: Context, request: RequestRef, name: str, windows: list[NumberRange], instance_id: str
) -> Task[Any]:
    if len(windows) == 1:  # most customers: one orchestration less
        start, count = windows[0]
        window = WindowReset(id=request["id"], customer=name, start=start, count=count)
        return start_child(ctx, RESET_WINDOW, window, instance_id)
    return start_child(
        ctx, RESET_CUSTOMER, CustomerReset(id=request["id"], customer=name, windows=windows), instance_id
    )
