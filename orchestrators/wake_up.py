"""Wait for a wake-up or for an instant. The event only wakes: what happened is in the records."""

from typing import Any

from durabletask.task import OrchestrationContext, Task, when_any

from contracts.words import WAKE
from orchestrators.app import Step
from orchestrators.timers import EARLY, create_timer_at, naive_utc


class WakeUp:
    """One for an orchestration: a wait that is still open must not swallow the event that the next one is for."""

    def __init__(self, ctx: OrchestrationContext) -> None:
        self._ctx = ctx
        self._event: Task[Any] = ctx.wait_for_external_event(WAKE)

    def wait_until(self, instant: str) -> Step[None]:
        """Wait for a wake-up, until shortly after `instant` (ISO 8601) at the latest.

        After it, because activities judge by their own clock whether the instant has come, to the microsecond.
        """
        timer = create_timer_at(self._ctx, naive_utc(instant) + EARLY)
        yield when_any([self._event, timer])
        if self._event.is_complete:
            self._event = self._ctx.wait_for_external_event(WAKE)
            if not timer.is_complete:
                timer.cancel()
