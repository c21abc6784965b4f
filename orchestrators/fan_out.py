"""A sliding fan-out: so many activities at once, each repeated until it has nothing left, waiting for durable timers.

Waiting has full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), drawn from a seed of the instance, so that a
replay waits the same. Jobs run in lanes, one per customer: the width of a lane adapts as TCP does (halved when the customer
throttles or fails, one more after a clean round), and a lane whose customer is given up leaves the others alone.
"""

import random
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, get_args

from contracts.words import Fault, GivenUp, NoAccess, Stop
from contracts.workflow import CHECK_STOP, Activity, Progress, RequestRef, StopCheck
from durable import (
    Context,
    Step,
    Task,
    TaskFailedError,
    has_ended,
    has_failed,
    instance_id,
    now,
    result_of,
    start_activity,
    when_any,
)
from orchestrators.lanes import AWAY, Job, Lane
from orchestrators.timers import EARLY, create_timer_at, is_due

# An activity that raised so often, after its own retries, has met a mistake of ours, and waiting does not mend it.
BROKEN = 3
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0  # seconds
# Jobs given up, each without anything of its lane done since it began to fail: the customer is away, and the rest would only
# wait as long.
_GIVEN_UP = 3
# Faults that end a lane at once.
_NO_ACCESS: Mapping[str, NoAccess] = {word: word for word in get_args(NoAccess.__value__)}
# While all jobs wait longer than this, it is checked whether the request was cancelled or removing was stopped.
_WATCH = timedelta(seconds=60)


