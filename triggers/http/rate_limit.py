"""A limit of calls per minute and caller, per worker: enough to stop a source that runs wild, no accounting."""

from collections import deque
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


class Rates:
    def __init__(self) -> None:
        self._seen: dict[str, deque[datetime]] = {}

    def allow(self, caller: str, per_minute: int, now: datetime) -> bool:
        """Whether `caller` may call now; counts the call if so."""
        seen = self._seen.setdefault(caller, deque())
        while seen and seen[0] <= now - _MINUTE:
            seen.popleft()
        if len(seen) >= per_minute:
            return False
        seen.append(now)
        return True
