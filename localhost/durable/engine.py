"""The durable engine on one machine: durabletask's in-memory backend, made fit to run more than a unit test.

What differs from the base (read in durabletask 1.12, testing/in_memory_backend.py):
- work is taken in process (`take_*`, `complete_*`), not streamed over gRPC to a worker;
- time comes from a clock and one heap of timers, not from a sleeping thread per timer;
- a sub-orchestration reports to its parent when it ends, however long it took (base: one thread each, 30 s);
- results that belong to an earlier run of the same instance, or come after its end, are dropped;
- a busy instance is queued again when its turn ends (base: put back and polled).
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any, NoReturn, cast, override

import durabletask.internal.orchestrator_service_pb2 as pb
from durabletask.internal import helpers
from durabletask.testing.in_memory_backend import OrchestrationInstance

from localhost.durable.engine_state import EngineState
from localhost.durable.instances import ActivityWork, Instance, OrchestrationWork, Parent, new_execution
from localhost.durable.timers import wait_for

# What outside hands put into an instance's inbox belongs to the instance; the rest belongs to one run of it.
_OUTLIVES_A_RUN = {"eventRaised", "executionSuspended", "executionResumed", "executionTerminated"}


class Engine(EngineState):
    # --- work, taken by the functions host ---

    def has_work(self) -> bool:
        with self._lock:
            return bool(self._activities or self._orchestration_queue or self._orchestration_in_flight)

    def take_orchestration(self) -> OrchestrationWork | None:
        with self._lock:
            while self._orchestration_queue:
                instance_id = self._orchestration_queue.popleft()
                self._orchestration_queue_set.discard(instance_id)
                instance = self._find(instance_id)
                if instance is None or not instance.pending_events or instance_id in self._orchestration_in_flight:
                    continue
                return self._begin_turn(instance)
        return None

    def take_activity(self) -> ActivityWork | None:
        with self._lock:
            return self._activities.popleft() if self._activities else None

    def complete_orchestration(self, work: OrchestrationWork, response: pb.OrchestratorResponse) -> None:
        response.instanceId = work.request.instanceId
        response.completionToken = work.token
        self.CompleteOrchestratorTask(response, None)

    def complete_activity(self, work: ActivityWork, result: str | None) -> None:
        self._deliver(work.instance_id, work.execution, helpers.new_task_completed_event(work.task_id, result))

    def fail_activity(self, work: ActivityWork, failure: pb.TaskFailureDetails) -> None:
        failed = pb.TaskFailedEvent(taskScheduledId=work.task_id, failureDetails=failure)
        event = pb.HistoryEvent(eventId=-1, taskFailed=failed)
        self._deliver(work.instance_id, work.execution, event)

    def _begin_turn(self, instance: Instance) -> OrchestrationWork:
        instance.dispatched_events = list(instance.pending_events)
        instance.pending_events.clear()
        if instance.history and not instance.dispatched_events[0].HasField("orchestratorStarted"):
            # The orchestrator's own time moves by these events.
            instance.turn_time = self._turn_time(instance)
            started = helpers.new_orchestrator_started_event(instance.turn_time)
            instance.dispatched_events.insert(0, started)
            instance.opened = started
        self._orchestration_in_flight.add(instance.instance_id)
        request = pb.OrchestratorRequest(
            instanceId=instance.instance_id,
            pastEvents=instance.history,
            newEvents=instance.dispatched_events,
        )
        return OrchestrationWork(instance.name, str(instance.completion_token), request)

    def _turn_time(self, instance: Instance) -> datetime:
        """Now, but never before the last turn or a timer that has fired: for an orchestrator no clock goes back."""
        fired = [event.timerFired.fireAt for event in instance.dispatched_events if event.HasField("timerFired")]
        known = [instance.turn_time] if instance.turn_time is not None else []
        return max([self._clock.now(), *known, *(at.ToDatetime(tzinfo=UTC) for at in fired)])

    # --- the end of a turn ---

    @override
    def CompleteOrchestratorTask(self, request: pb.OrchestratorResponse, context: Any) -> pb.CompleteTaskResponse:
        with self._lock:
            self._changed.add(request.instanceId)
            reply = super().CompleteOrchestratorTask(request, context)
            instance = self._find(request.instanceId)
            if instance is not None and self._is_terminal_status(instance.status):
                self._report_to_parent(instance)
        return reply

    def _process_complete_orchestration_action(
        self, instance: OrchestrationInstance, complete_action: pb.CompleteOrchestrationAction
    ) -> None:
        current = cast("Instance", instance)
        again = complete_action.orchestrationStatus == pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW
        if again:
            current.execution = new_execution()
            current.pending_events = [
                event for event in current.pending_events if event.WhichOneof("eventType") in _OUTLIVES_A_RUN
            ]
        super()._process_complete_orchestration_action(current, complete_action)
        if again:
            current.pending_events[:2] = self._opening(current)  # the base's own carry the machine's time
        else:
            current.completed_at = self._clock.now()

    def _report_to_parent(self, instance: Instance) -> None:
        if (parent := instance.parent) is None or instance.told_parent:
            return
        instance.told_parent = True
        if instance.status == pb.ORCHESTRATION_STATUS_COMPLETED:
            event = helpers.new_sub_orchestration_completed_event(parent.task_id, instance.output)
        else:
            failure = instance.failure_details or pb.TaskFailureDetails(
                errorType="SubOrchestrationTerminated", errorMessage="The sub-orchestration was terminated"
            )
            failed = pb.SubOrchestrationInstanceFailedEvent(taskScheduledId=parent.task_id, failureDetails=failure)
            event = pb.HistoryEvent(eventId=-1, subOrchestrationInstanceFailed=failed)
        self._deliver(parent.instance_id, parent.execution, event)

    def _process_schedule_task_action(self, instance: OrchestrationInstance, action: pb.OrchestratorAction) -> None:
        current, task = cast("Instance", instance), action.scheduleTask
        data = task.input.value if task.HasField("input") else None
        current.history.append(helpers.new_task_scheduled_event(action.id, task.name, data))
        self._scheduled.append(ActivityWork(current.instance_id, current.execution, task.name, action.id, data))

    def _process_create_timer_action(self, instance: OrchestrationInstance, action: pb.OrchestratorAction) -> None:
        current = cast("Instance", instance)
        fire_at = action.createTimer.fireAt.ToDatetime(tzinfo=UTC)
        current.history.append(helpers.new_timer_created_event(action.id, fire_at))
        fired = helpers.new_timer_fired_event(action.id, fire_at)
        fire = partial(self._deliver, current.instance_id, current.execution, fired)
        self._timers.at(fire_at, fire, wait_for(fire_at, current.turn_time))

    def _process_create_sub_orchestration_action(
        self, instance: OrchestrationInstance, action: pb.OrchestratorAction
    ) -> None:
        current, wanted = cast("Instance", instance), action.createSubOrchestration
        data = wanted.input.value if wanted.HasField("input") else None
        version = wanted.version.value if wanted.HasField("version") else None
        created = helpers.new_sub_orchestration_created_event(
            action.id, wanted.name, wanted.instanceId, data, version=version
        )
        current.history.append(created)
        existing = self._find(wanted.instanceId)
        if existing is not None and not self._is_terminal_status(existing.status):
            error = ValueError(f"Instance '{wanted.instanceId}' already exists")
            failed = helpers.new_sub_orchestration_failed_event(action.id, error)
            self._deliver(current.instance_id, current.execution, failed)
            return
        self._create(
            Instance(
                wanted.instanceId,
                wanted.name,
                pb.ORCHESTRATION_STATUS_PENDING,
                version=version,
                input=data,
                created_at=self._clock.now(),
                parent=Parent(current.instance_id, current.execution, current.name, action.id),
            )
        )

    # --- the base's inner ways to the same changes (restart, rewind, terminate) ---

    def _create_instance_internal(
        self, instance_id: str, name: str, encoded_input: str | None = None, version: str | None = None
    ) -> None:
        existing = self._find(instance_id)
        if existing is not None and not self._is_terminal_status(existing.status):
            raise ValueError(f"Instance '{instance_id}' already exists")
        status, now = pb.ORCHESTRATION_STATUS_PENDING, self._clock.now()
        self._create(Instance(instance_id, name, status, version=version, input=encoded_input, created_at=now))

    def _watch_sub_orchestration(self, parent_instance_id: str, sub_instance_id: str, task_id: int) -> None:
        parent, child = self._find(parent_instance_id), self._find(sub_instance_id)
        if parent is not None and child is not None:
            child.parent = Parent(parent_instance_id, parent.execution, parent.name, task_id)
            child.told_parent = False
            if self._is_terminal_status(child.status):
                self._report_to_parent(child)

    def _process_send_entity_message_action(
        self, instance: OrchestrationInstance, action: pb.OrchestratorAction
    ) -> NoReturn:
        raise NotImplementedError("The local host has no entities")

    def _terminate_instance_internal(self, instance_id: str, output: str | None, recursive: bool = False) -> None:
        super()._terminate_instance_internal(instance_id, output)
        if recursive:
            for child in list(self._descendants(instance_id)):
                super()._terminate_instance_internal(child, output)
