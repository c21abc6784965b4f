"""Time as the local host knows it: the machine's, or one that a test moves by hand."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Instants are aware UTC datetimes."""

    def now(self) -> datetime: ...

    def steady(self) -> timedelta:
        """Time since some instant, however the clock is set."""

    def seconds_until(self, when: datetime) -> float | None:
        """How long to wait for `when`; None if only moving the clock by hand gets there."""

    def on_move(self, wake: Callable[[], None]) -> None:
        """Call `wake` (from any thread) each time the clock is moved by hand."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> timedelta:
        return timedelta(seconds=time.monotonic())

    def seconds_until(self, when: datetime) -> float | None:
        return max(0.0, (when - self.now()).total_seconds())

    def on_move(self, wake: Callable[[], None]) -> None:
        """The machine's clock moves by itself: there is nothing to wake."""


class VirtualClock:
    """Stands still until `advance`; days of reminders and expiries then pass in no time."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._steady = timedelta()
        self._lock = threading.Lock()
        self._wakers: list[Callable[[], None]] = []

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def steady(self) -> timedelta:
        with self._lock:
            return self._steady

    def seconds_until(self, when: datetime) -> float | None:
        return 0.0 if when <= self.now() else None

    def on_move(self, wake: Callable[[], None]) -> None:
        self._wakers.append(wake)

    def advance(self, seconds: float) -> None:
        self.move_to(self.now() + timedelta(seconds=seconds))

    def move_to(self, when: datetime) -> None:
        """Never backwards: an earlier instant changes nothing."""
        with self._lock:
            self._steady += max(timedelta(), when - self._now)
            self._now = max(self._now, when)
        for wake in self._wakers:
            wake()

    def jump(self, seconds: float) -> None:
        """Set the clock, forward or back, without any time passing."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
        for wake in self._wakers:
            wake()
