"""Limit calls per minute and caller, per worker: enough to stop a runaway source, not an accounting."""

from collections import deque
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


class RateLimiter:
    """Count the calls of the last minute per key. A key without a call in the last minute takes no memory."""

    def __init__(self) -> None:
        self._calls: dict[str, deque[datetime]] = {}
        self._forgotten_at: datetime | None = None

    def __len__(self) -> int:
        """Return how many keys are in memory."""
        return len(self._calls)

    def allow(self, key: str, per_minute: int, now: datetime) -> bool:
        """Return whether a call of `key` is within the limit now, and count it if so."""
        self._forget_idle(now)
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] <= now - _MINUTE:
            calls.popleft()
        if len(calls) >= per_minute:
            return False
        calls.append(now)
        return True

    def _forget_idle(self, now: datetime) -> None:
        """Drop the keys whose last call is more than a minute ago; once a minute, so that a call costs no scan."""
        if self._forgotten_at is not None and now < self._forgotten_at + _MINUTE:
            return
        self._forgotten_at = now
        self._calls = {key: calls for key, calls in self._calls.items() if calls and calls[-1] > now - _MINUTE}
