"""The life of a request: plan, approve, reset, end; an undo waits for its tokens' codes instead of resetting.

Only ids, customer keys, counts and stable words pass through its history.
"""

from collections import deque
from typing import Any

from durabletask.task import OrchestrationContext, Task, when_any

from orchestrators.app import RETRY, app
from orchestrators.event_delivery import announce
from orchestrators.fan_out import FanOut, Step
from orchestrators.post_completion import start_aftermath
from orchestrators.wake_up import Bell

# Windows of a request that are planned at once, over all its customers and of one of them. Planning reads much, and must
# leave room for the resets of other requests.
_PLANNING, _PLANNING_PER_CUSTOMER = 8, 2
# Customers of a request that are worked on at once; each keeps its own width.
_CUSTOMERS = 50
# How often a customer's part that broke is started anew. Its activities are patient, so that only a mistake of ours breaks it.
_ANEW = 2


@app.orchestration_trigger(context_name="context")
def reset_request(ctx: OrchestrationContext, work: dict[str, Any]) -> Step:
    """`work`: {"id"}. The instance id is the request's id."""
    request = {"id": work["id"]}
    bell = Bell(ctx)
    begun = yield ctx.call_activity("begin_request", input=request, retry_policy=RETRY)
    if begun["go"]:
        windows = begun["windows"]
        yield from announce(ctx, request, "accepted")
        yield from _plan(ctx, request, windows)
        sealed = yield ctx.call_activity("seal_plan", input=request, retry_policy=RETRY)
        following = sealed["next"]
        if following == "approve":
            yield from announce(ctx, request, "awaitingApproval")
            following = yield from _approve(ctx, request, bell)
            yield from announce(ctx, request, "decided")
        if following == "reset":
            yield from _reset(ctx, request, windows)
        if following == "codes":
            yield from _take_codes(ctx, request, windows, bell)
    ended = yield ctx.call_activity("finish_request", input=request, retry_policy=RETRY)
    start_aftermath(ctx, request)
    return ended


def _plan(ctx: OrchestrationContext, request: dict[str, Any], windows: list[list[Any]]) -> Step:
    works = [request | {"customer": customer, "start": start, "count": count} for customer, start, count in windows]
    # Planning changes nothing at Graph, so after a cancel there is nothing to look at once more.
    fan_out = FanOut(
        ctx, "plan_targets", works, _PLANNING_PER_CUSTOMER, total=_PLANNING, watch=request, look_again=False
    )
    yield from fan_out.run()
    for work, reason in fan_out.left:  # settled as not planned, and why; the other customers go on
        yield ctx.call_activity("plan_targets", input=work | {"giveUp": reason}, retry_policy=RETRY)


def _approve(ctx: OrchestrationContext, request: dict[str, Any], bell: Bell) -> Step:
    """Waits for the decision. The decision is a record and the event only wakes, so an event that is lost delays, no more."""
    mailed = -1
    while True:
        state = yield ctx.call_activity("settle_approval", input=request, retry_policy=RETRY)
        if state["next"] != "wait":
            return state["next"]
        if state["reminder"] > mailed:
            mailed = state["reminder"]
            # Beside the wait: a mailbox that throttles must not keep a decision, a cancel or the time limit waiting.
            ctx.call_sub_orchestrator("mail_approvers", input=request | {"reminder": mailed})
        yield from bell.until(state["until"])


def _take_codes(ctx: OrchestrationContext, request: dict[str, Any], windows: list[list[Any]], bell: Bell) -> Step:
    """An approved undo waits for the codes: the door that gets one tries it at once, and rings after the last."""
    while True:
        state = yield ctx.call_activity("settle_undo", input=request, retry_policy=RETRY)
        if state["next"] != "wait":
            break
        yield from bell.until(state["until"])
    if state["next"] == "late":
        works = [request | {"customer": customer, "start": start, "count": count} for customer, start, count in windows]
        fan_out = FanOut(ctx, "close_undo", works, 1, total=_PLANNING)
        yield from fan_out.run()
        for work, _ in fan_out.left:
            yield ctx.call_activity("close_undo", input=work | {"last": True}, retry_policy=RETRY)


def _reset(ctx: OrchestrationContext, request: dict[str, Any], windows: list[list[Any]]) -> Step:
    """Customer by customer, so many at once that a slow one does not hold up the next."""
    customers: dict[str, list[list[Any]]] = {}
    for customer, start, count in windows:
        customers.setdefault(customer, []).append([start, count])
    waiting = deque((name, 0) for name in customers)
    running: dict[Task[Any], tuple[str, int]] = {}
    while waiting or running:
        while waiting and len(running) < _CUSTOMERS:
            name, broken = waiting.popleft()
            running[_customer(ctx, request, name, customers[name], broken)] = name, broken
        yield when_any([*running])
        for part in [part for part in running if part.is_complete]:
            name, broken = running.pop(part)
            if part.is_failed and broken < _ANEW:
                # It does only what is left. The others go on meanwhile; what breaks again is settled by finish_request.
                waiting.append((name, broken + 1))


def _customer(
    ctx: OrchestrationContext, request: dict[str, Any], name: str, windows: list[list[Any]], broken: int
) -> Task[Any]:
    instance_id = f"{request['id']}:{name}" + (f":again-{broken}" if broken else "")
    if len(windows) == 1:  # most customers: one orchestration less
        start, count = windows[0]
        window = request | {"customer": name, "start": start, "count": count}
        return ctx.call_sub_orchestrator("reset_window", input=window, instance_id=instance_id)
    return ctx.call_sub_orchestrator(
        "reset_customer", input=request | {"customer": name, "windows": windows}, instance_id=instance_id
    )
