"""The durable engine that outlives its process: every unit of change goes to a file, and a start goes on from it.

What is promised, and how:
- a client is answered when everything that the engine knew by then is on disk;
- an activity starts when the turn that scheduled it is on disk, so whatever an activity does to the world, the engine
  still knows after a crash why. Turns themselves touch nothing and run ahead of the disk;
- a result that did not come to disk is lost with the process, and its activity runs again: at least once.

In memory is what runs. What has ended is in the file alone, and comes back for whoever asks for it until the next commit.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, override

import durabletask.internal.orchestrator_service_pb2 as pb
import grpc
from durabletask.internal import helpers

from localhost.clock import Clock
from localhost.durable.group_commit import CommitLog
from localhost.durable.grpc_backend import DurableBackend
from localhost.durable.instances import ActivityWork, Instance
from localhost.durable.sqlite_store import EngineFile, Row, Stored, Unit, row_of, updated_at
from localhost.durable.timers import Timers, wait_for

logger = logging.getLogger("localhost.engine")

# Longer than any commit on a disk that works, shorter than the patience of who waits for an HTTP answer.
_PATIENCE = 20.0
# The backstop for an app that never purges. This project's app does so every night, by `[retention] historyDays` of its
# policy, which is what rules: this is longer than the longest that the policy may say.
KEEP_ENDED = timedelta(days=3661)
_PURGE_EVERY = timedelta(hours=1)


@dataclass(slots=True)
class _Saved:
    """How much of an instance the file has, or will have when the log is written."""

    run: int
    execution: str
    history: list[pb.HistoryEvent]
    history_length: int
    inbox: list[pb.HistoryEvent]
    inbox_start: int
    row: Row


class _Instances(dict[str, Instance]):
    """Those in memory; one that is looked up by its id and is not there is asked of `fetch`."""

    def __init__(self, fetch: Callable[[str], Instance | None]) -> None:
        super().__init__()
        self._fetch = fetch

    @override
    def get(self, instance_id: str, default: Any = None) -> Any:
        return super().get(instance_id) or self._fetch(instance_id) or default

    def __missing__(self, instance_id: str) -> Instance:
        if (found := self._fetch(instance_id)) is None:
            raise KeyError(instance_id)
        return found

    @override
    def __contains__(self, instance_id: object) -> bool:
        return super().__contains__(instance_id) or self._fetch(str(instance_id)) is not None


class StoredBackend(DurableBackend):
    def __init__(self, clock: Clock, timers: Timers, file: EngineFile) -> None:
        super().__init__(clock, timers)
        self._file = file
        self._instances = _Instances(self._fetch)  # type: ignore[assignment]  # ours all are `Instance`
        # For each instance in memory, and those forgotten since the last commit.
        self._saved: dict[str, _Saved] = {}
        self._leaving: set[str] = set()  # forgotten in the commit that is being written: the file still has them
        self._ended: set[str] = set()  # in memory, to be let go when the file has all of them
        self._next_run = file.next_run()
        self._dirty: set[str] = set()
        self._held: deque[tuple[int, list[ActivityWork]]] = deque()
        self.on_broken: Callable[[Exception], None] = lambda _: None
        self._log = CommitLog(self._collect, file.write, self._note_kept, self._broke)
        self._log.start()
        self._restore()
        self._timers.at(clock.now() + _PURGE_EVERY, self._purge_by_age)

    @classmethod
    def open(cls, clock: Clock, timers: Timers, path: Path) -> "StoredBackend":
        """Raises DamagedStateError, NewerStateError, StateUnavailableError."""
        return cls(clock, timers, EngineFile.open(path))

    @property
    @override
    def trouble(self) -> str:
        """Why nothing can be kept at the moment; empty when all is well."""
        return self._log.trouble

    @override
    def stop(self, grace: float | None = None) -> None:
        super().stop(grace)
        if not self._log.close():
            logger.error("what the engine did last did not come to disk: %s", self.trouble)
        self._file.close()

    @override
    def _interceptors(self) -> list[grpc.ServerInterceptor]:
        return [_AnswersWhenKept(self._log)]

    @override
    def has_work(self) -> bool:
        return bool(self._held) or super().has_work()

    # --- to the file ---

    @override
    def _commit(self, changed: list[Instance], forgotten: set[str]) -> None:
        self._dirty |= {instance.instance_id for instance in changed} | forgotten
        self._log.note()

    @override
    def _hand_out(self, works: list[ActivityWork]) -> None:
        self._held.append((self._log.last, works))
        self._log.hurry()

    def _collect(self) -> tuple[int, Unit]:
        """In the writer's thread: all that changed since it was asked last, whole turns only."""
        unit = Unit()
        with self._lock:
            for instance_id in self._dirty:
                if (instance := self._find(instance_id)) is not None:
                    self._note(instance, unit)
                elif (saved := self._saved.pop(instance_id, None)) is not None:
                    unit.forgotten.append(instance_id)
                    unit.dropped_runs.append(saved.run)
            self._leaving.update(unit.forgotten)
            self._dirty.clear()
            return self._log.last, unit

    def _note(self, instance: Instance, unit: Unit) -> None:
        saved = self._saved.get(instance.instance_id)
        if saved is None or saved.execution != instance.execution or saved.history is not instance.history:
            if saved is not None:
                unit.dropped_runs.append(saved.run)
            saved = _Saved(self._next_run, instance.execution, instance.history, 0, [], 0, ())
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
            if self._is_terminal_status(instance.status):
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
        with self._lock:
            while self._held and self._held[0][0] <= number:
                self._activities.extend(self._held.popleft()[1])
            self._leaving.difference_update(unit.forgotten)
            self._ended = {instance_id for instance_id in self._ended if not self._let_go(instance_id)}

    def _broke(self, error: Exception) -> None:
        self.on_broken(error)

    def _let_go(self, instance_id: str) -> bool:
        """Leaves what has ended to the file, which has all of it; whether that is done with."""
        instance = dict.get(self._instances, instance_id)
        if instance is None or not self._is_terminal_status(instance.status):
            return True  # forgotten, or running again
        if any(
            instance_id in busy for busy in (self._dirty, self._orchestration_queue_set, self._orchestration_in_flight)
        ):
            return False
        del self._instances[instance_id], self._saved[instance_id]
        return True

    # --- from the file ---

    def _restore(self) -> None:
        with self._lock:
            for stored in self._file.running():
                self._take_back(stored)
            for instance in list(self._instances.values()):
                if not self._is_terminal_status(instance.status):
                    self._resume(self._found(instance.instance_id))
            self._changed.clear()

    def _fetch(self, instance_id: str) -> Instance | None:
        """One that has ended, back from the file; None where there is none, or none any more."""
        with self._lock:
            if instance_id in self._saved or instance_id in self._leaving:
                return None
            if (stored := self._file.find(instance_id)) is None:
                return None
            self._ended.add(instance_id)
            return self._take_back(stored)

    def _fetch_all(self, instance_ids: Iterable[str]) -> None:
        for instance_id in instance_ids:
            self._find(instance_id)

    def _take_back(self, stored: Stored) -> Instance:
        instance = stored.instance
        instance.completion_token = self._next_completion_token
        self._next_completion_token += 1
        self._instances[instance.instance_id] = instance
        self._saved[instance.instance_id] = _Saved(
            stored.run,
            instance.execution,
            instance.history,
            stored.history_length,
            list(instance.pending_events),
            stored.inbox_start,
            stored.row,
        )
        return instance

    def _resume(self, instance: Instance) -> None:
        """Queues what the last process left unfinished: activities, timers, turns, the start at a later time."""
        done = set(_answered([*instance.history, *instance.pending_events]))
        for event in instance.history:
            if event.HasField("orchestratorStarted"):
                instance.turn_time = event.timestamp.ToDatetime(tzinfo=UTC)
            if event.eventId in done:
                continue
            if event.HasField("taskScheduled"):
                task = event.taskScheduled
                data = task.input.value if task.HasField("input") else None
                work = ActivityWork(instance.instance_id, instance.execution, task.name, event.eventId, data)
                self._activities.append(work)
            elif event.HasField("timerCreated"):
                at = event.timerCreated.fireAt.ToDatetime(tzinfo=UTC)
                fired = helpers.new_timer_fired_event(event.eventId, at)
                wait = at - self._clock.now()
                if (meant := wait_for(at, instance.turn_time)) is not None:
                    wait = min(wait, meant)  # the clock may have been set back meanwhile
                self._timers.at(at, partial(self._deliver, instance.instance_id, instance.execution, fired), wait)
        if instance.starts_at is not None:
            self._timers.at(instance.starts_at, partial(self._start_now, instance.instance_id, instance.execution))
        elif instance.pending_events:
            self._enqueue_orchestration(instance.instance_id)

    # --- what has ended ---

    @override
    def history(self, instance_id: str) -> list[pb.HistoryEvent]:
        return self._file_history(instance_id) or super().history(instance_id)

    @override
    def StreamInstanceHistory(
        self, request: pb.StreamInstanceHistoryRequest, context: Any
    ) -> Iterator[pb.HistoryChunk]:
        if events := self._file_history(request.instanceId):
            return iter([pb.HistoryChunk(events=events)])
        return super().StreamInstanceHistory(request, context)

    @override
    def RewindInstance(self, request: pb.RewindInstanceRequest, context: Any) -> pb.RewindInstanceResponse:
        with self._lock:
            if events := self._file_history(request.instanceId):
                self._found(request.instanceId).history = self._saved[request.instanceId].history = events
            return super().RewindInstance(request, context)

    def _file_history(self, instance_id: str) -> list[pb.HistoryEvent]:
        """Empty unless the history is in the file alone."""
        with self._lock:
            instance, saved = self._find(instance_id), self._saved.get(instance_id)
            if instance is None or saved is None or saved.execution != instance.execution:
                return []  # a new run has no history yet
            if instance.history or not saved.history_length:
                return []
            return self._file.history(saved.run)

    @override
    def instance_ids(self) -> list[str]:
        with self._lock:
            self._fetch_all(self._file.ids())
            return super().instance_ids()

    @override
    def QueryInstances(self, request: pb.QueryInstancesRequest, context: Any) -> pb.QueryInstancesResponse:
        with self._lock:
            self._fetch_all(self._file.ids())
            return super().QueryInstances(request, context)

    @override
    def ListInstanceIds(self, request: pb.ListInstanceIdsRequest, context: Any) -> pb.ListInstanceIdsResponse:
        with self._lock:
            self._fetch_all(self._file.ids())
            return super().ListInstanceIds(request, context)

    @override
    def PurgeInstances(self, request: pb.PurgeInstancesRequest, context: Any) -> pb.PurgeInstancesResponse:
        with self._lock:
            if request.HasField("purgeInstanceFilter"):
                wanted = request.purgeInstanceFilter
                before = wanted.createdTimeTo.ToDatetime(UTC) if wanted.HasField("createdTimeTo") else None
                self._fetch_all(self._file.ids(created_before=before))
            return super().PurgeInstances(request, context)

    @override
    def _descendants(self, instance_id: str) -> Iterator[str]:
        self._fetch_all(self._file.children(instance_id))
        return super()._descendants(instance_id)

    def _purge_by_age(self) -> None:
        self.purge_ended(self._clock.now() - KEEP_ENDED)
        self._timers.at(self._clock.now() + _PURGE_EVERY, self._purge_by_age)

    def purge_ended(self, before: datetime) -> int:
        """Forgets what ended before this instant, sub-orchestrations with the one that started them; how many."""
        with self._lock:
            self._fetch_all(self._file.ids(completed_before=before))
            old = [i for i in map(self._found, self._instances) if i.completed_at and i.completed_at < before]
            gone = [i.instance_id for i in old if i.parent is None or not self._is_running(i.parent.instance_id)]
            for instance_id in gone:
                self._forget(instance_id)
            return len(gone)

    def _is_running(self, instance_id: str) -> bool:
        instance = self._find(instance_id)
        return instance is not None and not self._is_terminal_status(instance.status)

    def _found(self, instance_id: str) -> Instance:
        instance = self._find(instance_id)
        if instance is None:
            raise LookupError(instance_id)
        return instance


