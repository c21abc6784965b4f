"""The reset of one customer's targets, window by window, each window when the customer has room for it."""

import random
from datetime import timedelta
from typing import Any

from durabletask.task import OrchestrationContext

from orchestrators.app import RETRY, app
from orchestrators.fan_out import FanOut, Step

# Seconds between two questions for a turn, jittered, so that requests that wait for one customer do not ask in step.
_ASK = 2.0


@app.orchestration_trigger(context_name="context")
def reset_customer(ctx: OrchestrationContext, work: dict[str, Any]) -> Step:
    """`work`: {"id", "customer", "windows": [[start, count], ...]}. One sub-orchestration per window keeps replays short."""
    breaker = ""
    for start, count in work["windows"]:
        window = {"id": work["id"], "customer": work["customer"], "start": start, "count": count}
        if breaker:  # fail fast: nothing is asked of a customer that gives us no token
            yield ctx.call_activity("end_turn", input=window | {"width": 1, "breaker": breaker}, retry_policy=RETRY)
            continue
        ended = yield ctx.call_sub_orchestrator("reset_window", input=window, instance_id=f"{ctx.instance_id}:{start}")
        breaker = ended["breaker"]
    return {}


@app.orchestration_trigger(context_name="context")
def reset_window(ctx: OrchestrationContext, work: dict[str, Any]) -> Step:
    """`work`: {"id", "customer", "start", "count"}, at most 100 targets. Answers {"breaker"}."""
    permits, asked = 0, 0
    while True:
        turn = yield ctx.call_activity("take_turn", input=work, retry_policy=RETRY)
        permits = turn["permits"]
        if permits:
            break
        asked += 1
        spread = random.Random(f"{ctx.instance_id}:{asked}").random()  # noqa: S311 - spreads load, guards nothing
        yield ctx.create_timer(timedelta(seconds=_ASK * (0.5 + spread)))
    numbers = range(work["start"], work["start"] + work["count"])
    fan_out = FanOut(ctx, "reset_target", [{"id": work["id"], "number": number} for number in numbers], permits)
    yield from fan_out.run()
    # After a window without throttling the next may be a little wider; what throttled starts where it stood.
    width = fan_out.width if fan_out.throttled else fan_out.width + 2
    yield ctx.call_activity("end_turn", input=work | {"width": width, "breaker": fan_out.breaker}, retry_policy=RETRY)
    return {"breaker": fan_out.breaker}
