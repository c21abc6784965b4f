"""What the Azure Storage provider does now and then and a file does not: for tests, so that no orchestrator relies on the better."""

import random
from datetime import datetime, timedelta
from typing import Protocol, override

# The provider hides a timer's message for whole seconds (a queue's visibility time-out), so it fires up to one second early.
MOST_EARLY = timedelta(seconds=1)
_REPEATS = 0.05
_TURN = timedelta(milliseconds=20)


class Faults(Protocol):
    """Used under the engine's lock."""

    most_early: timedelta

    def earliness(self, instance_id: str, fire_at: datetime) -> timedelta:
        """How much too early a timer of an instance fires; less than `most_early`."""

    def repeats(self) -> bool:
        """Whether the result of the next activity is delivered twice."""


class NoFaults(Faults):
    most_early = timedelta()

    @override
    def earliness(self, instance_id: str, fire_at: datetime) -> timedelta:
        return timedelta()

    def repeats(self) -> bool:
        return False


class ProviderFaults:
    """Draws from a seed: the same calls in the same order meet the same faults."""

    most_early = MOST_EARLY

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - draws that repeat
        self._drawn: dict[tuple[str, datetime], timedelta] = {}

    def earliness(self, instance_id: str, fire_at: datetime) -> timedelta:
        """Of a timer that is set again for the same instant, less by what a turn takes: an orchestrator that waits so spins."""
        timer = instance_id, fire_at
        before = self._drawn.get(timer)
        early = self._dice.random() * MOST_EARLY if before is None else max(timedelta(), before - _TURN)
        self._drawn[timer] = early
        return early

    def repeats(self) -> bool:
        return self._dice.random() < _REPEATS