class FanOut[Work: Mapping[str, object]]:
    """Run `activity` for each of `works`, again until it answers that it is over.

    Works with the same `customer` share a lane of `width`; all lanes together run `total`. With `watch`, long waits end when
    that request is cancelled; with `look_again` what was begun is run once more then. With `steady`, a failing job narrows its
    lane only where no other job of the lane got further while it ran. After `run`, `left` has the works that
    were given up and why, and `stop` says why the rest was not tried.
    """

    def __init__(
        self,
        ctx: Context,
        activity: Activity[Work, Progress],
        works: Sequence[Work],
        width: int,
        *,
        total: int | None = None,
        watch: RequestRef | None = None,
        look_again: bool = True,
        steady: bool = False,
    ) -> None:
        self._ctx = ctx
        self._activity = activity
        self._total = total or width
        self._watch = watch
        self._look_again = look_again
        self._steady = steady
        self._watched: Task[StopCheck] | None = None
        self._next_watch = now(ctx) + _WATCH
        self.lanes: dict[str, Lane[Work]] = {}
        for work in works:
            lane = self.lanes.setdefault(str(work.get("customer", "")), Lane(max(1, width), max(1, width)))
            lane.ready.append(Job(work))
        # What each answer is followed by looks at these alone: a request may have hundreds of customers, and a replay does it again.
        self._open = dict.fromkeys(self.lanes.values())  # lanes that are not over, in the order of their works
        self._delayed: dict[Lane[Work], None] = {}  # lanes that are paused or whose jobs wait
        self._running: dict[Task[Progress], tuple[Job[Work], Lane[Work]]] = {}
        self._timer: tuple[Task[Any], datetime] | None = None
        self.left: list[tuple[Work, GivenUp]] = []
        self.stop: Stop = ""

    def run(self) -> Step[None]:
        self._launch()
        while self._open:
            yield when_any([*self._running, *self._alarm()])
            for task in [task for task in self._running if has_ended(task)]:
                job, lane = self._running.pop(task)
                lane.running -= 1
                self._done(job, lane, self._answer(task))
                if lane.is_over:
                    del self._open[lane]
            if self._watched is not None and has_ended(self._watched):
                self._seen(self._watched)
            if self.stop:  # what is not begun any more leaves lanes without anything to do
                self._open = {lane: None for lane in self._open if not lane.is_over}
            self._launch()

    def _launch(self) -> None:
        for lane in [*self._delayed]:
            due = [job for job in lane.waiting if job.due is not None and is_due(self._ctx, job.due)]
            if due:
                lane.waiting = [job for job in lane.waiting if job not in due]
                lane.ready.extendleft(reversed(due))  # what was begun comes before what was not
            if not lane.waiting and not self._is_paused(lane):
                del self._delayed[lane]
        # In turns, so that a large customer does not keep the small ones waiting.
        again: deque[Lane[Work]] = deque()
        for lane in self._open:
            if len(self._running) >= self._total:
                return
            if lane.ready and not self._is_paused(lane):
                self._begin_next(lane, again)
        while again and len(self._running) < self._total:
            self._begin_next(again.popleft(), again)

    def _begin_next(self, lane: Lane[Work], again: deque[Lane[Work]]) -> None:
        """Begin a job of a lane that has room for one; with more of them to begin it joins those whose turn comes `again`."""
        if lane.running >= lane.width:
            return
        job = lane.ready.popleft()
        job.done_before = lane.done
        self._running[start_activity(self._ctx, self._activity, job.next_run(lane))] = job, lane
        lane.running += 1
        if lane.ready:
            again.append(lane)

    def _is_paused(self, lane: Lane[Work]) -> bool:
        return lane.paused is not None and not is_due(self._ctx, lane.paused)

    def _alarm(self) -> list[Task[Any]]:
        """What to wait for besides the running jobs: the first waiting one, and a check of the request where that takes long."""
        due = [at for lane in self._delayed if (at := self._next(lane)) is not None]
        if not due:
            return []
        first = min(due)
        tasks: list[Task[Any]] = []
        if self._watch is not None and not self._running:
            if self._watched is None and is_due(self._ctx, self._next_watch):
                self._watched = start_activity(self._ctx, CHECK_STOP, self._watch)
            if self._watched is not None:
                tasks.append(self._watched)
            else:
                first = min(first, self._next_watch)
        if self._timer is None or has_ended(self._timer[0]) or self._timer[1] > first:
            self._timer = (create_timer_at(self._ctx, first), first)
        return [*tasks, self._timer[0]]

    def _next(self, lane: Lane[Work]) -> datetime | None:
        """When a lane may begin something that it cannot begin now; None where only the end of something running helps."""
        pause = lane.paused if self._is_paused(lane) else None
        if lane.ready:
            return pause
        due = min((job.due for job in lane.waiting if job.due is not None), default=None)
        return due if due is None or pause is None else max(due, pause)

    def _seen(self, watched: Task[StopCheck]) -> None:
        self._watched, self._next_watch = None, now(self._ctx) + _WATCH
        if not has_failed(watched) and result_of(watched)["stop"]:
            self._end(result_of(watched)["stop"])

    def _end(self, stop: Stop) -> None:
        """Nothing new is begun. What may have changed something has another run, to see how it ended, unless all is held."""
        self.stop = stop
        again = self._look_again and stop == "cancelled"
        for lane in self.lanes.values():
            lane.ready = deque(job for job in lane.ready if job.began and again)
            lane.waiting = [job for job in lane.waiting if job.began and again]

    def _answer(self, task: Task[Progress]) -> Progress:
        try:
            return result_of(task)
        except TaskFailedError:
            # Either the records did not answer for minutes, or this job fails by itself. Another try looks before it acts.
            return {"retry_after": 0.0, "fault": "broken"}

    def _done(self, job: Job[Work], lane: Lane[Work], answer: Progress) -> None:
        fault, progressed = answer["fault"], answer.get("progressed", False)
        answered = progressed or (self._steady and lane.done > job.done_before)
        lane.adapt(fault, answer.get("pressure", 0.0), answered=answered)
        if not self.stop and (fault == "held" or fault == "cancelled" or fault == "ended"):  # noqa: PLR1714 - narrows
            self._end(fault)
        if no_access := _NO_ACCESS.get(fault):
            self._break(lane, no_access)
        if fault in {"", "notVisibleYet"} or (progressed and not job.spent):
            lane.done, lane.given_up = lane.done + 1, 0
        elif fault in AWAY and job.spent and job.failing_since == lane.done:
            lane.given_up += 1
            if lane.given_up >= _GIVEN_UP:
                self._break(lane, "tokenRejected" if fault == "tokenRejected" else "customerUnreachable")
        if fault == "throttled":
            # Not a moment earlier than Graph says, though what is due within a second counts as due.
            back = now(self._ctx) + timedelta(seconds=answer["retry_after"] or 0.0) + EARLY
            lane.paused = max(lane.paused or back, back)
            self._delayed[lane] = None
        job.note_run(lane, fault, progressed=progressed)
        job.began = job.began or answer.get("begun", False)
        if answer["retry_after"] is not None and fault not in {"held", "ended"}:
            self._wait_or_leave(job, lane, fault, answer["retry_after"])

    def _wait_or_leave(self, job: Job[Work], lane: Lane[Work], fault: Fault, retry_after: float) -> None:
        if job.broken >= BROKEN:
            self.left.append((job.work, "internalError"))
        elif lane.breaker:
            self.left.append((job.work, lane.breaker))
        elif not self.stop or (job.began and self._look_again):
            job.faults += fault in AWAY
            job.throttles += fault == "throttled"
            job.due = now(self._ctx) + timedelta(seconds=self._wait(job, fault, retry_after))
            lane.waiting.append(job)
            self._delayed[lane] = None

    def _break(self, lane: Lane[Work], reason: GivenUp) -> None:
        lane.breaker = reason
        self.left += [(job.work, reason) for job in (*lane.ready, *lane.waiting)]
        lane.ready.clear()
        lane.waiting.clear()

    def _wait(self, job: Job[Work], fault: Fault, retry_after: float) -> float:
        """Seconds until the job runs again."""
        tries = job.faults + job.throttles + job.broken
        seed = f"{instance_id(self._ctx)}:{sorted(job.work.items())}:{tries}"
        spread = random.Random(seed).random()  # noqa: S311 - spreads load, guards nothing
        backoff: float = spread * min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(tries, 10))
        if fault in AWAY or fault == "broken":
            return retry_after + backoff
        if fault == "throttled":
            # The jitter keeps all from coming back at once. Graph speaks of its next free call, so a job that needs several
            # and got nowhere waits for more of them to come together.
            return max(retry_after + spread * min(5.0, retry_after), backoff)
        return retry_after
