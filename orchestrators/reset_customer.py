"""The reset of one customer's targets, window by window, each window when the customer has room for it."""

import random
from typing import Literal

from contracts.words import GivenUp, Stop
from contracts.workflow import (
    ACQUIRE_PERMITS,
    RELEASE_PERMITS,
    RESET_CUSTOMER,
    RESET_TARGET,
    RESET_WINDOW,
    CustomerReset,
    Nothing,
    PermitsBack,
    RequestRef,
    TargetRun,
    WindowEnd,
    WindowRef,
    WindowReset,
)
from durable import Context, Step, instance_id, start_anew, start_child
from orchestrators.app import orchestrator
from orchestrators.call_until_available import call_until_available
from orchestrators.fan_out import FanOut
from orchestrators.timers import create_timer_after

# Seconds between two requests for permits, jittered, so that windows that wait for one customer do not ask in step. A
# window that asks less often than records/concurrency_permits.py allows loses its place.
_ASK, _ASK_MOST = 2.0, 15.0
# Seconds between two looks at the kill switch.
_HELD = 60.0
# Requests for permits in one run: a window that waits for long starts anew, so that its history stays short.
_QUESTIONS = 25


@orchestrator(RESET_CUSTOMER)
def reset_customer(ctx: Context, work: CustomerReset) -> Step[Nothing]:
    """One sub-orchestration per window keeps replays short."""
    breaker: GivenUp | Literal[""] = ""
    for start, count in work["windows"]:
        window = WindowReset(id=work["id"], customer=work["customer"], start=start, count=count)
        if breaker:  # fail fast: nothing is asked of a customer that gives us no token
            yield from call_until_available(ctx, RELEASE_PERMITS, _permits_back(window, breaker=breaker))
            continue
        ended: WindowEnd = yield start_child(ctx, RESET_WINDOW, window, f"{instance_id(ctx)}:{start}")
        if ended["stop"]:
            break  # the end of the request settles what is left
        breaker = ended["breaker"]
    return {}


@orchestrator(RESET_WINDOW)
def reset_window(ctx: Context, work: WindowReset) -> Step[WindowEnd | None]:
    """Reset at most 100 targets, as many at once as the customer has permits for."""
    window = WindowRef(id=work["id"], customer=work["customer"], start=work["start"], count=work["count"])
    asked = work.get("asked", 0)
    for _ in range(_QUESTIONS):
        answer = yield from call_until_available(ctx, ACQUIRE_PERMITS, window)
        if answer["stop"] in {"cancelled", "ended"}:
            return {"breaker": "", "stop": answer["stop"]}
        if answer["permits"]:
            break
        asked += 1
        spread = random.Random(f"{instance_id(ctx)}:{asked}").random()  # noqa: S311 - spreads load, guards nothing
        wait = _HELD if answer["stop"] else min(_ASK_MOST, _ASK + asked * 0.5)
        yield create_timer_after(ctx, wait * (0.5 + spread / 2))
    else:
        _start_anew(ctx, window, asked)
        return None
    runs = [TargetRun(id=work["id"], number=work["start"] + offset) for offset in range(work["count"])]
    steady, watch = answer.get("steady", False), RequestRef(id=work["id"])
    fan_out = FanOut(ctx, RESET_TARGET, runs, answer["permits"], watch=watch, steady=steady)
    lane = fan_out.lanes[""]
    yield from fan_out.run()
    if fan_out.stop == "held":
        back = _permits_back(window, width=lane.width, throttled=lane.throttled, close=False)
        yield from call_until_available(ctx, RELEASE_PERMITS, back)
        yield create_timer_after(ctx, _HELD)
        _start_anew(ctx, window, 0)
        return None
    back = _permits_back(window, width=lane.width, throttled=lane.throttled, breaker=lane.breaker, stop=fan_out.stop)
    yield from call_until_available(ctx, RELEASE_PERMITS, back)
    return {"breaker": lane.breaker, "stop": fan_out.stop}


def _start_anew(ctx: Context, window: WindowRef, asked: int) -> None:
    start_anew(ctx, WindowReset(**window, asked=asked))


def _permits_back(
    window: WindowRef,
    *,
    width: int = 1,
    throttled: bool = False,
    breaker: GivenUp | Literal[""] = "",
    stop: Stop = "",
    close: bool = True,
) -> PermitsBack:
    return {
        "id": window["id"],
        "customer": window["customer"],
        "start": window["start"],
        "count": window["count"],
        "width": width,
        "throttled": throttled,
        "breaker": breaker,
        "stop": stop,
        "close": close,
    }
