"""What the durable engine knows, and the few ways in which that changes.

State changes go through `create`, `deliver`, `forget` and the end of a turn, and every one of them under the lock: the
persistence gets them as one unit when the lock is let go.
"""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Protocol

from localhost.clock import Clock
from localhost.durable import history_events
from localhost.durable.instances import ActivityWork, ChangeLock, Instance
from localhost.durable.provider_faults import Faults
from localhost.durable.timers import Timers
from localhost.durable.vendor_adapter import pb
from localhost.durable.waiters import Waiters

_WAKES_THE_SUSPENDED = {"executionResumed", "executionTerminated"}


class Persistence(Protocol):
    """Where the state outlives the process. All but `trouble`, `wait` and `close` is called under the engine's lock."""

    @property
    def trouble(self) -> str:
        """Why nothing can be kept at the moment; empty when all is well."""

    def attach(self, state: "EngineState") -> Iterable[Instance]:
        """Start to keep `state`; what had not ended when its last process did, oldest first."""

    def commit(self, changed: list[Instance], forgotten: set[str]) -> None:
        """Keep one unit of change."""

    def release(self, works: list[ActivityWork]) -> None:
        """Call `EngineState.release` with what the unit just committed has scheduled, as soon as that unit is kept."""

    def holds_work(self) -> bool: ...

    def find(self, instance_id: str) -> Instance | None:
        """An instance that is in no memory; its history stays where it is."""

    def ids(self, *, created_before: datetime | None = None, completed_before: datetime | None = None) -> list[str]: ...

    def history(self, instance: Instance) -> list[pb.HistoryEvent]:
        """The history that `find` left out; empty where the instance has its own."""

    def wait(self, seconds: float | None) -> bool:
        """Whether all that changed up to now was kept in time."""

    def close(self) -> None: ...


