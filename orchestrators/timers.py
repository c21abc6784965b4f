"""Durable timers, which count in whole seconds and may fire early.

A timer is sent in whole seconds, and Azure Storage was seen to fire one of 3.9 s when the orchestrator's clock stood at 3.17.
So a timer is set for the next whole second, and whatever it was set for counts as due within a second. Else an orchestrator that
finds its work not yet due sets the same timer again, which fires at once, and so on.
"""

from datetime import UTC, datetime, timedelta

from durable import Context, TimerTask, create_timer, now

# How early a timer may fire.
EARLY = timedelta(seconds=1)


def create_timer_at(ctx: Context, instant: datetime) -> TimerTask:
    """Create a timer for `instant`, which is naive and in UTC as the orchestrator's clock."""
    whole = instant.replace(microsecond=0)
    return create_timer(ctx, whole if whole == instant else whole + timedelta(seconds=1))


def create_timer_after(ctx: Context, seconds: float) -> TimerTask:
    return create_timer_at(ctx, now(ctx) + timedelta(seconds=seconds))


def is_due(ctx: Context, instant: datetime) -> bool:
    return instant <= now(ctx) + EARLY


def naive_utc(instant: str) -> datetime:
    """Read an ISO 8601 instant as the orchestrator's clock counts."""
    return datetime.fromisoformat(instant).astimezone(UTC).replace(tzinfo=None)
