"""What a list keeps of users for seconds. Time is given."""

import time

import pytest

from graph.short_cache import PAUSE, ShortCache


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", made)
    return made


def test_values_end_and_are_not_kept_for_good(clock: Clock) -> None:
    cache = ShortCache(30)
    cache.put("adele", "strong")
    clock.at = 29.9
    assert cache.get("adele") == "strong"
    clock.at = 30.0
    assert cache.get("adele") is None
    cache.put("alex", "weak")
    assert list(cache._values) == ["alex"]


def test_a_pause_ends_and_a_shorter_one_does_not_shorten_it(clock: Clock) -> None:
    cache = ShortCache(30)
    assert not cache.paused
    cache.pause(20)
    cache.pause(1)
    clock.at = 19.9
    assert cache.paused
    clock.at = 20.0
    assert not cache.paused
    cache.pause(None)
    clock.at += PAUSE - 0.1
    assert cache.paused
