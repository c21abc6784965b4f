"""The durable engine's state on disk: every unit of change goes to a file, and a start goes on from it.

What is promised, and how:
- a client is answered when everything that the engine knew by then is on disk;
- an activity starts when the turn that scheduled it is on disk, so whatever an activity does to the world, the engine
  still knows after a crash why. Turns themselves touch nothing and run ahead of the disk;
- a result that did not come to disk is lost with the process, and its activity runs again: at least once.

In memory is what runs. What has ended is in the file alone; what is looked up comes back until the next commit.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from localhost.durable.engine_state import EngineState
from localhost.durable.group_commit import GroupCommit
from localhost.durable.instances import ActivityWork, Instance
from localhost.durable.sqlite_store import EngineStore, Row, Stored, Unit, row_of, updated_at
from localhost.durable.vendor_adapter import pb

logger = logging.getLogger("localhost.engine")

# The backstop for an app that never purges. This project's app does so every night, by `[retention] historyDays` of its
# policy, which is what rules: this is longer than the longest that the policy may say.
KEEP_ENDED = timedelta(days=3661)
_PURGE_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class _Saved:
    """How much of an instance the file has, or will have when the next commit is done."""

    run: int
    execution: str
    history_length: int
    inbox: list[pb.HistoryEvent]
    inbox_start: int
    row: Row


class SqlitePersistence:
    """Keeps one engine's state in one file. `on_broken` is called, in another thread, when the file breaks under way."""

    def __init__(self, store: EngineStore, on_broken: Callable[[Exception], None] = lambda _: None) -> None:
        self._store = store
        # For each instance in memory, and those forgotten since the last commit.
        self._saved: dict[str, _Saved] = {}
        self._leaving: set[str] = set()  # forgotten in the commit that is being written: the file still has them
        self._ended: set[str] = set()  # in memory, to be let go when the file has all of them
        self._next_run = store.next_run()
        self._dirty: set[str] = set()
        self._held: deque[tuple[int, list[ActivityWork]]] = deque()
        self._commits = GroupCommit(self._collect, store.write, self._note_kept, on_broken)

    @classmethod
    def open(cls, path: Path, on_broken: Callable[[Exception], None] = lambda _: None) -> "SqlitePersistence":
        """Raises: DamagedStateError, NewerStateError, StateUnavailableError."""
        return cls(EngineStore.open(path), on_broken)

    @property
    def trouble(self) -> str:
        return self._commits.trouble

    def attach(self, state: EngineState) -> list[Instance]:
        self._state = state
        self._commits.start()
        state.timers.at(state.clock.now() + _PURGE_EVERY, self._purge_by_age)
        return [self._take_back(stored) for stored in self._store.running()]

    def wait(self, seconds: float | None) -> bool:
        return self._commits.wait(self._commits.last, seconds)

    def close(self) -> None:
        if not self._commits.close():
            logger.error("what the engine did last did not come to disk: %s", self.trouble)
        self._store.close()

    # --- to the file ---

    def commit(self, changed: list[Instance], forgotten: set[str]) -> None:
        self._dirty |= {instance.instance_id for instance in changed} | forgotten
        self._commits.note()

    def release(self, works: list[ActivityWork]) -> None:
        self._held.append((self._commits.last, works))
        self._commits.hurry()

    def holds_work(self) -> bool:
        return bool(self._held)

    def _collect(self) -> tuple[int, Unit]:
        """In the writer's thread: all that changed since the last call, whole turns only."""
        unit = Unit()
        with self._state.lock:
            for instance_id in self._dirty:
                if (instance := self._state.resident.get(instance_id)) is not None:
                    self._note(instance, unit)
                elif (saved := self._saved.pop(instance_id, None)) is not None:
                    unit.forgotten.append(instance_id)
                    unit.dropped_runs.append(saved.run)
            self._leaving.update(unit.forgotten)
            self._dirty.clear()
            return self._commits.last, unit

    def _note(self, instance: Instance, unit: Unit) -> None:
        saved = self._saved.get(instance.instance_id)
        if saved is None or saved.execution != instance.execution:
            if saved is not None:
                unit.dropped_runs.append(saved.run)
            saved = _Saved(self._next_run, instance.execution, 0, [], 0, ())
            self._next_run += 1
            self._saved[instance.instance_id] = saved
        if happened := instance.history[saved.history_length :]:
            unit.happened.append((saved.run, saved.history_length, happened))
            saved.history_length += len(happened)
        self._note_inbox(saved, instance.inbox(), unit)
        row = row_of(instance, saved.run, saved.history_length, saved.inbox_start)
        if row != saved.row:
            saved.row = row
            unit.rows.append((*row, updated_at(instance)))
            if instance.ended:
                self._ended.add(instance.instance_id)

    def _note_inbox(self, saved: _Saved, inbox: list[pb.HistoryEvent], unit: Unit) -> None:
        gone = _prefix_gone(saved.inbox, inbox)
        end = saved.inbox_start + len(saved.inbox)
        if gone:
            saved.inbox_start += gone
            unit.consumed.append((saved.run, saved.inbox_start))
        if arrived := inbox[len(saved.inbox) - gone :]:
            unit.arrived.append((saved.run, end, arrived))
        saved.inbox = inbox

    def _note_kept(self, number: int, unit: Unit) -> None:
        """In the writer's thread: what waited for these changes may go on."""
        with self._state.lock:
            while self._held and self._held[0][0] <= number:
                self._state.release(self._held.popleft()[1])
            self._leaving.difference_update(unit.forgotten)
            self._ended = {instance_id for instance_id in self._ended if not self._let_go(instance_id)}

    def _let_go(self, instance_id: str) -> bool:
        """Leave what has ended to the file, which has all of it; whether that is done with."""
        instance = self._state.resident.get(instance_id)
        if instance is None or not instance.ended:
            return True  # forgotten, or running again
        if instance_id in self._dirty or self._state.is_busy(instance_id):
            return False
        del self._state.resident[instance_id], self._saved[instance_id]
        return True

    # --- from the file ---

    def find(self, instance_id: str) -> Instance | None:
        if instance_id in self._saved or instance_id in self._leaving:
            return None
        if (stored := self._store.find(instance_id)) is None:
            return None
        self._ended.add(instance_id)
        return self._take_back(stored)

    def ids(self, *, created_before: datetime | None = None, completed_before: datetime | None = None) -> list[str]:
        return self._store.ids(created_before=created_before, completed_before=completed_before)

    def history(self, instance: Instance) -> list[pb.HistoryEvent]:
        saved = self._saved.get(instance.instance_id)
        if instance.history or saved is None or saved.execution != instance.execution:
            return []  # a new run has no history yet
        return self._store.history(saved.run) if saved.history_length else []

    def _take_back(self, stored: Stored) -> Instance:
        instance = stored.instance
        self._saved[instance.instance_id] = _Saved(
            stored.run,
            instance.execution,
            stored.history_length,
            list(instance.pending),
            stored.inbox_start,
            stored.row,
        )
        return instance

    # --- what ended long ago ---

    def _purge_by_age(self) -> None:
        now = self._state.clock.now()
        self.purge_ended(now - KEEP_ENDED)
        self._state.timers.at(now + _PURGE_EVERY, self._purge_by_age)

    def purge_ended(self, before: datetime) -> int:
        """Forget what ended before this instant, sub-orchestrations with the one that started them; how many."""
        with self._state.lock:
            found = self._state.instances(completed_before=before)
            old = [each for each in found if each.completed_at and each.completed_at < before]
            gone = [each.instance_id for each in old if each.parent is None or not self._runs(each.parent.instance_id)]
            for instance_id in gone:
                self._state.forget(instance_id)
            return len(gone)

    def _runs(self, instance_id: str) -> bool:
        instance = self._state.find(instance_id)
        return instance is not None and not instance.ended


def _prefix_gone(before: list[pb.HistoryEvent], now: list[pb.HistoryEvent]) -> int:
    """How many events left the inbox: they leave at the front, and new ones come in at the end."""
    if not now:
        return len(before)
    return next((n for n, event in enumerate(before) if event is now[0]), len(before))
