"""A sliding fan-out: at most so many activities at once, each repeated until it has nothing left, waiting on durable timers.

Waiting has full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), drawn from a seed of the instance, so that a
replay waits the same. The width adapts as TCP does: halved when the customer throttles, one more after a clean round.
"""

import random
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from durabletask.task import OrchestrationContext, Task, TaskFailedError, when_any

from orchestrators.app import RETRY

# Tries after passing faults: with the waits below about three minutes on average, more than the minute Graph may be away.
FAULTS = 12
# Throttled tries: each waits as long as Graph asks, so this is hours of patience, yet it ends.
THROTTLES = 60
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0  # seconds
# Graph warns from 0.8 of the limit on.
_WARNED, _FULL = 0.8, 1.0
# Jobs given up one after another with nothing done between: the customer is away, and the rest would only wait as long.
_GIVEN_UP = 3

type Step = Generator[Task[Any], Any, Any]


@dataclass(slots=True)
class Job:
    """One activity input, and how often it was repeated because of what."""

    work: dict[str, Any]
    faults: int = 0
    throttles: int = 0
    due: datetime | None = None

    @property
    def spent(self) -> bool:
        return self.faults >= FAULTS or self.throttles >= THROTTLES


class FanOut:
    """Runs `activity` for each of `works`; each answers {"again", "fault", "pressure"}. After `run`, `width` and `breaker` tell."""

    def __init__(self, ctx: OrchestrationContext, activity: str, works: Sequence[dict[str, Any]], width: int) -> None:
        self._ctx = ctx
        self._activity = activity
        self._most = self.width = max(1, width)
        self._ready = deque(Job(work) for work in works)
        self._waiting: list[Job] = []
        self._running: dict[Task[Any], Job] = {}
        self._timer: tuple[Task[Any], datetime] | None = None
        self._clean = 0
        self._given_up = 0
        self.throttled = False
        self.breaker = ""

    def run(self) -> Step:
        while self._running or (not self.breaker and (self._ready or self._waiting)):
            self._launch()
            yield when_any([*self._running, *self._alarm()])
            for task in [task for task in self._running if task.is_complete]:
                self._done(self._running.pop(task), self._answer(task))

    def _launch(self) -> None:
        now = self._ctx.current_utc_datetime
        due = [job for job in self._waiting if job.due is not None and job.due <= now]
        self._waiting = [job for job in self._waiting if job not in due]
        self._ready.extendleft(reversed(due))  # what was begun comes before what was not
        while self._ready and len(self._running) < self.width and not self.breaker:
            job = self._ready.popleft()
            work = job.work | {"last": True} if job.spent else job.work
            self._running[self._ctx.call_activity(self._activity, input=work, retry_policy=RETRY)] = job

    def _alarm(self) -> list[Task[Any]]:
        """The timer for the first waiting job, where it can be launched when it is due; a timer that still runs is used again."""
        if not self._waiting or self.breaker:
            return []
        first = min(job.due for job in self._waiting if job.due is not None)
        if self._timer is None or self._timer[0].is_complete or self._timer[1] > first:
            self._timer = (self._ctx.create_timer(first), first)
        return [self._timer[0]]

    def _answer(self, task: Task[Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = task.get_result()
        except TaskFailedError:
            # The records did not answer for minutes. The target is as it was recorded last; another try looks before it acts.
            return {"again": 0.0, "fault": "unavailable", "pressure": 0.0}
        return answer

    def _done(self, job: Job, answer: dict[str, Any]) -> None:
        fault, again = answer["fault"], answer["again"]
        self._adapt(fault, answer.get("pressure", 0.0))
        if fault == "consentMissing":
            self.breaker = fault
        if again is None or job.spent:
            self._given_up = self._given_up + 1 if job.spent and fault == "unavailable" else 0
            if self._given_up >= _GIVEN_UP:
                self.breaker = "customerUnreachable"
            return
        job.faults += fault == "unavailable"
        job.throttles += fault == "throttled"
        job.due = self._ctx.current_utc_datetime + timedelta(seconds=self._wait(job, fault, again))
        self._waiting.append(job)

    def _adapt(self, fault: str, pressure: float) -> None:
        if fault == "throttled":
            self.throttled = True
            self.width, self._clean = max(1, self.width // 2), 0
        elif pressure >= _FULL:
            self.width, self._clean = max(1, self.width - 1), 0
        elif not fault and pressure < _WARNED:
            self._clean += 1
            if self._clean >= self.width and self.width < self._most:
                self.width, self._clean = self.width + 1, 0

    def _wait(self, job: Job, fault: str, again: float) -> float:
        """Seconds until the job runs again."""
        tries = job.faults + job.throttles
        seed = f"{self._ctx.instance_id}:{sorted(job.work.items())}:{tries}"
        spread = random.Random(seed).random()  # noqa: S311 - spreads load, guards nothing
        backoff: float = spread * min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(tries, 10))
        if fault == "unavailable":
            return again + backoff
        if fault == "throttled":  # never earlier than Graph says; the jitter keeps all from coming back at once
            return again + backoff if not again else again + spread * min(5.0, again)
        return again
