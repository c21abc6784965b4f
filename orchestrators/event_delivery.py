"""Deliver what happened to a request. A receiver that is away for a day holds up nothing: each delivery runs by itself."""

import random
from collections.abc import Iterable
from datetime import timedelta

from contracts.words import EventKind, Sender
from contracts.workflow import (
    DELIVER_EVENT,
    POST_TEAMS_MESSAGE,
    PUBLISH_EVENT,
    RECORD_EVENT,
    SEND_CALLBACK,
    Activity,
    Event,
    EventAttempt,
    EventAttempted,
    EventDelivery,
    Nothing,
    RequestRef,
)
from durable import Context, Step, TaskFailedError, instance_id, now, start_child
from orchestrators.app import call_activity, orchestrator
from orchestrators.timers import create_timer_at, is_due

SENDERS: dict[Sender, Activity[EventAttempt, EventAttempted]] = {
    "callback": SEND_CALLBACK,
    "bus": PUBLISH_EVENT,
    "teams": POST_TEAMS_MESSAGE,
}
# Seconds between attempts, as Standard Webhooks suggests: soon at first, then ever more seldom. The last one is repeated.
WAITS = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 21600)
# After this long the last attempt is made.
PATIENCE = timedelta(hours=24)
# A receiver may ask for a longer wait, but not for the whole patience.
_LONGEST_ASKED = 3600.0


def record_and_deliver(ctx: Context, run: str, request: RequestRef, kind: EventKind) -> Step[None]:
    """Keep the event as things stand now and start its delivery, which goes on when this orchestration has ended."""
    recorded = yield from call_activity(ctx, RECORD_EVENT, Event(id=request["id"], kind=kind))
    start_deliveries(ctx, run, request, kind, recorded["senders"])


def start_deliveries(ctx: Context, run: str, request: RequestRef, kind: EventKind, senders: Iterable[Sender]) -> None:
    """Start a delivery for each of `senders`; `run` is what the ids of this run's sub-orchestrations begin with."""
    for sender in senders:
        work = EventDelivery(id=request["id"], kind=kind, sender=sender)
        start_child(ctx, DELIVER_EVENT, work, f"{run}:{kind}:{sender}")


@orchestrator(DELIVER_EVENT)
def deliver_event(ctx: Context, work: EventDelivery) -> Step[Nothing]:
    """Attempt until it got through, is refused for good, or the patience ends."""
    end = now(ctx) + PATIENCE
    tries = 0
    while True:
        last = is_due(ctx, end)
        attempt = EventAttempt(id=work["id"], kind=work["kind"], last=last)
        try:
            answer = yield from call_activity(ctx, SENDERS[work["sender"]], attempt)
        except TaskFailedError:  # the records did not answer for minutes
            answer = EventAttempted(retry_after=0.0)
        if answer["retry_after"] is None or last:
            return {}
        # Spread, so that the events of many requests do not come back to a receiver in step.
        spread = random.Random(f"{instance_id(ctx)}:{tries}").uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
        wait = max(WAITS[min(tries, len(WAITS) - 1)] * spread, min(answer["retry_after"], _LONGEST_ASKED))
        yield create_timer_at(ctx, min(now(ctx) + timedelta(seconds=wait), end))
        tries += 1
