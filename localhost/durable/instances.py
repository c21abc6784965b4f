"""What the durable backend remembers of one orchestration, and the work it hands out."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType

import durabletask.internal.orchestrator_service_pb2 as pb
from durabletask.testing.in_memory_backend import OrchestrationInstance


@dataclass(frozen=True, slots=True)
class Parent:
    """Who waits for a sub-orchestration: which run of which instance, and under which task id."""

    instance_id: str
    execution: str
    name: str
    task_id: int


def new_execution() -> str:
    return uuid.uuid4().hex


@dataclass
class Instance(OrchestrationInstance):
    """`execution` names one run. An instance that continues as new keeps its id and gets a new execution, so
    that what the old run had started (timers, activities, sub-orchestrations) cannot answer to the new one."""

    execution: str = field(default_factory=new_execution)
    parent: Parent | None = None
    told_parent: bool = False
    starts_at: datetime | None = None
    opened: pb.HistoryEvent | None = None  # the event that opens the turn under way, made anew for every turn
    turn_time: datetime | None = None  # the time of the latest turn, as the orchestrator knows it

    def inbox(self) -> list[pb.HistoryEvent]:
        """What waits for a turn, and what is in one that has not ended."""
        return [*(event for event in self.dispatched_events if event is not self.opened), *self.pending_events]


@dataclass(frozen=True, slots=True)
class OrchestrationWork:
    """One turn of an orchestration; `token` makes a late second answer to the same turn harmless."""

    name: str
    token: str
    request: pb.OrchestratorRequest


@dataclass(frozen=True, slots=True)
class ActivityWork:
    """One activity to run. `input` is JSON."""

    instance_id: str
    execution: str
    name: str
    task_id: int
    input: str | None


class ChangeLock:
    """A reentrant lock whose outermost holder, when letting go, settles all that changed under it as one unit.

    The backend's base class takes its lock in every method that changes something, so this is the one place
    through which every change passes.
    """

    def __init__(self, settle: Callable[[], None]) -> None:
        self._settle = settle
        self._lock = threading.RLock()
        self._depth = 0

    def __enter__(self) -> bool:
        self._lock.acquire()
        self._depth += 1
        return True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if self._depth == 1:
                self._settle()
        finally:
            self._depth -= 1
            self._lock.release()
