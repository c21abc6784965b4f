"""Waiting for somebody to ring, or for an instant. The event only wakes: what happened is in the records."""

from datetime import UTC, datetime
from typing import Any

from durabletask.task import OrchestrationContext, Task, when_any

from orchestrators.fan_out import Step


class Bell:
    """One for an orchestration: a wait that is still open must not swallow the ring that the next one is for."""

    def __init__(self, ctx: OrchestrationContext) -> None:
        self._ctx = ctx
        self._rung: Task[Any] = ctx.wait_for_external_event("decided")

    def until(self, instant: str) -> Step:
        """Waits for a ring, `instant` (ISO 8601) at the latest."""
        timer = self._ctx.create_timer(datetime.fromisoformat(instant).astimezone(UTC).replace(tzinfo=None))
        yield when_any([self._rung, timer])
        if self._rung.is_complete:
            self._rung = self._ctx.wait_for_external_event("decided")
            if not timer.is_complete:
                timer.cancel()