class EngineState:
    """`resident` are the instances in memory: all that run, and what has ended until the persistence has it."""

    def __init__(self, clock: Clock, timers: Timers, persistence: Persistence, faults: Faults) -> None:
        self.clock = clock
        self.timers = timers
        self.persistence = persistence
        self.faults = faults
        self.lock = ChangeLock(self._settle)
        self.waiters = Waiters()
        self.resident: dict[str, Instance] = {}
        self.on_work: Callable[[], None] = lambda: None
        self._next_token = 1
        self._queue: deque[str] = deque()
        self._queued: set[str] = set()
        self._in_turn: set[str] = set()
        self._activities: deque[ActivityWork] = deque()
        self._scheduled: list[ActivityWork] = []
        self._changed: set[str] = set()
        self._forgotten: set[str] = set()
        self._more_work = False

    # --- looking ---

    def find(self, instance_id: str) -> Instance | None:
        if (known := self.resident.get(instance_id)) is not None:
            return known
        if (kept := self.persistence.find(instance_id)) is not None:
            self.adopt(kept)
        return kept

    def instances(
        self, *, created_before: datetime | None = None, completed_before: datetime | None = None
    ) -> list[Instance]:
        """All instances, or at least those that were made, or had ended, before an instant."""
        for instance_id in self.persistence.ids(created_before=created_before, completed_before=completed_before):
            self.find(instance_id)
        return list(self.resident.values())

    def history(self, instance: Instance) -> list[pb.HistoryEvent]:
        return instance.history or self.persistence.history(instance)

    def is_busy(self, instance_id: str) -> bool:
        """Whether a turn of it is queued or under way."""
        return instance_id in self._queued or instance_id in self._in_turn

    # --- work ---

    def has_work(self) -> bool:
        return bool(self._activities or self._queue or self._in_turn or self.persistence.holds_work())

    def take_ready(self) -> Instance | None:
        """The next instance with something to do; its turn is under way until `end_turn`."""
        while self._queue:
            instance_id = self._queue.popleft()
            self._queued.discard(instance_id)
            instance = self.find(instance_id)
            if instance is not None and instance.pending and instance_id not in self._in_turn:
                self._in_turn.add(instance_id)
                return instance
        return None

    def end_turn(self, instance_id: str) -> Instance | None:
        """The instance whose turn ended, if it is still there; what came meanwhile is queued by `enqueue`."""
        self._in_turn.discard(instance_id)
        return self.find(instance_id)

    def take_activity(self) -> ActivityWork | None:
        return self._activities.popleft() if self._activities else None

    def schedule(self, work: ActivityWork) -> None:
        """Have an activity run once the change that is being made is kept."""
        self._scheduled.append(work)

    def release(self, works: Iterable[ActivityWork]) -> None:
        """Let activities start."""
        self._activities.extend(works)
        self._more_work = True

    # --- state changes ---

    def adopt(self, instance: Instance) -> None:
        """Take in an instance that is kept already: nothing changes by it."""
        self.resident[instance.instance_id] = instance
        self.renew_token(instance)

    def create(self, instance: Instance) -> None:
        """Add an instance, in place of one with its id, and queue its first turn or set the timer of its start."""
        self.adopt(instance)
        instance.pending = self.opening(instance)
        self._changed.add(instance.instance_id)
        if instance.starts_at is None:
            self.enqueue(instance)
        else:
            self.start_later(instance, instance.starts_at)

    def start_later(self, instance: Instance, at: datetime) -> None:
        start = partial(self._start_now, instance.instance_id, instance.execution)
        self.timers.at(at - self.faults.earliness(instance.instance_id, at), start)

    def _start_now(self, instance_id: str, execution: str) -> None:
        with self.lock:
            instance = self.find(instance_id)
            if instance is not None and instance.execution == execution:
                instance.starts_at = None
                self.enqueue(instance)

    def opening(self, instance: Instance) -> list[pb.HistoryEvent]:
        """The first two events of a run."""
        at = instance.starts_at or self.clock.now()
        return [history_events.orchestrator_started(at), history_events.execution_started(instance)]

    def deliver(self, instance_id: str, execution: str | None, event: pb.HistoryEvent) -> None:
        """Put an event into an instance's inbox; `execution` None means whichever run is the current one.

        What comes for an earlier run, after the end, or before an instance that starts later has started is dropped: the
        provider discards the last as meant for no instance.
        """
        with self.lock:
            instance = self.find(instance_id)
            if instance is None or instance.ended or (execution is None and instance.starts_at is not None):
                return
            if execution in {None, instance.execution}:
                instance.pending.append(event)
                self.enqueue(instance)

    def forget(self, instance_id: str) -> None:
        self.resident.pop(instance_id, None)
        self._forgotten.add(instance_id)

    def enqueue(self, instance: Instance) -> None:
        """Note that the instance changed, and queue a turn where it has something to do."""
        instance_id = instance.instance_id
        self._changed.add(instance_id)
        if self.is_busy(instance_id) or instance.ended or not instance.pending or instance.starts_at is not None:
            return  # the end of the turn, or the timer of the start, queues it
        if instance.suspended and not any(
            event.WhichOneof("eventType") in _WAKES_THE_SUSPENDED for event in instance.pending
        ):
            return
        self._queue.append(instance_id)
        self._queued.add(instance_id)
        self._more_work = True

    def renew_token(self, instance: Instance) -> None:
        """Make answers to turns that were given out before this harmless."""
        instance.token = self._next_token
        self._next_token += 1

    def _settle(self) -> None:
        if self._changed or self._forgotten:
            changed = [self.resident[each] for each in self._changed if each in self.resident]
            for instance in changed:
                instance.updated_at = self.clock.now()
            self.persistence.commit(changed, self._forgotten - {instance.instance_id for instance in changed})
            self._changed.clear()
            self._forgotten.clear()
        if self._scheduled:
            self.persistence.release(self._scheduled)
            self._scheduled = []
        # Only what is new: a host whose places are all taken looks again when one of them is free.
        if self._more_work:
            self._more_work = False
            self.on_work()


class NoPersistence:
    """Keeps nothing: the state ends with the process."""

    trouble = ""

    def attach(self, state: EngineState) -> list[Instance]:
        self._state = state
        return []

    def commit(self, changed: list[Instance], forgotten: set[str]) -> None:
        pass

    def release(self, works: list[ActivityWork]) -> None:
        self._state.release(works)

    def holds_work(self) -> bool:
        return False

    def find(self, instance_id: str) -> None:
        return None

    def ids(self, *, created_before: datetime | None = None, completed_before: datetime | None = None) -> list[str]:
        return []

    def history(self, instance: Instance) -> list[pb.HistoryEvent]:
        return []

    def wait(self, seconds: float | None) -> bool:
        return True

    def close(self) -> None:
        pass
