"""Wait for a wake-up or for an instant. The event only wakes: what happened is in the records."""

from typing import Any

from contracts.words import WAKE
from durable import Context, Step, Task, cancel_timer, has_ended, wait_for_event, when_any
from orchestrators.timers import EARLY, create_timer_at, naive_utc


class WakeUp:
    """One for an orchestration: a wait that is still open must not swallow the event that the next one is for."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._event: Task[Any] = wait_for_event(ctx, WAKE)

    def wait_until(self, instant: str) -> Step[None]:
        """Wait for a wake-up, until shortly after `instant` (ISO 8601) at the latest.

        After it, because activities judge by their own clock whether the instant has come, to the microsecond.
        """
        timer = create_timer_at(self._ctx, naive_utc(instant) + EARLY)
        yield when_any([self._event, timer])
        if has_ended(self._event):
            self._event = wait_for_event(self._ctx, WAKE)
            if not has_ended(timer):
                cancel_timer(timer)