def _prefix_gone(before: list[pb.HistoryEvent], now: list[pb.HistoryEvent]) -> int:
    """How many events left the inbox: they leave at the front, and new ones come in at the end."""
    if not now:
        return len(before)
    return next((n for n, event in enumerate(before) if event is now[0]), len(before))


def _answered(events: Sequence[pb.HistoryEvent]) -> Iterator[int]:
    """The ids of the tasks and timers that have their answer."""
    for event in events:
        match event.WhichOneof("eventType"):
            case "taskCompleted":
                yield event.taskCompleted.taskScheduledId
            case "taskFailed":
                yield event.taskFailed.taskScheduledId
            case "timerFired":
                yield event.timerFired.timerId


class _AnswersWhenKept(grpc.ServerInterceptor):
    def __init__(self, log: CommitLog) -> None:
        self._log = log

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        handler = continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler

        def answer(request: Any, context: Any) -> Any:
            try:
                return handler.unary_unary(request, context)
            finally:  # also where it refuses: what it refused for must be true tomorrow
                left = context.time_remaining()
                if not self._log.wait(self._log.last, _PATIENCE if left is None else min(left, _PATIENCE)):
                    context.abort(grpc.StatusCode.UNAVAILABLE, self._log.trouble or "the engine's file is slow")

        return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)
