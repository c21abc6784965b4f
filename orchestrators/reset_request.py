"""The life of a request: plan, approve, reset, end. Only ids, customer keys, counts and codes pass through its history."""

from datetime import UTC, datetime
from typing import Any

from durabletask.task import OrchestrationContext, Task, TaskFailedError, when_all, when_any

from orchestrators.announcing import announce
from orchestrators.app import RETRY, app
from orchestrators.fan_out import FanOut, Step

# Planning calls of a request at once, over all its customers.
_PLANNING = 8
# Customers of a request that are worked on at once; each keeps its own width.
_CUSTOMERS = 50


@app.orchestration_trigger(context_name="context")
def reset_request(ctx: OrchestrationContext, work: dict[str, Any]) -> Step:
    """`work`: {"id"}. The instance id is the request's id."""
    request = {"id": work["id"]}
    begun = yield ctx.call_activity("begin_request", input=request, retry_policy=RETRY)
    if begun["go"]:
        windows = begun["windows"]
        yield from announce(ctx, request, "accepted")
        yield from _plan(ctx, request, windows)
        sealed = yield ctx.call_activity("seal_plan", input=request, retry_policy=RETRY)
        following = sealed["next"]
        if following == "approve":
            yield from announce(ctx, request, "awaitingApproval")
            following = yield from _approve(ctx, request)
            yield from announce(ctx, request, "decided")
        if following == "reset":
            yield from _reset(ctx, request, windows)
    ended = yield ctx.call_activity("finish_request", input=request, retry_policy=RETRY)
    yield from announce(ctx, request, "completed")
    return ended


def _plan(ctx: OrchestrationContext, request: dict[str, Any], windows: list[list[Any]]) -> Step:
    works = [request | {"start": start, "count": count} for _, start, count in windows]
    yield from FanOut(ctx, "plan_targets", works, _PLANNING).run()
    # What a fan-out had to leave (the records were away) is settled here as not planned.
    for work in works:
        yield ctx.call_activity("plan_targets", input=work | {"last": True}, retry_policy=RETRY)


def _approve(ctx: OrchestrationContext, request: dict[str, Any]) -> Step:
    """Waits for the decision. The decision is a record and the event only wakes, so an event that is lost delays, no more."""
    mailed = -1
    decided = ctx.wait_for_external_event("decided")
    while True:
        state = yield ctx.call_activity("settle_approval", input=request, retry_policy=RETRY)
        if state["next"] != "wait":
            return state["next"]
        if state["reminder"] > mailed:
            mailed = state["reminder"]
            yield from FanOut(ctx, "notify_approvers", [request | {"reminder": mailed}], 1).run()
            continue  # mailing may have taken long
        timer = ctx.create_timer(_naive(state["until"]))
        yield when_any([decided, timer])
        if decided.is_complete:
            decided = ctx.wait_for_external_event("decided")
            if not timer.is_complete:
                timer.cancel()


def _reset(ctx: OrchestrationContext, request: dict[str, Any], windows: list[list[Any]]) -> Step:
    customers: dict[str, list[list[Any]]] = {}
    for customer, start, count in windows:
        customers.setdefault(customer, []).append([start, count])
    names = list(customers)
    for first in range(0, len(names), _CUSTOMERS):
        parts: list[Task[Any]] = [
            ctx.call_sub_orchestrator(
                "reset_customer",
                input=request | {"customer": name, "windows": customers[name]},
                instance_id=f"{request['id']}:{name}",
            )
            for name in names[first : first + _CUSTOMERS]
        ]
        try:
            yield when_all(parts)
        except TaskFailedError:
            # One customer's part broke; all of them have ended by now, and finish_request settles what was left open.
            ctx.set_custom_status("a customer's part failed")


def _naive(instant: str) -> datetime:
    return datetime.fromisoformat(instant).astimezone(UTC).replace(tzinfo=None)
