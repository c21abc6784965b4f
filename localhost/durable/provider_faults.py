"""What the Azure Storage provider does now and then and a file does not: for tests, so that no orchestrator relies on the better."""

import random
from datetime import timedelta
from typing import Protocol

# The provider hides a timer's message for whole seconds (a queue's visibility time-out), so it fires up to one second early.
MOST_EARLY = timedelta(seconds=1)
_REPEATS = 0.05


class Faults(Protocol):
    """Used under the engine's lock."""

    most_early: timedelta

    def earliness(self) -> timedelta:
        """How much too early the next timer fires; less than `most_early`."""

    def repeats(self) -> bool:
        """Whether the result of the next activity is delivered twice."""


class NoFaults:
    most_early = timedelta()

    def earliness(self) -> timedelta:
        return timedelta()

    def repeats(self) -> bool:
        return False


class ProviderFaults:
    """Draws from a seed: the same calls in the same order meet the same faults."""

    most_early = MOST_EARLY

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - draws that repeat

    def earliness(self) -> timedelta:
        return self._dice.random() * MOST_EARLY

    def repeats(self) -> bool:
        return self._dice.random() < _REPEATS
