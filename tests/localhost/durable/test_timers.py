from datetime import timedelta

import pytest

from localhost.clock import SystemClock, VirtualClock
from localhost.durable.timers import Timers


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def timers(clock: VirtualClock) -> Timers:
    return Timers(clock)


def set_timers(timers: Timers, clock: VirtualClock, *seconds: float) -> list[float]:
    fired: list[float] = []
    for each in seconds:
        timers.at(clock.now() + timedelta(seconds=each), lambda each=each: fired.append(each))  # type: ignore[misc]
    return fired


def test_they_fire_in_order_of_their_instants(timers: Timers, clock: VirtualClock) -> None:
    fired = set_timers(timers, clock, 30, 10, 20)
    timers.fire_due()
    assert fired == []
    clock.advance(25)
    timers.fire_due()
    assert fired == [10, 20]
    clock.advance(5)
    timers.fire_due()
    assert fired == [10, 20, 30]
    assert timers.next_at() is None


def test_a_clock_set_back_makes_nothing_wait_longer(timers: Timers, clock: VirtualClock) -> None:
    fired = set_timers(timers, clock, 10, 5)
    clock.jump(-3600)
    later = set_timers(timers, clock, 7)
    assert timers.next_at() == clock.now() + timedelta(seconds=5)
    clock.advance(10)
    timers.fire_due()
    assert (fired, later) == ([5, 10], [7])


def test_a_clock_set_forward_makes_what_is_due_fire_once(timers: Timers, clock: VirtualClock) -> None:
    fired = set_timers(timers, clock, 10, 7200)
    clock.jump(3600)
    timers.fire_due()
    clock.jump(-3600)
    timers.fire_due()
    assert fired == [10]
    clock.advance(7200)
    timers.fire_due()
    assert fired == [10, 7200]


def test_an_earlier_timer_is_reported(timers: Timers, clock: VirtualClock) -> None:
    calls: list[None] = []
    timers.on_earlier = lambda: calls.append(None)
    set_timers(timers, clock, 10, 20, 5)
    assert len(calls) == 2


def test_the_machines_steady_time_goes_on() -> None:
    clock = SystemClock()
    assert clock.steady() <= clock.steady()
