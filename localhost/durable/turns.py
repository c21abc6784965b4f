"""One turn of an orchestrator: what it is given, and what its actions change."""

from datetime import datetime, timedelta
from functools import partial

from localhost.durable import history_events
from localhost.durable.engine_state import EngineState
from localhost.durable.history_events import instant
from localhost.durable.instances import (
    ActivityWork,
    Instance,
    OrchestrationWork,
    Parent,
    is_instance_id,
    new_execution,
)
from localhost.durable.timers import wait_for
from localhost.durable.vendor_adapter import pb
from localhost.errors import InstanceIdError

# What clients put into an instance's inbox belongs to the instance; the rest belongs to one run of it.
_OUTLIVES_A_RUN = {"eventRaised", "executionSuspended", "executionResumed", "executionTerminated"}


class Turns:
    """Every method is called under the state's lock."""

    def __init__(self, state: EngineState) -> None:
        self._state = state

    def begin(self, instance: Instance) -> OrchestrationWork:
        """Hand the instance's inbox to its orchestrator."""
        instance.in_turn, instance.pending = instance.pending, []
        if instance.history and not instance.in_turn[0].HasField("orchestratorStarted"):
            instance.turn_time = self._turn_time(instance)
            instance.opened = history_events.orchestrator_started(instance.turn_time)
            instance.in_turn.insert(0, instance.opened)
        request = instance.request = self._request(instance)
        return OrchestrationWork(instance.name, instance.token, request)

    def _request(self, instance: Instance) -> pb.OrchestratorRequest:
        """Return what the orchestrator is given. The history is copied once, not anew for every turn."""
        request = instance.request or pb.OrchestratorRequest(instanceId=instance.instance_id)
        given = len(request.pastEvents)
        request.pastEvents.extend(instance.history[given:])
        history_events.drop_inputs(request.pastEvents[given:])
        del request.newEvents[:]
        request.newEvents.extend(instance.in_turn)
        return request

    def _turn_time(self, instance: Instance) -> datetime:
        """Now, but never before the last turn or the earliest that a timer may have fired: no orchestrator's clock goes back."""
        early = self._state.faults.most_early
        fired = [instant(event.timerFired.fireAt) - early for event in instance.in_turn if event.HasField("timerFired")]
        known = [instance.turn_time] if instance.turn_time is not None else []
        return max([self._state.clock.now(), *known, *fired])

    # --- the end of a turn ---

    def end(self, work: OrchestrationWork, response: pb.OrchestratorResponse) -> None:
        """Apply the orchestrator's actions. An answer to a turn of an instance that was replaced meanwhile is dropped."""
        instance = self._state.end_turn(work.request.instanceId)
        if instance is None:
            return
        if instance.token == work.token:
            self._note_turn(instance, response)
            for action in response.actions:
                self._apply(instance, action)
            self._state.renew_token(instance)
            self._close(instance)
            self._state.waiters.notify(instance)
        self._state.enqueue(instance)

    def _note_turn(self, instance: Instance, response: pb.OrchestratorResponse) -> None:
        instance.history.extend(instance.in_turn)
        instance.custom_status = response.customStatus.value or None
        if instance.status == pb.ORCHESTRATION_STATUS_PENDING:
            instance.status = pb.ORCHESTRATION_STATUS_RUNNING
        for event in instance.in_turn:
            if event.HasField("executionSuspended"):
                instance.status = pb.ORCHESTRATION_STATUS_SUSPENDED
            elif event.HasField("executionResumed"):
                instance.status = pb.ORCHESTRATION_STATUS_RUNNING
        instance.in_turn = []

    def _close(self, instance: Instance) -> None:
        """Write the last events of a turn. A run that continued as new has no history yet."""
        if not instance.history:
            return
        instance.history.append(history_events.orchestrator_completed())
        if instance.ended:
            instance.history.append(history_events.execution_completed(instance))
            instance.pending = []
            self._inform_parent(instance)

    def _apply(self, instance: Instance, action: pb.OrchestratorAction) -> None:
        match action.WhichOneof("orchestratorActionType"):
            case "completeOrchestration":
                self._complete(instance, action.completeOrchestration)
            case "scheduleTask":
                self._schedule_task(instance, action.id, action.scheduleTask)
            case "createTimer":
                self._create_timer(instance, action.id, instant(action.createTimer.fireAt))
            case "createSubOrchestration":
                self._create_child(instance, action.id, action.createSubOrchestration)
            case "sendEvent":
                self._send_event(instance, action.id, action.sendEvent)
            case unknown:
                self._complete(instance, _failed("NotImplementedError", f"The local host has no action {unknown}"))

    # --- actions ---

    def _complete(self, instance: Instance, action: pb.CompleteOrchestrationAction) -> None:
        result = action.result.value if action.HasField("result") else None
        if action.orchestrationStatus == pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW:
            version = action.newVersion.value if action.HasField("newVersion") else instance.version
            self._continue_as_new(instance, result, version, list(action.carryoverEvents))
            return
        instance.status = action.orchestrationStatus
        instance.output = result
        instance.failure = action.failureDetails if action.HasField("failureDetails") else None
        instance.completed_at = self._state.clock.now()

    def _continue_as_new(
        self, instance: Instance, data: str | None, version: str | None, carried: list[pb.HistoryEvent]
    ) -> None:
        arrived = [event for event in instance.pending if event.WhichOneof("eventType") in _OUTLIVES_A_RUN]
        instance.execution = new_execution()
        instance.status = pb.ORCHESTRATION_STATUS_PENDING
        instance.input, instance.version = data, version
        instance.history, instance.request = [], None
        instance.pending = [*self._state.opening(instance), *carried, *arrived]

    def _schedule_task(self, instance: Instance, number: int, task: pb.ScheduleTaskAction) -> None:
        data = task.input.value if task.HasField("input") else None
        instance.history.append(history_events.task_scheduled(number, task.name, data))
        self._state.schedule(ActivityWork(instance.instance_id, instance.execution, task.name, number, data))

    def _create_timer(self, instance: Instance, number: int, fire_at: datetime) -> None:
        instance.history.append(history_events.timer_created(number, fire_at))
        self._set_timer(instance, number, fire_at, wait_for(fire_at, instance.turn_time))

    def _set_timer(self, instance: Instance, number: int, fire_at: datetime, wait: timedelta | None) -> None:
        fired = history_events.timer_fired(number, fire_at)
        fire = partial(self._state.deliver, instance.instance_id, instance.execution, fired)
        early = self._state.faults.earliness(instance.instance_id, fire_at)
        self._state.timers.at(fire_at - early, fire, None if wait is None else wait - early)

    def _create_child(self, instance: Instance, number: int, wanted: pb.CreateSubOrchestrationAction) -> None:
        """Start a sub-orchestration. One that runs under its id is replaced, as on Azure Storage, and its parent waits on."""
        instance.history.append(history_events.child_created(number, wanted))
        if not is_instance_id(wanted.instanceId):
            failure = pb.TaskFailureDetails(
                errorType="ArgumentException", errorMessage=str(InstanceIdError(wanted.instanceId))
            )
            self._state.deliver(instance.instance_id, instance.execution, history_events.child_failed(number, failure))
            return
        now = self._state.clock.now()
        self._state.create(
            Instance(
                wanted.instanceId,
                wanted.name,
                pb.ORCHESTRATION_STATUS_PENDING,
                created_at=now,
                updated_at=now,
                version=wanted.version.value if wanted.HasField("version") else None,
                input=wanted.input.value if wanted.HasField("input") else None,
                parent=Parent(instance.instance_id, instance.execution, instance.name, number),
            )
        )

    def _send_event(self, instance: Instance, number: int, action: pb.SendEventAction) -> None:
        instance.history.append(history_events.event_sent(number, action))
        data = action.data.value if action.HasField("data") else None
        self._state.deliver(action.instance.instanceId, None, history_events.event_raised(action.name, data))

    def _inform_parent(self, instance: Instance) -> None:
        if (parent := instance.parent) is None:
            return
        if instance.status == pb.ORCHESTRATION_STATUS_COMPLETED:
            event = history_events.child_completed(parent.task_id, instance.output)
        else:
            failure = instance.failure or pb.TaskFailureDetails(
                errorType="SubOrchestrationTerminated", errorMessage="The sub-orchestration was terminated"
            )
            event = history_events.child_failed(parent.task_id, failure)
        self._state.deliver(parent.instance_id, parent.execution, event)

    # --- after a restart of the process ---

    def resume(self, instance: Instance) -> None:
        """Queue what the last process left unfinished: activities, timers, turns, the start at a later time."""
        done = _answered([*instance.history, *instance.pending])
        for event in instance.history:
            if event.HasField("orchestratorStarted"):
                instance.turn_time = instant(event.timestamp)
            elif event.eventId in done:
                continue
            elif event.HasField("taskScheduled"):
                task = event.taskScheduled
                data = task.input.value if task.HasField("input") else None
                work = ActivityWork(instance.instance_id, instance.execution, task.name, event.eventId, data)
                self._state.release([work])
            elif event.HasField("timerCreated"):
                self._resume_timer(instance, event.eventId, instant(event.timerCreated.fireAt))
        if instance.starts_at is not None:
            self._state.start_later(instance, instance.starts_at)
        else:
            self._state.enqueue(instance)

    def _resume_timer(self, instance: Instance, number: int, fire_at: datetime) -> None:
        wait = fire_at - self._state.clock.now()
        if (meant := wait_for(fire_at, instance.turn_time)) is not None:
            wait = min(wait, meant)  # the clock may have been set back meanwhile
        self._set_timer(instance, number, fire_at, wait)


def _failed(kind: str, message: str) -> pb.CompleteOrchestrationAction:
    return pb.CompleteOrchestrationAction(
        orchestrationStatus=pb.ORCHESTRATION_STATUS_FAILED,
        failureDetails=pb.TaskFailureDetails(errorType=kind, errorMessage=message, isNonRetriable=True),
    )


def _answered(events: list[pb.HistoryEvent]) -> set[int]:
    """The numbers of the tasks and timers that have their answer."""
    done: set[int] = set()
    for event in events:
        match event.WhichOneof("eventType"):
            case "taskCompleted":
                done.add(event.taskCompleted.taskScheduledId)
            case "taskFailed":
                done.add(event.taskFailed.taskScheduledId)
            case "timerFired":
                done.add(event.timerFired.timerId)
    return done
