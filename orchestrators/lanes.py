"""The lanes of a fan-out: a customer's jobs, how often each is tried, and how many of them run at once."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, cast

from contracts.words import Fault, GivenUp

# Tries in a row after passing faults: with the waits of a fan-out about three minutes on average, more than the minute Graph
# may be away. Getting further in between starts these counts anew.
FAULTS = 12
# Throttled tries in a row: each waits as long as Graph asks, so this may take hours, yet it ends.
THROTTLES = 60
# Faults that may pass, though nothing says when: they are waited for alike.
AWAY: frozenset[Fault] = frozenset({"unavailable", "tokenRejected"})
# Graph warns from 0.8 of the limit on.
_WARNED, _FULL = 0.8, 1.0
# Halved so often, a group of twenty is one.
_SLOWEST = 5


def last_run[Work: Mapping[str, object]](work: Work, *, answered: bool = False) -> Work:
    """Return the input of an activity that is to settle what is open, because no further run follows.

    `answered`: Graph answered for others of the customer.
    """
    return cast("Work", {**work, "last": True, **({"answered": True} if answered else {})})


class Job[Work: Mapping[str, object]]:
    """One activity input, and how often it was repeated because of what.

    `slow` is how often throttling let nothing through; the activity gets it, to ask for less at once. `began`: it may have
    changed something.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self.faults = 0
        self.throttles = 0
        self.broken = 0
        self.slow = 0
        self.began = False
        # `done` of its lane, as it was when ...
        self.failing_since = 0  # the first of the runs that fail had ended
        self.done_before_failing = 0  # the first of the runs that fail began
        self.done_before = 0  # its latest run began
        self.due: datetime | None = None

    @property
    def spent(self) -> bool:
        return self.faults >= FAULTS or self.throttles >= THROTTLES

    def next_run(self, lane: "Lane[Work]") -> Work:
        """Return the input of its next run in its lane."""
        work = last_run(self.work, answered=lane.done > self.done_before_failing) if self.spent else self.work
        return cast("Work", {**work, "slow": self.slow}) if self.slow else work

    def note_run(self, lane: "Lane[Work]", fault: Fault, *, progressed: bool) -> None:
        """Note what a run says. Getting further starts the counts of faults anew."""
        self.broken = self.broken + 1 if fault == "broken" else 0
        if progressed:
            self.faults = self.throttles = 0
        if fault in AWAY and not self.faults:
            self.failing_since, self.done_before_failing = lane.done, self.done_before
        if fault == "throttled" and not progressed:
            self.slow = min(_SLOWEST, self.slow + 1)
        self.began = self.began or progressed or fault in {*AWAY, "broken", "notVisibleYet"}


class Lane[Work: Mapping[str, object]]:
    """The jobs of one customer. `breaker` is why it was given up, "" while it was not."""

    def __init__(self, most: int, width: int) -> None:
        self.most = most
        self.width = width
        self.ready: deque[Job[Work]] = deque()
        self.waiting: list[Job[Work]] = []
        self.running = 0
        self.clean = 0
        self.done = 0  # answers that got further
        self.given_up = 0
        self.paused: datetime | None = None  # nothing begins before: the customer's tenant said when to come back
        self.throttled = False  # or warned that it is about to be
        self.breaker: GivenUp | Literal[""] = ""

    @property
    def is_over(self) -> bool:
        return not (self.running or self.ready or self.waiting)

    def adapt(self, fault: Fault, pressure: float, *, answered: bool = False) -> None:
        """Widen or narrow the lane after an answer; `pressure` is how much of the tenant's limit is used, 1 for all of it.

        `answered`: Graph answered other calls meanwhile. That some fail now and then is no reason to ask for less at once.
        """
        if fault == "throttled" or (fault in AWAY and not answered):
            self.throttled = True
            self.width, self.clean = max(1, self.width // 2), 0
        elif pressure >= _FULL:
            self.throttled = True
            self.width, self.clean = max(1, self.width - 1), 0
        elif not fault and pressure < _WARNED:
            self.clean += 1
            if self.clean >= self.width and self.width < self.most:
                self.width, self.clean = self.width + 1, 0
