"""Fire durable timers and timer triggers at their instants, all from one queue.

A timer fires when the clock shows its instant, or when as much time has passed as was left when it was set: a clock
that is set back by an hour must not make a retry of seconds wait an hour longer.
"""

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from localhost.clock import Clock


@dataclass(slots=True)
class _Timer:
    action: Callable[[], None]
    fired: bool = False


def wait_for(when: datetime, turn_time: datetime | None) -> timedelta | None:
    """How long an orchestrator meant to wait when it created a timer at its own time `turn_time`.

    None where it named an instant of another clock, which its own has passed already.
    """
    return when - turn_time if turn_time is not None and when > turn_time else None


class Timers:
    """Thread-safe. Actions run on the thread that calls `fire_due`, in order of their instants."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._order = itertools.count()  # equal instants fire in the order they were set
        # Each timer is in both; while the clock is not set by hand they agree.
        self._by_instant: list[tuple[datetime, int, _Timer]] = []
        self._by_wait: list[tuple[timedelta, int, _Timer]] = []
        self.on_earlier: Callable[[], None] = lambda: None

    def at(self, when: datetime, action: Callable[[], None], wait: timedelta | None = None) -> None:
        """`wait` is how long it takes at most, where that is not the time from now to `when`."""
        timer = _Timer(action)
        with self._lock:
            number = next(self._order)
            left = max(timedelta(), when - self._clock.now() if wait is None else wait)
            heapq.heappush(self._by_instant, (when, number, timer))
            heapq.heappush(self._by_wait, (self._clock.steady() + left, number, timer))
            first = self._by_instant[0][2] is timer or self._by_wait[0][2] is timer
        if first:
            self.on_earlier()

    def next_at(self) -> datetime | None:
        """When the next timer fires, as the clock goes now."""
        with self._lock:
            self._drop_fired()
            if not self._by_instant:
                return None
            passed = self._clock.now() + (self._by_wait[0][0] - self._clock.steady())
            return min(self._by_instant[0][0], passed)

    def any_due(self) -> bool:
        due = self.next_at()
        return due is not None and due <= self._clock.now()

    def fire_due(self) -> None:
        while (action := self._pop_due()) is not None:
            action()

    def _pop_due(self) -> Callable[[], None] | None:
        with self._lock:
            self._drop_fired()
            if self._by_instant and self._by_instant[0][0] <= self._clock.now():
                timer = heapq.heappop(self._by_instant)[2]
            elif self._by_wait and self._by_wait[0][0] <= self._clock.steady():
                timer = heapq.heappop(self._by_wait)[2]
            else:
                return None
            timer.fired = True
            return timer.action

    def _drop_fired(self) -> None:
        while self._by_instant and self._by_instant[0][2].fired:
            heapq.heappop(self._by_instant)
        while self._by_wait and self._by_wait[0][2].fired:
            heapq.heappop(self._by_wait)
