"""Retry, within one run, what failed for a passing reason: at once, then twice more after short pauses.

A run that throws away all it read because one of fourteen calls failed does the other thirteen again, and waits for a durable
timer in between. So what passes within seconds is tried again where it failed; what lasts is for the orchestration's timers.
An activity that sleeps costs compute, so all pauses of one call together stay under `LONGEST`.
"""

import math
import random
import time
from collections.abc import Awaitable, Callable

# Seconds before each further attempt, at the most; half of it at the least, so that calls that failed together spread out.
PAUSES = (0.0, 0.5, 1.5)
# Seconds that one call may spend in pauses. Retry-After of a second or two fits; a longer one is a durable timer's.
LONGEST = 5.0
# What a 429 without Retry-After is taken to say. Graph's documentation asks for a back-off then, without a number.
_THROTTLED = 1.0


class Pauses:
    """The pauses of several calls together: `seconds` at most, and those side by side count once."""

    def __init__(self, seconds: float = LONGEST, now: Callable[[], float] = time.monotonic) -> None:
        self._left = seconds
        self._now = now
        self._until = -math.inf  # the end of the last pause that began

    def take(self, seconds: float) -> bool:
        """Take a pause that begins now; False where no such one is left."""
        now = self._now()
        end = max(self._until, now + seconds)
        more = end - max(self._until, now)
        if more > self._left:
            return False
        self._left -= more
        self._until = end
        return True


class Attempts:
    """The further attempts of one call; `shared` also bounds the pauses of others."""

    def __init__(self, sleep: Callable[[float], Awaitable[object]], shared: Pauses | None = None) -> None:
        self._sleep = sleep
        self._shared = shared or Pauses(math.inf)
        self._made = 0
        self._left = LONGEST

    def copy(self) -> "Attempts":
        """Return the attempts that are left, for one of several calls that go on by themselves."""
        copied = Attempts(self._sleep, self._shared)
        copied._made, copied._left = self._made, self._left
        return copied

    async def next(self, *, throttled: bool, retry_after: float | None) -> bool:
        """Pause before a further attempt; False where none is left. Never sooner than `retry_after` seconds."""
        if self._made >= len(PAUSES):
            return False
        pause = PAUSES[self._made] * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        if throttled or retry_after:
            pause = max(pause, (retry_after if retry_after is not None else _THROTTLED) * random.uniform(1.0, 1.1))  # noqa: S311
        if pause > self._left or not self._shared.take(pause):
            return False
        self._made += 1
        self._left -= pause
        if pause:
            await self._sleep(pause)
        return True
