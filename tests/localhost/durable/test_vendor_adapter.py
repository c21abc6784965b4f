"""Every name of durabletask's internals that the local host relies on: an upgrade that moves one fails here, by name."""

import ast
import inspect
from pathlib import Path

import pytest

from localhost.durable import vendor_adapter
from localhost.durable.vendor_adapter import TaskHubGrpcWorker, TaskHubSidecarServiceServicer, pb

LOCALHOST = Path(vendor_adapter.__file__).parents[1]
CALLS = [
    "GetInstance",
    "Hello",
    "PurgeInstances",
    "QueryInstances",
    "RaiseEvent",
    "RestartInstance",
    "ResumeInstance",
    "StartInstance",
    "StreamInstanceHistory",
    "SuspendInstance",
    "TerminateInstance",
    "WaitForInstanceCompletion",
    "WaitForInstanceStart",
]
STATUSES = ["COMPLETED", "CONTINUED_AS_NEW", "FAILED", "PENDING", "RUNNING", "SUSPENDED", "TERMINATED"]
# What the host calls of a task hub, or replaces in the vendor's worker.
WORKER = ["_execute_orchestrator", "_execute_activity", "_cancel_orchestrator", "_cancel_activity", "start", "stop"]
FIELDS = {
    "ActivityRequest": "name input taskId orchestrationInstance",
    "ActivityResponse": "instanceId taskId result failureDetails completionToken",
    "CompleteOrchestrationAction": "orchestrationStatus result failureDetails newVersion carryoverEvents",
    "CreateInstanceRequest": "instanceId name version input scheduledStartTimestamp orchestrationIdReusePolicy tags",
    "CreateInstanceResponse": "instanceId",
    "CreateSubOrchestrationAction": "instanceId name version input",
    "CreateTimerAction": "fireAt",
    "EventRaisedEvent": "name input",
    "EventSentEvent": "instanceId name input",
    "ExecutionCompletedEvent": "orchestrationStatus result failureDetails",
    "ExecutionResumedEvent": "input",
    "ExecutionStartedEvent": "name version input orchestrationInstance parentInstance tags",
    "ExecutionSuspendedEvent": "input",
    "ExecutionTerminatedEvent": "input",
    "GetInstanceRequest": "instanceId getInputsAndOutputs",
    "GetInstanceResponse": "exists orchestrationState",
    "HistoryChunk": "events",
    "HistoryEvent": (
        "eventId timestamp orchestratorStarted orchestratorCompleted executionStarted executionCompleted"
        " executionSuspended executionResumed executionTerminated taskScheduled taskCompleted taskFailed timerCreated"
        " timerFired subOrchestrationInstanceCreated subOrchestrationInstanceCompleted subOrchestrationInstanceFailed"
        " eventRaised eventSent"
    ),
    "InstanceQuery": (
        "runtimeStatus createdTimeFrom createdTimeTo maxInstanceCount continuationToken instanceIdPrefix"
        " fetchInputsAndOutputs"
    ),
    "OrchestrationIdReusePolicy": "replaceableStatus",
    "OrchestrationInstance": "instanceId executionId",
    "OrchestrationState": (
        "instanceId name orchestrationStatus createdTimestamp lastUpdatedTimestamp completedTimestamp input output"
        " customStatus tags"
    ),
    "OrchestratorAction": "id completeOrchestration scheduleTask createTimer createSubOrchestration sendEvent",
    "OrchestratorCompletedEvent": "",
    "OrchestratorRequest": "instanceId pastEvents newEvents",
    "OrchestratorResponse": "actions customStatus",
    "OrchestratorStartedEvent": "",
    "ParentInstanceInfo": "taskScheduledId name orchestrationInstance",
    "PurgeInstanceFilter": "createdTimeFrom createdTimeTo runtimeStatus",
    "PurgeInstancesRequest": "instanceId purgeInstanceFilter instanceBatch",
    "PurgeInstancesResponse": "deletedInstanceCount isComplete",
    "QueryInstancesRequest": "query",
    "QueryInstancesResponse": "orchestrationState continuationToken",
    "RaiseEventRequest": "instanceId name input",
    "RaiseEventResponse": "",
    "RestartInstanceRequest": "instanceId restartWithNewInstanceId",
    "RestartInstanceResponse": "instanceId",
    "ResumeRequest": "instanceId reason",
    "ResumeResponse": "",
    "ScheduleTaskAction": "name input",
    "SendEventAction": "instance name data",
    "StreamInstanceHistoryRequest": "instanceId",
    "SubOrchestrationInstanceCompletedEvent": "taskScheduledId result",
    "SubOrchestrationInstanceCreatedEvent": "instanceId name version input",
    "SubOrchestrationInstanceFailedEvent": "taskScheduledId failureDetails",
    "SuspendRequest": "instanceId reason",
    "SuspendResponse": "",
    "TaskCompletedEvent": "taskScheduledId result",
    "TaskFailedEvent": "taskScheduledId failureDetails",
    "TaskFailureDetails": "errorType errorMessage isNonRetriable",
    "TaskScheduledEvent": "name input",
    "TerminateRequest": "instanceId output",
    "TerminateResponse": "",
    "TimerCreatedEvent": "fireAt",
    "TimerFiredEvent": "fireAt timerId",
}


@pytest.mark.parametrize("name", CALLS)
def test_the_service_has_the_call(name: str) -> None:
    assert callable(getattr(TaskHubSidecarServiceServicer, name, None))


@pytest.mark.parametrize("name", WORKER)
def test_the_worker_has_the_method(name: str) -> None:
    assert callable(getattr(TaskHubGrpcWorker, name, None))


def test_the_worker_still_runs_work_through_the_methods_that_the_host_replaces() -> None:
    loop = inspect.getsource(TaskHubGrpcWorker)
    for name in WORKER[:4]:
        assert f"self.{name}," in loop
    for name in WORKER[:2]:
        assert list(inspect.signature(getattr(TaskHubGrpcWorker, name)).parameters)[1:] == [
            "req",
            "stub",
            "completionToken",
        ]


@pytest.mark.parametrize("name", STATUSES)
def test_the_protocol_has_the_status(name: str) -> None:
    assert f"ORCHESTRATION_STATUS_{name}" in pb.OrchestrationStatus.keys()  # noqa: SIM118 - an enum of protobuf's


@pytest.mark.parametrize(("message", "fields"), FIELDS.items())
def test_the_message_has_the_fields(message: str, fields: str) -> None:
    known = getattr(pb, message).DESCRIPTOR.fields_by_name
    assert [field for field in fields.split() if field not in known] == []


def test_actions_and_events_are_distinguished_by_their_oneofs() -> None:
    assert "orchestratorActionType" in pb.OrchestratorAction.DESCRIPTOR.oneofs_by_name
    assert "eventType" in pb.HistoryEvent.DESCRIPTOR.oneofs_by_name


def test_every_name_in_use_is_listed_and_comes_through_the_adapter() -> None:
    listed = {*FIELDS, "OrchestrationStatus", *(f"ORCHESTRATION_STATUS_{name}" for name in STATUSES)}
    for path in LOCALHOST.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        if path != Path(vendor_adapter.__file__):
            modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            modules |= {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
            assert not {each for each in modules if each.startswith("durabletask")}, path
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pb"
        }
        assert used <= listed, path
