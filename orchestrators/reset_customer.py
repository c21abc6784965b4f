"""The reset of one customer's targets, window by window, each window when the customer has room for it."""

import random
from datetime import timedelta
from typing import Any

from durabletask.task import OrchestrationContext

from orchestrators.app import app
from orchestrators.fan_out import FanOut, Lane, Step
from orchestrators.retry import patiently

# Seconds between two questions for a turn, jittered, so that requests that wait for one customer do not ask in step. A
# window that asks less often than records/concurrency_permits.py allows loses its place.
_ASK, _ASK_MOST = 2.0, 15.0
# Seconds between two looks at the kill switch.
_HELD = 60.0
# Questions in one run: a window that waits for long starts anew, so that its history stays short.
_QUESTIONS = 25


@app.orchestration_trigger(context_name="context")
def reset_customer(ctx: OrchestrationContext, work: dict[str, Any]) -> Step:
    """`work`: {"id", "customer", "windows": [[start, count], ...]}. One sub-orchestration per window keeps replays short."""
    breaker = ""
    for start, count in work["windows"]:
        window = {"id": work["id"], "customer": work["customer"], "start": start, "count": count}
        if breaker:  # fail fast: nothing is asked of a customer that gives us no token
            yield from patiently(ctx, "end_turn", _ending(window, breaker=breaker))
            continue
        ended = yield ctx.call_sub_orchestrator("reset_window", input=window, instance_id=f"{ctx.instance_id}:{start}")
        if ended["stop"]:
            break  # the end of the request settles what is left
        breaker = ended["breaker"]
    return {}


@app.orchestration_trigger(context_name="context")
def reset_window(ctx: OrchestrationContext, work: dict[str, Any]) -> Step:
    """`work`: {"id", "customer", "start", "count", "asked"}, at most 100 targets. Answers {"breaker", "stop"}."""
    asked = work.get("asked", 0)
    for _ in range(_QUESTIONS):
        turn = yield from patiently(ctx, "take_turn", work)
        if turn["stop"] in {"cancelled", "ended"}:
            return {"breaker": "", "stop": turn["stop"]}
        if turn["permits"]:
            break
        asked += 1
        spread = random.Random(f"{ctx.instance_id}:{asked}").random()  # noqa: S311 - spreads load, guards nothing
        wait = _HELD if turn["stop"] else min(_ASK_MOST, _ASK + asked * 0.5)
        yield ctx.create_timer(timedelta(seconds=wait * (0.5 + spread / 2)))
    else:
        ctx.continue_as_new(work | {"asked": asked})
        return None
    numbers = range(work["start"], work["start"] + work["count"])
    works = [{"id": work["id"], "number": number} for number in numbers]
    fan_out = FanOut(ctx, "reset_target", works, turn["permits"], watch={"id": work["id"]})
    lane = fan_out.lanes[""]
    yield from fan_out.run()
    if fan_out.stop == "held":
        yield from patiently(ctx, "end_turn", _ending(work, lane=lane, close=False))
        yield ctx.create_timer(timedelta(seconds=_HELD))
        ctx.continue_as_new(work | {"asked": 0})
        return None
    yield from patiently(ctx, "end_turn", _ending(work, lane=lane, breaker=lane.breaker, stop=fan_out.stop))
    return {"breaker": lane.breaker, "stop": fan_out.stop}


def _ending(
    work: dict[str, Any], *, lane: Lane | None = None, breaker: str = "", stop: str = "", close: bool = True
) -> dict[str, Any]:
    width, throttled = (lane.width, lane.throttled) if lane else (1, False)
    more = {"width": width, "throttled": throttled, "breaker": breaker, "stop": stop, "close": close}
    return {key: work[key] for key in ("id", "customer", "start", "count")} | more
