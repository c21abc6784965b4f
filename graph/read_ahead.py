"""Hold what was read ahead of its use, for seconds, each value for one use."""

import time
from asyncio import Lock
from typing import Any


class ReadAhead:
    """`lock` is held while more is read, so that those who need it at the same time do not all read the same."""

    def __init__(self, lasts: float) -> None:
        self._lasts = lasts
        self._values: dict[str, tuple[Any, float]] = {}
        self.lock = Lock()

    def take(self, key: str) -> Any:
        """Return the value and forget it; None where there is none, or none that is fresh."""
        value, until = self._values.pop(key, (None, 0.0))
        return value if until > time.monotonic() else None

    def put(self, key: str, value: object) -> None:
        now = time.monotonic()
        # In the order in which they end: what nobody took is not kept for good.
        while self._values and (first := next(iter(self._values.items())))[1][1] <= now:
            del self._values[first[0]]
        self._values.pop(key, None)
        self._values[key] = (value, now + self._lasts)
