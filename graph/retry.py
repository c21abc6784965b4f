"""Retry, within one run, what failed for a passing reason: at once, then twice more after short pauses.

A run that throws away all it read because one of fourteen calls failed does the other thirteen again, and waits for a durable
timer in between. So what passes within seconds is tried again where it failed; what lasts is for the orchestration's timers.
An activity that sleeps costs compute, so all pauses of one call together stay under `LONGEST`.
"""

import random
from collections.abc import Awaitable, Callable

# Seconds before each further attempt, at the most; half of it at the least, so that calls that failed together spread out.
PAUSES = (0.0, 0.5, 1.5)
# Seconds that one call may spend in pauses. Retry-After of a second or two fits; a longer one is a durable timer's.
LONGEST = 5.0
# What a 429 without Retry-After is taken to say. Graph's documentation asks for a back-off then, without a number.
_THROTTLED = 1.0


class Attempts:
    """The further attempts of one call."""

    def __init__(self, sleep: Callable[[float], Awaitable[object]]) -> None:
        self._sleep = sleep
        self._made = 0
        self._left = LONGEST

    async def next(self, *, throttled: bool, retry_after: float | None) -> bool:
        """Pause before a further attempt; False where none is left. Never sooner than `retry_after` seconds."""
        if self._made >= len(PAUSES):
            return False
        pause = PAUSES[self._made] * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        if throttled or retry_after:
            pause = max(pause, (retry_after if retry_after is not None else _THROTTLED) * random.uniform(1.0, 1.2))  # noqa: S311
        if pause > self._left:
            return False
        self._made += 1
        self._left -= pause
        if pause:
            await self._sleep(pause)
        return True
