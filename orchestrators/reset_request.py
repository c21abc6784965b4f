"""The life of a request: plan, verify who asks, approve, reset, end; an undo waits for its tokens' codes instead of resetting.

Only ids, customer keys, counts and stable words pass through its history.
"""

from collections.abc import Sequence
from typing import Literal

from contracts.words import AfterApproval, AfterPlan
from contracts.workflow import (
    BEGIN_REQUEST,
    CLOSE_UNDO,
    CONTAIN_TARGETS,
    FINISH_REQUEST,
    MAIL_APPROVERS,
    MAIL_MANAGERS,
    READ_PLAN_WINDOW,
    READ_VERIFICATION_WINDOW,
    RESET_REQUEST,
    SEAL_PLAN,
    SETTLE_APPROVAL,
    SETTLE_TARGETS,
    SETTLE_UNDO,
    SETTLE_VERIFICATION,
    WRITE_TARGETS,
    Activity,
    ApproverMailing,
    ContainWindow,
    DraftRef,
    ManagerMailing,
    Nothing,
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
)
from durable import Context, Step, start_activity, start_child, when_all
from orchestrators.app import call_activity, orchestrator
from orchestrators.call_until_available import call_until_available
from orchestrators.event_delivery import record_and_deliver
from orchestrators.fan_out import FanOut
from orchestrators.lanes import last_run
from orchestrators.plan_customers import PLANNING, plan_in_parts
from orchestrators.post_completion import start_post_completion
from orchestrators.release_users import release_windows
from orchestrators.reset_customers import reset_in_parts
from orchestrators.scheduled_reset import reset_as_scheduled
from orchestrators.timers import create_timer_after
from orchestrators.wake_up import WakeUp

# Windows of a long plan that are read at once, and of an undo that are closed at once.
_READING = 8
# Windows that are settled at once. One partition of Table Storage takes 2,000 rows a second, which few of them fill:
# https://learn.microsoft.com/azure/storage/tables/scalability-targets.
_SETTLING = 4
# Windows of a request whose users are blocked at once, over all its customers and of one of them: an attacker is at work.
_CONTAINING, _CONTAINING_PER_CUSTOMER = 50, 4
# While removing is stopped, so long between two looks whether it goes on.
_HELD = 60.0


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
        part = begun.get("part", 0)
        yield from plan_in_parts(ctx, run, request, windows, begun.get("planning", PLANNING), part)
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
            scheduled = begun.get("scheduled", False)
            yield from _reset_in_time(ctx, run, request, windows, wake_up, part, scheduled=scheduled)
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


def _verify(ctx: Context, run: str, request: RequestRef, windows: list[Window], wake_up: WakeUp) -> Step[None]:
    """Wait for evidence of the users who need it. It is in the records, and the event only wakes."""
    asked = False
    while True:
        state = yield from call_activity(ctx, SETTLE_VERIFICATION, request)
        if state["next"] != "wait":
            return
        if windows_to_read := state.get("windows"):
            works = [VerificationWindowRef(id=request["id"], start=start) for start in windows_to_read]
            yield from _run_all(ctx, READ_VERIFICATION_WINDOW, works, _READING)
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
    ctx: Context,
    run: str,
    request: RequestRef,
    windows: Sequence[Window],
    wake_up: WakeUp,
    part: int,
    *,
    scheduled: bool,
) -> Step[None]:
    """Reset at once or, where the request has a schedule, when and in the parts that it says."""
    if not scheduled:  # as of every request that began before there were schedules
        yield from reset_in_parts(ctx, run, request, windows, part)
        return
    yield from reset_as_scheduled(
        ctx,
        request,
        wake_up,
        lambda time, ready: reset_in_parts(ctx, f"{run}:p{time}", request, ready, part),
        lambda to_settle: _settle(ctx, request, to_settle),
    )
