"""Hold what a list shows of users for seconds, so that the same page again asks Graph for nothing."""

import time
from collections.abc import Callable
from typing import Any

# Seconds. Long enough for going back and forth between pages, and short enough that nobody takes it for the state of an hour ago.
LASTS = 30.0
# Seconds for which a tenant is left alone where it was throttled and Graph named no time.
PAUSE = 10.0


class ShortCache:
    """Values of one tenant by key, and until when the tenant is not to be asked."""

    def __init__(self, lasts: float = LASTS, clock: Callable[[], float] = time.monotonic) -> None:
        self._lasts = lasts
        self._clock = clock
        self._values: dict[str, tuple[Any, float]] = {}
        self._paused_until = 0.0

    def get(self, key: str) -> Any:
        """Return the value, None where there is none that is fresh."""
        value, until = self._values.get(key, (None, 0.0))
        return value if until > self._clock() else None

    def put(self, key: str, value: object) -> None:
        now = self._clock()
        # In the order in which they end: what is not asked for again is not kept for good.
        while self._values and (first := next(iter(self._values.items())))[1][1] <= now:
            del self._values[first[0]]
        self._values.pop(key, None)
        self._values[key] = (value, now + self._lasts)

    def pause(self, seconds: float | None) -> None:
        """Ask the tenant for nothing for so many seconds; None: for as long as `PAUSE`."""
        self._paused_until = max(self._paused_until, self._clock() + (PAUSE if seconds is None else seconds))

    @property
    def paused(self) -> bool:
        return self._clock() < self._paused_until
