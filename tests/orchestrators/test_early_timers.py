"""Timers that fire up to a second early, as on Azure Storage, add no turns to a delivery or to a wait for approval."""

import random
from collections.abc import Generator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from durabletask.task import CompletableTask, Task

from contracts.workflow import EventDelivery
from orchestrators.event_delivery import PATIENCE, deliver_event
from orchestrators.timers import create_timer_after, create_timer_at, is_due
from orchestrators.wake_up import WakeUp

BEGIN = datetime(2026, 1, 5, 9, 0, 0, 250_000)  # noqa: DTZ001 - the engine's own are naive, in UTC


class Context:
    """Activities answer at once with `answer`; timers fire early by what `random` says; a turn takes a tenth of a second."""

    def __init__(self, seed: int, answer: Any = None) -> None:
        self.current_utc_datetime = BEGIN
        self.instance_id = "r1:run:accepted:callback"
        self.calls: list[dict[str, Any]] = []
        self.called_at: list[datetime] = []
        self.timers: list[datetime] = []
        self._random = random.Random(seed)  # noqa: S311 - guards nothing
        self._answer = answer

    def call_activity(self, _: str, *, input: dict[str, Any], retry_policy: object) -> Task[Any]:  # noqa: A002
        self.calls.append(input)
        self.called_at.append(self.current_utc_datetime)
        return self._ended(self._answer)

    def create_timer(self, at: datetime) -> Task[Any]:
        self.timers.append(at)
        early = timedelta(seconds=self._random.random())
        self.current_utc_datetime = max(at - early, self.current_utc_datetime)
        return self._ended(None)

    def wait_for_external_event(self, _: str) -> Task[Any]:
        return CompletableTask()

    def run(self, steps: Generator[Task[Any], Any, Any]) -> None:
        try:
            task = next(steps)
            while True:
                self.current_utc_datetime += timedelta(seconds=0.1)
                task = steps.send(task.get_result())
        except StopIteration:
            return

    @staticmethod
    def _ended(answer: Any) -> Task[Any]:
        task = CompletableTask[Any]()
        task.complete(answer)
        return task


@pytest.mark.parametrize("seed", range(20))
def test_a_delivery_makes_its_last_attempt_once_and_at_its_time(seed: int) -> None:
    ctx: Any = Context(seed, {"retry_after": 0.0})
    ctx.run(deliver_event(ctx, EventDelivery(id="r1", kind="accepted", sender="callback")))
    assert [call["last"] for call in ctx.calls] == [False] * (len(ctx.calls) - 1) + [True]
    assert len(ctx.timers) == len(ctx.calls) - 1
    assert ctx.called_at[-1] - ctx.called_at[-2] > timedelta(minutes=1)
    assert abs(ctx.current_utc_datetime - BEGIN - PATIENCE) < timedelta(seconds=2)


@pytest.mark.parametrize("seed", range(20))
def test_a_wait_ends_when_its_instant_has_come_to_the_microsecond(seed: int) -> None:
    """Activities judge by the clock whether an approval has expired: looked at too early, it would be waited for again."""
    ctx: Any = Context(seed)
    expires = BEGIN + timedelta(hours=24)
    ctx.run(WakeUp(ctx).wait_until(f"{expires.isoformat()}Z"))
    assert expires <= ctx.current_utc_datetime < expires + timedelta(seconds=3)


def test_waits_are_rounded_up_to_whole_seconds_and_due_means_within_one() -> None:
    created: list[datetime] = []
    ctx: Any = SimpleNamespace(current_utc_datetime=BEGIN, create_timer=created.append)
    create_timer_after(ctx, 3.9)
    create_timer_at(ctx, BEGIN.replace(microsecond=0))
    assert [at - BEGIN.replace(microsecond=0) for at in created] == [timedelta(seconds=5), timedelta(0)]
    assert is_due(ctx, BEGIN + timedelta(seconds=1))
    assert not is_due(ctx, BEGIN + timedelta(seconds=1, microseconds=1))
