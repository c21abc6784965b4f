"""The plan of a request's customers: their windows side by side, all in one orchestration or in parts."""

from collections.abc import Sequence

from contracts.words import GivenUp
from contracts.workflow import (
    PLAN_CUSTOMERS,
    PLAN_TARGETS,
    CustomersPlan,
    Nothing,
    PlanInput,
    RequestRef,
    Window,
)
from durable import Context, Step
from orchestrators.app import call_activity, orchestrator
from orchestrators.children import PARTS, Child, in_parts, run_children
from orchestrators.fan_out import FanOut

# Windows of a customer that are planned at once, and of all customers in requests that began before `RequestPlan.planning`.
_PER_CUSTOMER, PLANNING = 2, 8


@orchestrator(PLAN_CUSTOMERS)
def plan_customers(ctx: Context, work: CustomersPlan) -> Step[Nothing]:
    yield from _plan(ctx, RequestRef(id=work["id"]), work["windows"], work["planning"])
    return {}


def plan_in_parts(
    ctx: Context, run: str, request: RequestRef, windows: Sequence[Window], at_once: int, most: int
) -> Step[None]:
    """Plan the windows, `at_once` side by side, in parts of at most `most`."""
    parts = in_parts(windows, most)
    if len(parts) == 1:
        yield from _plan(ctx, request, windows, at_once)
        return
    children = [
        Child(
            PLAN_CUSTOMERS,
            CustomersPlan(id=request["id"], windows=part, planning=at_once // PARTS),
            f"{run}:plan-{part[0][1]}",
        )
        for part in parts
    ]
    for child in (yield from run_children(ctx, children, PARTS)):
        for work in _works(request, child.work["windows"]):
            yield from _give_up(ctx, work, "internalError")


def _plan(ctx: Context, request: RequestRef, windows: Sequence[Window], at_once: int) -> Step[None]:
    works = _works(request, windows)
    # Planning changes nothing at Graph, so after a cancel there is nothing to look at once more.
    fan_out = FanOut(ctx, PLAN_TARGETS, works, _PER_CUSTOMER, total=at_once, watch=request, look_again=False)
    yield from fan_out.run()
    for work, reason in fan_out.left:
        yield from _give_up(ctx, work, reason)


def _works(request: RequestRef, windows: Sequence[Window]) -> list[PlanInput]:
    return [
        PlanInput(id=request["id"], customer=customer, start=start, count=count) for customer, start, count in windows
    ]


def _give_up(ctx: Context, work: PlanInput, reason: GivenUp) -> Step[None]:
    """Have what is left of a window settled as not planned, and why; the other customers go on."""
    given_up: PlanInput = {**work, "give_up": reason}
    yield from call_activity(ctx, PLAN_TARGETS, given_up)
