"""What the Azure Storage provider does, and the extension before it, where an engine of one's own could be kinder.

Measured at Microsoft.Azure.DurableTask.AzureStorage 2.11.2 and at the Durable extension 3.19.0.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import grpc
import pytest
from durabletask.client import OrchestrationStatus, TaskHubGrpcClient
from google.protobuf import timestamp_pb2

from localhost.clock import VirtualClock
from localhost.durable.engine import Engine
from localhost.durable.grpc_backend import GrpcBackend
from localhost.durable.history_events import instant
from localhost.durable.provider_faults import ProviderFaults
from localhost.durable.timers import Timers
from localhost.durable.vendor_adapter import pb
from tests.localhost.durable.steps import activity, answer, child, ended, kinds, raise_event, start, turn

AT = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def timers(clock: VirtualClock) -> Timers:
    return Timers(clock)


@pytest.fixture
def engine(clock: VirtualClock, timers: Timers) -> Engine:
    return Engine(clock, timers)


@pytest.fixture
def client(engine: Engine) -> Iterator[TaskHubGrpcClient]:
    backend = GrpcBackend(engine)
    client = TaskHubGrpcClient(host_address=backend.start())
    try:
        yield client
    finally:
        client.close()
        backend.stop()


def code(error: pytest.ExceptionInfo[grpc.RpcError]) -> grpc.StatusCode:
    found: grpc.StatusCode = error.value.code()
    return found


def timer(fire_at: datetime, number: int = 1) -> pb.OrchestratorAction:
    due = timestamp_pb2.Timestamp()
    due.FromDatetime(fire_at)
    return pb.OrchestratorAction(id=number, createTimer=pb.CreateTimerAction(fireAt=due))


def failed() -> pb.OrchestratorAction:
    failure = pb.TaskFailureDetails(errorType="ValueError", errorMessage="no luck")
    end = pb.CompleteOrchestrationAction(orchestrationStatus=pb.ORCHESTRATION_STATUS_FAILED, failureDetails=failure)
    return pb.OrchestratorAction(id=99, completeOrchestration=end)


def test_a_child_with_the_id_of_a_running_instance_replaces_it(engine: Engine) -> None:
    start(engine)
    start(engine, "taken")
    parent, old = turn(engine), turn(engine)
    answer(engine, parent, child("taken"))
    answer(engine, old, activity())
    assert engine.take_activity() is None, "the run that was replaced does nothing more"
    new = turn(engine)
    assert (new.name, kinds(new.request.newEvents)) == ("sub", ["orchestratorStarted", "executionStarted"])
    answer(engine, new, ended())
    assert "subOrchestrationInstanceCompleted" in kinds(turn(engine).request.newEvents)


def test_the_parent_of_a_replaced_child_waits_on(engine: Engine) -> None:
    for parent in ("first", "second"):
        start(engine, parent)
        answer(engine, turn(engine), child("shared"))
        answer(engine, turn(engine)) if parent == "first" else None
    answer(engine, turn(engine), ended())
    assert turn(engine).request.instanceId == "second"
    assert not engine.take_orchestration()
    assert engine.look("first", lambda each: each.status) == pb.ORCHESTRATION_STATUS_RUNNING


def test_purging_what_runs_is_refused(engine: Engine, client: TaskHubGrpcClient) -> None:
    start(engine)
    with pytest.raises(grpc.RpcError) as error:
        client.purge_orchestration("one")
    assert code(error) == grpc.StatusCode.FAILED_PRECONDITION
    assert engine.instance_ids() == ["one"]
    assert client.purge_orchestration("unknown").deleted_instance_count == 0


def test_terminating_and_purging_leave_children_alone(engine: Engine, client: TaskHubGrpcClient) -> None:
    start(engine)
    answer(engine, turn(engine), child("two"))
    answer(engine, turn(engine))
    client.terminate_orchestration("one", recursive=True)
    answer(engine, turn(engine), ended(pb.ORCHESTRATION_STATUS_TERMINATED))
    assert engine.take_orchestration() is None
    assert client.purge_orchestration("one", recursive=True).deleted_instance_count == 1
    assert engine.look("two", lambda each: each.status) == pb.ORCHESTRATION_STATUS_RUNNING


def test_what_has_ended_takes_no_event_and_no_command(engine: Engine, client: TaskHubGrpcClient) -> None:
    start(engine)
    answer(engine, turn(engine), ended())
    calls: list[Callable[[], None]] = [
        lambda: client.raise_orchestration_event("one", "go"),
        lambda: client.terminate_orchestration("one"),
        lambda: client.suspend_orchestration("one"),
        lambda: client.resume_orchestration("one"),
    ]
    for call in calls:
        with pytest.raises(grpc.RpcError) as error:
            call()
        assert code(error) == grpc.StatusCode.FAILED_PRECONDITION


def test_terminating_what_is_unknown_is_refused(client: TaskHubGrpcClient) -> None:
    with pytest.raises(grpc.RpcError) as error:
        client.terminate_orchestration("unknown")
    assert code(error) == grpc.StatusCode.NOT_FOUND


def test_a_failure_is_text_in_the_output_of_a_state(engine: Engine, client: TaskHubGrpcClient) -> None:
    start(engine)
    answer(engine, turn(engine), failed())
    state = client.get_orchestration_state("one")
    assert state is not None
    assert (state.runtime_status, state.failure_details) == (OrchestrationStatus.FAILED, None)
    assert state.serialized_output == "ValueError: no luck"
    assert engine.history("one")[-1].executionCompleted.failureDetails.errorMessage == "no luck"


def test_a_state_without_payloads_has_no_custom_status(engine: Engine, client: TaskHubGrpcClient) -> None:
    start(engine)
    engine.complete_orchestration(turn(engine), pb.OrchestratorResponse(customStatus={"value": '"busy"'}))
    whole, bare = (client.get_orchestration_state("one", fetch_payloads=each) for each in (True, False))
    assert whole is not None
    assert bare is not None
    assert (whole.serialized_custom_status, bare.serialized_custom_status) == ('"busy"', None)


def test_what_starts_later_takes_no_event_and_is_not_terminated(
    engine: Engine, clock: VirtualClock, timers: Timers
) -> None:
    start(engine, starts_at=clock.now() + timedelta(hours=1))
    raise_event(engine, "early")
    engine.terminate("one", None)
    start(engine, "other")
    to = pb.OrchestrationInstance(instanceId="one")
    answer(engine, turn(engine), pb.OrchestratorAction(id=1, sendEvent=pb.SendEventAction(instance=to, name="early")))
    assert engine.take_orchestration() is None
    clock.advance(3600)
    timers.fire_due()
    assert kinds(turn(engine).request.newEvents) == ["orchestratorStarted", "executionStarted"]


@pytest.mark.parametrize("instance_id", ["a/b", "a\\b", "a#b", "a?b", "@a", "a" * 101, "a\nb"])
def test_ids_that_a_table_cannot_have_are_refused(engine: Engine, client: TaskHubGrpcClient, instance_id: str) -> None:
    with pytest.raises(grpc.RpcError) as error:
        client.schedule_new_orchestration("orchestrator", instance_id=instance_id)
    assert code(error) == grpc.StatusCode.INVALID_ARGUMENT
    start(engine)
    answer(engine, turn(engine), child(instance_id))
    assert "subOrchestrationInstanceFailed" in kinds(turn(engine).request.newEvents)


def test_an_id_may_have_100_characters(engine: Engine) -> None:
    start(engine, "a@:" + "b" * 97)


def test_a_history_has_no_inputs_of_what_was_scheduled(engine: Engine, client: TaskHubGrpcClient) -> None:
    start(engine)
    task = pb.OrchestratorAction(
        id=1, scheduleTask=pb.ScheduleTaskAction(name="activity", input={"value": "the input"})
    )
    sub = child("two", 2)
    sub.createSubOrchestration.input.value = "the input"
    answer(engine, turn(engine), task, sub)
    work = engine.take_activity()
    assert work is not None
    assert work.input == "the input"
    engine.complete_activity(work, "1")
    answer(engine, turn(engine))
    past = turn(engine).request.pastEvents
    assert {"taskScheduled", "subOrchestrationInstanceCreated"} <= set(kinds(past))
    assert "the input" not in str(past)
    assert "the input" not in str(client.get_orchestration_history("one"))
    assert client.get_orchestration_state("two").serialized_input == "the input"  # type: ignore[union-attr]


def test_timers_fire_up_to_a_second_early_and_are_seen_so(clock: VirtualClock, timers: Timers) -> None:
    engine = Engine(clock, timers, faults=ProviderFaults(1))
    start(engine)
    answer(engine, turn(engine))
    early: list[timedelta] = []
    for number in range(20):
        raise_event(engine, "again")
        due = clock.now() + timedelta(seconds=60)
        answer(engine, turn(engine), timer(due, number))
        fires = timers.next_at()
        assert fires is not None
        clock.move_to(fires)
        timers.fire_due()
        work = turn(engine)
        assert kinds(work.request.newEvents) == ["orchestratorStarted", "timerFired"]
        early.append(due - instant(work.request.newEvents[0].timestamp))
        answer(engine, work)
    assert timedelta() <= min(early) < max(early) < timedelta(seconds=1)
    assert max(early) > timedelta(seconds=0.8)
    assert len(set(early)) == 20


def test_early_timers_are_the_same_for_a_seed() -> None:
    def draws(seed: int) -> list[timedelta]:
        faults = ProviderFaults(seed)
        return [faults.earliness(str(number), AT) for number in range(5)]

    assert draws(1) == draws(1) != draws(2)


def test_a_timer_that_is_set_again_for_its_instant_fires_a_little_later_each_time() -> None:
    faults = ProviderFaults(1)
    early = [faults.earliness("one", AT) for _ in range(60)]
    assert all(later <= earlier for earlier, later in pairwise(early))
    assert early[0] > early[1] > early[-1] == timedelta()


def test_the_result_of_an_activity_comes_twice_now_and_then(clock: VirtualClock, timers: Timers) -> None:
    engine = Engine(clock, timers, faults=ProviderFaults(1))
    start(engine)
    answer(engine, turn(engine), *(activity(number) for number in range(200)))
    while (work := engine.take_activity()) is not None:
        engine.complete_activity(work, "1")
    results = kinds(turn(engine).request.newEvents).count("taskCompleted")
    assert 200 < results < 230


def test_without_faults_timers_and_results_are_exact(engine: Engine, clock: VirtualClock, timers: Timers) -> None:
    start(engine)
    answer(engine, turn(engine), timer(clock.now() + timedelta(seconds=60)), *(activity(n) for n in range(2, 100)))
    while (work := engine.take_activity()) is not None:
        engine.complete_activity(work, "1")
    assert kinds(turn(engine).request.newEvents).count("taskCompleted") == 98
    assert timers.next_at() == clock.now() + timedelta(seconds=60)
