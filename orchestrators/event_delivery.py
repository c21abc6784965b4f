"""Tells others what happened to a request. A receiver that is away for a day holds up nothing: each delivery runs by itself."""

import random
from datetime import timedelta
from typing import Any

from durabletask.task import OrchestrationContext, TaskFailedError

from orchestrators.app import RETRY, app
from orchestrators.fan_out import Step

# Which activity sends for each key that record_event answers.
SENDERS = {"callback": "send_callback", "bus": "publish_event"}
# Seconds between attempts, as Standard Webhooks suggests: soon at first, then patient. The last one is repeated.
WAITS = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 21600)
# After this long the last attempt is made.
PATIENCE = timedelta(hours=24)
# A receiver may ask for a longer wait, but not for the whole patience.
_LONGEST_ASKED = 3600.0


def announce(ctx: OrchestrationContext, request: dict[str, Any], kind: str) -> Step:
    """Keeps the event as things stand now and starts its delivery, which goes on when this orchestration has ended."""
    recorded = yield ctx.call_activity("record_event", input=request | {"kind": kind}, retry_policy=RETRY)
    deliver(ctx, request, kind, recorded)


def deliver(ctx: OrchestrationContext, request: dict[str, Any], kind: str, recorded: dict[str, Any]) -> None:
    for sender in recorded["senders"]:
        ctx.call_sub_orchestrator("deliver_event", input=request | {"kind": kind, "sender": sender})


@app.orchestration_trigger(context_name="context")
def deliver_event(ctx: OrchestrationContext, work: dict[str, Any]) -> Step:
    """`work`: {"id", "kind", "sender"}. Attempts until it got through, is refused for good, or the patience ends."""
    message = {"id": work["id"], "kind": work["kind"]}
    end = ctx.current_utc_datetime + PATIENCE
    tries = 0
    while True:
        last = ctx.current_utc_datetime >= end
        try:
            answer = yield ctx.call_activity(
                SENDERS[work["sender"]], input=message | {"last": last}, retry_policy=RETRY
            )
        except TaskFailedError:  # the records did not answer for minutes
            answer = {"again": 0.0}
        if answer["again"] is None or last:
            return {}
        # Spread, so that the events of many requests do not come back to a receiver in step.
        spread = random.Random(f"{ctx.instance_id}:{tries}").uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
        wait = max(WAITS[min(tries, len(WAITS) - 1)] * spread, min(answer["again"], _LONGEST_ASKED))
        yield ctx.create_timer(min(ctx.current_utc_datetime + timedelta(seconds=wait), end))
        tries += 1
