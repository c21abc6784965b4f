"""Everything that waits for an instant, in one heap: durable timers and timer triggers alike."""

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime

from localhost.clock import Clock


class Timers:
    """Thread-safe. Actions run on the thread that calls `fire_due`, in order of their instants."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._order = itertools.count()  # equal instants fire in the order they were set
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self.on_earlier: Callable[[], None] = lambda: None

    def at(self, when: datetime, action: Callable[[], None]) -> None:
        with self._lock:
            entry = (when, next(self._order), action)
            heapq.heappush(self._heap, entry)
            first = self._heap[0] is entry
        if first:
            self.on_earlier()

    def next_at(self) -> datetime | None:
        with self._lock:
            return self._heap[0][0] if self._heap else None

    def any_due(self) -> bool:
        due = self.next_at()
        return due is not None and due <= self._clock.now()

    def fire_due(self) -> None:
        while (action := self._pop_due()) is not None:
            action()

    def _pop_due(self) -> Callable[[], None] | None:
        now = self._clock.now()
        with self._lock:
            if self._heap and self._heap[0][0] <= now:
                return heapq.heappop(self._heap)[2]
        return None
