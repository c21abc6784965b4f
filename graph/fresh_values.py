"""Values by key that stand for so many seconds."""

import time
from typing import Any


class FreshValues:
    def __init__(self, lasts: float) -> None:
        self._lasts = lasts
        self._values: dict[str, tuple[Any, float]] = {}

    def get(self, key: str) -> Any:
        """Return the value, None where there is none that is fresh."""
        value, until = self._values.get(key, (None, 0.0))
        return value if until > time.monotonic() else None

    def put(self, key: str, value: object) -> None:
        """Keep the value, and remove those that are no longer fresh."""
        now = time.monotonic()
        # In the order in which they end: what is not asked for again is not kept for good.
        while self._values and (first := next(iter(self._values.items())))[1][1] <= now:
            del self._values[first[0]]
        self._values.pop(key, None)
        self._values[key] = (value, now + self._lasts)

    def take(self, key: str) -> Any:
        """Return the value and forget it; None where there is none that is fresh."""
        value = self.get(key)
        self._values.pop(key, None)
        return value
