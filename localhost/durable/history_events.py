"""The history events that the engine itself writes, as messages of the durable task protocol."""

from collections.abc import Iterable
from datetime import UTC, datetime

from google.protobuf import timestamp_pb2, wrappers_pb2

from localhost.durable.instances import Instance
from localhost.durable.vendor_adapter import pb

# The number of events that are no answer to an action of the orchestrator.
_UNNUMBERED = -1


def timestamp(instant: datetime) -> timestamp_pb2.Timestamp:
    value = timestamp_pb2.Timestamp()
    value.FromDatetime(instant)
    return value


def text(value: str | None) -> wrappers_pb2.StringValue | None:
    return None if value is None else wrappers_pb2.StringValue(value=value)


def orchestrator_started(at: datetime) -> pb.HistoryEvent:
    """Open a turn; the orchestrator's own time is the time of this event."""
    started = pb.OrchestratorStartedEvent()
    return pb.HistoryEvent(eventId=_UNNUMBERED, timestamp=timestamp(at), orchestratorStarted=started)


def execution_started(instance: Instance) -> pb.HistoryEvent:
    started = pb.ExecutionStartedEvent(
        name=instance.name,
        version=text(instance.version),
        input=text(instance.input),
        orchestrationInstance=pb.OrchestrationInstance(
            instanceId=instance.instance_id, executionId=text(instance.execution)
        ),
        tags=instance.tags,
    )
    if (parent := instance.parent) is not None:
        started.parentInstance.taskScheduledId = parent.task_id
        started.parentInstance.name.value = parent.name
        started.parentInstance.orchestrationInstance.instanceId = parent.instance_id
        started.parentInstance.orchestrationInstance.executionId.value = parent.execution
    return pb.HistoryEvent(eventId=_UNNUMBERED, executionStarted=started)


def orchestrator_completed() -> pb.HistoryEvent:
    return pb.HistoryEvent(eventId=_UNNUMBERED, orchestratorCompleted=pb.OrchestratorCompletedEvent())


def execution_completed(instance: Instance) -> pb.HistoryEvent:
    completed = pb.ExecutionCompletedEvent(
        orchestrationStatus=instance.status, result=text(instance.output), failureDetails=instance.failure
    )
    return pb.HistoryEvent(eventId=_UNNUMBERED, executionCompleted=completed)


def task_scheduled(number: int, name: str, data: str | None) -> pb.HistoryEvent:
    return pb.HistoryEvent(eventId=number, taskScheduled=pb.TaskScheduledEvent(name=name, input=text(data)))


def task_completed(number: int, result: str | None) -> pb.HistoryEvent:
    completed = pb.TaskCompletedEvent(taskScheduledId=number, result=text(result))
    return pb.HistoryEvent(eventId=_UNNUMBERED, taskCompleted=completed)


def task_failed(number: int, failure: pb.TaskFailureDetails) -> pb.HistoryEvent:
    failed = pb.TaskFailedEvent(taskScheduledId=number, failureDetails=failure)
    return pb.HistoryEvent(eventId=_UNNUMBERED, taskFailed=failed)


def timer_created(number: int, fire_at: datetime) -> pb.HistoryEvent:
    return pb.HistoryEvent(eventId=number, timerCreated=pb.TimerCreatedEvent(fireAt=timestamp(fire_at)))


def timer_fired(number: int, fire_at: datetime) -> pb.HistoryEvent:
    fired = pb.TimerFiredEvent(fireAt=timestamp(fire_at), timerId=number)
    return pb.HistoryEvent(eventId=_UNNUMBERED, timerFired=fired)


def child_created(number: int, wanted: pb.CreateSubOrchestrationAction) -> pb.HistoryEvent:
    created = pb.SubOrchestrationInstanceCreatedEvent(name=wanted.name, instanceId=wanted.instanceId)
    if wanted.HasField("input"):
        created.input.CopyFrom(wanted.input)
    if wanted.HasField("version"):
        created.version.CopyFrom(wanted.version)
    return pb.HistoryEvent(eventId=number, subOrchestrationInstanceCreated=created)


def child_completed(number: int, result: str | None) -> pb.HistoryEvent:
    completed = pb.SubOrchestrationInstanceCompletedEvent(taskScheduledId=number, result=text(result))
    return pb.HistoryEvent(eventId=_UNNUMBERED, subOrchestrationInstanceCompleted=completed)


def child_failed(number: int, failure: pb.TaskFailureDetails) -> pb.HistoryEvent:
    failed = pb.SubOrchestrationInstanceFailedEvent(taskScheduledId=number, failureDetails=failure)
    return pb.HistoryEvent(eventId=_UNNUMBERED, subOrchestrationInstanceFailed=failed)


def event_raised(name: str, data: str | None) -> pb.HistoryEvent:
    return pb.HistoryEvent(eventId=_UNNUMBERED, eventRaised=pb.EventRaisedEvent(name=name, input=text(data)))


def event_sent(number: int, action: pb.SendEventAction) -> pb.HistoryEvent:
    sent = pb.EventSentEvent(name=action.name, instanceId=action.instance.instanceId)
    if action.HasField("data"):
        sent.input.CopyFrom(action.data)
    return pb.HistoryEvent(eventId=number, eventSent=sent)


def suspended(reason: str | None) -> pb.HistoryEvent:
    return pb.HistoryEvent(eventId=_UNNUMBERED, executionSuspended=pb.ExecutionSuspendedEvent(input=text(reason)))


def resumed(reason: str | None) -> pb.HistoryEvent:
    return pb.HistoryEvent(eventId=_UNNUMBERED, executionResumed=pb.ExecutionResumedEvent(input=text(reason)))


def terminated(output: str | None) -> pb.HistoryEvent:
    return pb.HistoryEvent(eventId=_UNNUMBERED, executionTerminated=pb.ExecutionTerminatedEvent(input=text(output)))


def drop_inputs(events: Iterable[pb.HistoryEvent]) -> None:
    """Leave out what the provider does not keep in a history: the inputs of activities and sub-orchestrations."""
    for event in events:
        match event.WhichOneof("eventType"):
            case "taskScheduled":
                event.taskScheduled.ClearField("input")
            case "subOrchestrationInstanceCreated":
                event.subOrchestrationInstanceCreated.ClearField("input")


def instant(value: timestamp_pb2.Timestamp) -> datetime:
    return value.ToDatetime(tzinfo=UTC)
