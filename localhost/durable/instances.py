"""What the engine knows of one orchestration instance, and the work that it gives out."""

import threading
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType

from localhost.durable.vendor_adapter import pb

ENDED = frozenset(
    {pb.ORCHESTRATION_STATUS_COMPLETED, pb.ORCHESTRATION_STATUS_FAILED, pb.ORCHESTRATION_STATUS_TERMINATED}
)


# Measured at the Azure Storage provider, whose ids are keys of a table.
_MOST_ID_CHARACTERS = 100
_NOT_IN_IDS = frozenset("/\\#?")


def new_execution() -> str:
    return uuid.uuid4().hex


def is_instance_id(text: str) -> bool:
    """Whether the Azure Storage provider takes an instance with this id."""
    characters_fit = not any(each in _NOT_IN_IDS or unicodedata.category(each) == "Cc" for each in text)
    return 0 < len(text) <= _MOST_ID_CHARACTERS and not text.startswith("@") and characters_fit


@dataclass(frozen=True, slots=True)
class Parent:
    """The run and task that a sub-orchestration answers to."""

    instance_id: str
    execution: str
    name: str
    task_id: int


@dataclass(eq=False, slots=True)
class Instance:
    """One orchestration instance. Instants are aware UTC datetimes; `input`, `output` and `custom_status` are JSON.

    `execution` names one run. An instance that continues as new keeps its id and gets a new execution, so
    that what the old run had started (timers, activities, sub-orchestrations) cannot answer to the new one.
    """

    instance_id: str
    name: str
    status: pb.OrchestrationStatus
    created_at: datetime
    updated_at: datetime
    version: str | None = None
    input: str | None = None
    output: str | None = None
    custom_status: str | None = None
    failure: pb.TaskFailureDetails | None = None
    tags: dict[str, str] | None = None
    completed_at: datetime | None = None
    starts_at: datetime | None = None
    execution: str = field(default_factory=new_execution)
    parent: Parent | None = None
    history: list[pb.HistoryEvent] = field(default_factory=list)
    pending: list[pb.HistoryEvent] = field(default_factory=list)  # wait for a turn
    in_turn: list[pb.HistoryEvent] = field(default_factory=list)  # are in the turn under way
    request: pb.OrchestratorRequest | None = None  # of the latest turn of this run; the next one adds to it
    opened: pb.HistoryEvent | None = None  # the event that opens the turn under way, made anew for every turn
    turn_time: datetime | None = None  # the time of the latest turn, as the orchestrator knows it
    token: int = 0  # of the next turn; a second answer to the same turn carries an old one

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def suspended(self) -> bool:
        return self.status == pb.ORCHESTRATION_STATUS_SUSPENDED

    def inbox(self) -> list[pb.HistoryEvent]:
        """What waits for a turn, and what is in one that has not ended."""
        return [*(event for event in self.in_turn if event is not self.opened), *self.pending]


@dataclass(frozen=True, slots=True)
class OrchestrationWork:
    """One turn of an orchestration; `token` makes a late second answer to the same turn harmless."""

    name: str
    token: int
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
    """A reentrant lock whose outermost holder, when letting go, settles all that changed under it as one unit."""

    def __init__(self, settle: Callable[[], None]) -> None:
        self._settle = settle
        self._lock = threading.RLock()
        self._depth = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if self._depth == 1:
                self._settle()
        finally:
            self._depth -= 1
            self._lock.release()
