"""Hold what a list shows of users for seconds, so that the same page again asks Graph for nothing."""

import time

from graph.fresh_values import FreshValues

# Seconds. Long enough for going back and forth between pages, and short enough not to be taken for the state of an hour ago.
LASTS = 30.0
# Seconds for which a tenant is left alone where it was throttled and Graph named no time.
PAUSE = 10.0


class ShortCache(FreshValues):
    """Values of one tenant by key, and until when the tenant is not to be asked."""

    def __init__(self, lasts: float = LASTS) -> None:
        super().__init__(lasts)
        self._paused_until = 0.0

    def pause(self, seconds: float | None) -> None:
        """Ask the tenant for nothing for so many seconds; None: for as long as `PAUSE`."""
        self._paused_until = max(self._paused_until, time.monotonic() + (PAUSE if seconds is None else seconds))

    @property
    def paused(self) -> bool:
        return time.monotonic() < self._paused_until
