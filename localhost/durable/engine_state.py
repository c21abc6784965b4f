"""What the durable engine knows, and the few ways in which that changes.

State changes go through `_create`, `_deliver`, `_forget` and the end of a turn, and every one of them under the
lock: `_commit` gets them as one unit when the lock is let go. A subclass that keeps state on disk overrides it.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import durabletask.internal.orchestrator_service_pb2 as pb
from durabletask.internal import helpers
from durabletask.testing.in_memory_backend import InMemoryOrchestrationBackend

from localhost.clock import Clock
from localhost.durable.instances import ActivityWork, ChangeLock, Instance
from localhost.durable.timers import Timers

_WAKES_THE_SUSPENDED = {"executionResumed", "executionTerminated"}


class EngineState(InMemoryOrchestrationBackend):
    def __init__(self, clock: Clock, timers: Timers) -> None:
        super().__init__(max_history_size=sys.maxsize, port=0)
        self._clock = clock
        self._timers = timers
        self._activities: deque[ActivityWork] = deque()
        self._scheduled: list[ActivityWork] = []
        self._changed: set[str] = set()
        self._forgotten: set[str] = set()
        self._lock = cast("Any", ChangeLock(self._settle))
        self.on_work: Callable[[], None] = lambda: None

    def instance_ids(self) -> list[str]:
        with self._lock:
            return list(self._instances)

    def history(self, instance_id: str) -> list[pb.HistoryEvent]:
        """All events of the instance's current run, also those not yet processed; empty if there is none."""
        with self._lock:
            instance = self._find(instance_id)
            if instance is None:
                return []
            events = [*instance.history, *instance.dispatched_events, *instance.pending_events]
            return [self._clone_history_event(event) for event in events]

    def _find(self, instance_id: str) -> Instance | None:
        return cast("Instance | None", self._instances.get(instance_id))

    # --- state changes ---

    def _commit(self, changed: list[Instance], forgotten: set[str]) -> None:
        """One unit of change, still under the lock. In memory there is nothing left to do."""

    def _hand_out(self, works: list[ActivityWork]) -> None:
        """Activities that the unit just committed has scheduled. In memory they may start at once."""
        self._activities.extend(works)

    def _settle(self) -> None:
        if self._changed or self._forgotten:
            changed = [found for found in map(self._find, self._changed) if found is not None]
            for instance in changed:
                instance.last_updated_at = self._clock.now()
            self._commit(changed, self._forgotten - {instance.instance_id for instance in changed})
            self._changed.clear()
            self._forgotten.clear()
        if self._scheduled:
            self._hand_out(self._scheduled)
            self._scheduled = []
        if self._activities or self._orchestration_queue:
            self.on_work()

    def _create(self, instance: Instance) -> None:
        instance.completion_token = self._next_completion_token
        self._next_completion_token += 1
        instance.pending_events = self._opening(instance)
        self._instances[instance.instance_id] = instance
        self._changed.add(instance.instance_id)
        if instance.starts_at is None:
            self._enqueue_orchestration(instance.instance_id)
        else:
            self._timers.at(instance.starts_at, partial(self._start_now, instance.instance_id, instance.execution))

    def _start_now(self, instance_id: str, execution: str) -> None:
        with self._lock:
            instance = self._find(instance_id)
            if instance is not None and instance.execution == execution:
                instance.starts_at = None
                self._enqueue_orchestration(instance_id)

    def _opening(self, instance: Instance) -> list[pb.HistoryEvent]:
        started = helpers.new_execution_started_event(
            instance.name, instance.instance_id, instance.input, instance.tags, version=instance.version
        )
        started.executionStarted.orchestrationInstance.executionId.value = instance.execution
        if (parent := instance.parent) is not None:
            info = started.executionStarted.parentInstance
            info.taskScheduledId = parent.task_id
            info.name.value = parent.name
            info.orchestrationInstance.instanceId = parent.instance_id
            info.orchestrationInstance.executionId.value = parent.execution
        return [helpers.new_orchestrator_started_event(instance.starts_at or self._clock.now()), started]

    def _deliver(self, instance_id: str, execution: str | None, event: pb.HistoryEvent) -> None:
        """Puts an event into an instance's inbox; `execution` None means whichever run is the current one."""
        with self._lock:
            instance = self._find(instance_id)
            if instance is None or self._is_terminal_status(instance.status):
                return
            if execution is None or execution == instance.execution:
                instance.pending_events.append(event)
                self._enqueue_orchestration(instance_id)

    def _forget(self, instance_id: str) -> None:
        self._instances.pop(instance_id, None)
        self._state_waiters.pop(instance_id, None)
        self._forgotten.add(instance_id)

    def _enqueue_orchestration(self, instance_id: str) -> None:
        self._changed.add(instance_id)
        instance = self._find(instance_id)
        if instance is None or instance_id in self._orchestration_queue_set:
            return
        if instance_id in self._orchestration_in_flight or instance.starts_at is not None:
            return  # the end of the turn, or the timer of the start, queues it
        if instance.status == pb.ORCHESTRATION_STATUS_SUSPENDED and not any(
            event.WhichOneof("eventType") in _WAKES_THE_SUSPENDED for event in instance.pending_events
        ):
            return
        self._orchestration_queue.append(instance_id)
        self._orchestration_queue_set.add(instance_id)

    def _descendants(self, instance_id: str) -> Iterator[str]:
        for other in cast("list[Instance]", list(self._instances.values())):
            if other.parent is not None and other.parent.instance_id == instance_id:
                yield other.instance_id
                yield from self._descendants(other.instance_id)
