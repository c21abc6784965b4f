"""What the knee is, and the search for it.

The knee is the highest rate that the host can go on with for ever: what it accepts also ends as fast as it comes. A host
that takes the webhooks in at once and works them off later looks fine for a while, but its backlog grows with every
second; so accepting is not enough, and neither is ending some time.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

# Nearly all that is offered is accepted, p99 within a second.
_ENOUGH, _SOON = 0.95, 1.0
# One request alone is done in well under a second. Over twenty seconds, a rate a twentieth above the knee gets one second behind.
_BEHIND = 1.0
_STEP = 1.5
# Halvings (of the ratio) between the last rate that went well and the first that did not: 1.5 becomes 1.05.
_CLOSER = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """One rate, tried: webhooks offered and accepted, the p99 of accepting them, and how far the ends lagged behind.

    `behind` is from the last webhook to the end of the last request; infinite where requests did not end. Seconds.
    """

    offered: int
    accepted: int
    p99: float
    behind: float


def not_sustained(seen: Seen) -> str:
    """Return why this rate is above the knee; empty when it is not."""
    if seen.accepted < _ENOUGH * seen.offered:
        return f"only {seen.accepted} of {seen.offered} were accepted"
    if seen.p99 >= _SOON:
        return f"accepting took {seen.p99:.1f} s"
    if seen.behind > _BEHIND:
        return f"the last request ended {seen.behind:.1f} s after the last webhook: a backlog built up"
    return ""


async def find(first: float, sustains: Callable[[float], Awaitable[bool]]) -> float:
    """Return the highest rate that `sustains` says yes to, in steps of 1.5 and then closer; 0 when `first` is too much already."""
    good, bad = 0.0, first
    while await sustains(bad):
        good, bad = bad, bad * _STEP
    if not good:
        return 0.0
    for _ in range(_CLOSER):
        between = (good * bad) ** 0.5
        good, bad = (between, bad) if await sustains(between) else (good, between)
    return good
