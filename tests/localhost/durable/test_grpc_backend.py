"""The protocol as durabletask's own client speaks it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import grpc
import pytest
from durabletask.client import OrchestrationQuery, OrchestrationStatus, TaskHubGrpcClient

from localhost.clock import VirtualClock
from localhost.durable.engine import Engine
from localhost.durable.grpc_backend import GrpcBackend
from localhost.durable.timers import Timers
from localhost.durable.vendor_adapter import pb
from localhost.durable.waiters import Waiter
from tests.localhost.durable.steps import answer, ended, raise_event, start, turn


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def engine(clock: VirtualClock) -> Engine:
    return Engine(clock, Timers(clock))


@pytest.fixture
def client(engine: Engine) -> Iterator[TaskHubGrpcClient]:
    backend = GrpcBackend(engine)
    client = TaskHubGrpcClient(host_address=backend.start())
    try:
        yield client
    finally:
        client.close()
        backend.stop()


def refusal(error: pytest.ExceptionInfo[grpc.RpcError]) -> grpc.StatusCode:
    code: grpc.StatusCode = error.value.code()
    return code


def test_what_an_instance_went_through_is_seen(engine: Engine, client: TaskHubGrpcClient, clock: VirtualClock) -> None:
    client.schedule_new_orchestration("orchestrator", instance_id="one", input=[1], tags={"a": "b"})
    created = clock.now()
    clock.advance(60)
    end = pb.CompleteOrchestrationAction(orchestrationStatus=pb.ORCHESTRATION_STATUS_COMPLETED)
    end.result.value = "2"
    answer(engine, turn(engine), pb.OrchestratorAction(id=1, completeOrchestration=end))
    state = client.get_orchestration_state("one")
    assert state is not None
    assert (state.name, state.runtime_status) == ("orchestrator", OrchestrationStatus.COMPLETED)
    assert (state.serialized_input, state.serialized_output) == ("[1]", "2")
    assert state.created_at == created.replace(tzinfo=None)
    assert state.last_updated_at == clock.now().replace(tzinfo=None)
    bare = client.get_orchestration_state("one", fetch_payloads=False)
    assert bare is not None
    assert (bare.serialized_input, bare.serialized_output) == (None, None)
    assert client.get_orchestration_state("unknown") is None


def test_purging_by_state_and_age_takes_only_what_ended(
    engine: Engine, client: TaskHubGrpcClient, clock: VirtualClock
) -> None:
    for instance_id in ("old", "running"):
        start(engine, instance_id)
    answer(engine, turn(engine), ended())
    clock.advance(60)
    border = clock.now()
    start(engine, "new")
    answer(engine, turn(engine))
    answer(engine, turn(engine), ended())
    purged = client.purge_orchestrations_by(
        created_time_to=border, runtime_status=[OrchestrationStatus.COMPLETED, OrchestrationStatus.RUNNING]
    )
    assert purged.deleted_instance_count == 1
    assert engine.instance_ids() == ["running", "new"]


def test_a_query_pages_through_what_matches(engine: Engine, client: TaskHubGrpcClient, clock: VirtualClock) -> None:
    for number in range(5):
        start(engine, f"i{number}")
        clock.advance(60)
    start(engine, "other")
    first = OrchestrationQuery(max_instance_count=2, created_time_from=clock.now() - timedelta(minutes=4, seconds=1))
    assert [each.instance_id for each in client.get_all_orchestration_states(first)] == [
        "i1",
        "i2",
        "i3",
        "i4",
        "other",
    ]


def test_a_history_is_streamed_whole(engine: Engine, client: TaskHubGrpcClient) -> None:
    start(engine)
    answer(engine, turn(engine))
    for _ in range(60):
        raise_event(engine, "go")
        answer(engine, turn(engine))
    events = client.get_orchestration_history("one")
    assert len(events) == len(engine.history("one")) > 180
    with pytest.raises(grpc.RpcError) as error:
        client.get_orchestration_history("unknown")
    assert refusal(error) == grpc.StatusCode.NOT_FOUND


def test_waiting_ends_with_the_instance(engine: Engine, client: TaskHubGrpcClient) -> None:
    start(engine)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(client.wait_for_orchestration_completion, "one", timeout=60)
        answer(engine, turn(engine), ended())
        state = waiting.result(timeout=30)
    assert state is not None
    assert state.runtime_status == OrchestrationStatus.COMPLETED
    assert client.wait_for_orchestration_start("one", timeout=60) is not None


def test_waiting_ends_with_the_server(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that waits on would keep the process."""
    waits = threading.Event()
    add = engine._state.waiters.add

    def adding(instance_id: str, waiter: Waiter[Any]) -> None:
        add(instance_id, waiter)
        waits.set()

    monkeypatch.setattr(engine._state.waiters, "add", adding)
    backend = GrpcBackend(engine)
    client = TaskHubGrpcClient(host_address=backend.start())
    start(engine)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(client.wait_for_orchestration_completion, "one", timeout=60)
        assert waits.wait(30)
        backend.stop()
        assert isinstance(waiting.exception(timeout=30), grpc.RpcError)
    client.close()
    for thread in [each for each in threading.enumerate() if each.name.startswith("durable-grpc")]:
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_an_id_that_runs_is_refused(engine: Engine, client: TaskHubGrpcClient) -> None:
    start(engine)
    with pytest.raises(grpc.RpcError) as error:
        client.schedule_new_orchestration("orchestrator", instance_id="one")
    assert refusal(error) == grpc.StatusCode.ALREADY_EXISTS


def test_an_event_to_an_unknown_instance_is_refused(client: TaskHubGrpcClient) -> None:
    with pytest.raises(grpc.RpcError) as error:
        client.raise_orchestration_event("unknown", "go")
    assert refusal(error) == grpc.StatusCode.NOT_FOUND


def test_what_ended_is_restarted_under_its_id_or_a_new_one(engine: Engine, client: TaskHubGrpcClient) -> None:
    start(engine)
    with pytest.raises(grpc.RpcError) as error:
        client.restart_orchestration("one")
    assert refusal(error) == grpc.StatusCode.FAILED_PRECONDITION
    answer(engine, turn(engine), ended())
    other = client.restart_orchestration("one", restart_with_new_instance_id=True)
    assert client.restart_orchestration("one") == "one"
    assert sorted(engine.instance_ids()) == sorted(["one", other])


def test_it_is_on_loopback_only(engine: Engine) -> None:
    backend = GrpcBackend(engine)
    assert backend.start().startswith("127.0.0.1:")
    backend.stop()
