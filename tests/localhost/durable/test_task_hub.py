"""The host's end of a task hub, against a hub that gives out what the test says and notes what comes back."""

import asyncio
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, override

import grpc
import pytest
from google.protobuf import empty_pb2

from localhost.durable.hub_worker import TaskHub
from localhost.durable.task_hub_address import TaskHubAddress, await_answer
from localhost.durable.vendor_adapter import TaskHubSidecarServiceServicer, pb, register
from localhost.errors import BadFlagError, TaskHubError
from localhost.testing import running
from tests.localhost.driving import APPS

_SOON = 20


@dataclass
class Hub(TaskHubSidecarServiceServicer):
    items: "queue.Queue[pb.WorkItem | None]" = field(default_factory=queue.Queue)
    back: "queue.Queue[tuple[str, Any]]" = field(default_factory=queue.Queue)
    metadata: dict[str, str] = field(default_factory=dict)
    address: str = ""

    @override
    def Hello(self, request: empty_pb2.Empty, context: Any) -> empty_pb2.Empty:
        self.metadata = dict(context.invocation_metadata())
        return empty_pb2.Empty()

    @override
    def GetWorkItems(self, request: pb.GetWorkItemsRequest, context: Any) -> Iterator[pb.WorkItem]:
        self.back.put(("connected", request))
        while (item := self.items.get()) is not None:
            yield item

    @override
    def CompleteOrchestratorTask(self, request: pb.OrchestratorResponse, context: Any) -> pb.CompleteTaskResponse:
        self.back.put(("turn", request))
        return pb.CompleteTaskResponse()

    @override
    def CompleteActivityTask(self, request: pb.ActivityResponse, context: Any) -> pb.CompleteTaskResponse:
        self.back.put(("activity", request))
        return pb.CompleteTaskResponse()

    @override
    def AbandonTaskOrchestratorWorkItem(
        self, request: pb.AbandonOrchestrationTaskRequest, context: Any
    ) -> pb.AbandonOrchestrationTaskResponse:
        self.back.put(("turn given back", request.completionToken))
        return pb.AbandonOrchestrationTaskResponse()

    @override
    def AbandonTaskActivityWorkItem(
        self, request: pb.AbandonActivityTaskRequest, context: Any
    ) -> pb.AbandonActivityTaskResponse:
        self.back.put(("activity given back", request.completionToken))
        return pb.AbandonActivityTaskResponse()

    @override
    def GetInstance(self, request: pb.GetInstanceRequest, context: Any) -> pb.GetInstanceResponse:
        if request.instanceId == "forbidden":
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "not yours")
        state = pb.OrchestrationState(instanceId=request.instanceId)
        return pb.GetInstanceResponse(exists=True, orchestrationState=state)

    @override
    def StreamInstanceHistory(
        self, request: pb.StreamInstanceHistoryRequest, context: Any
    ) -> Iterator[pb.HistoryChunk]:
        for number in range(3):
            yield pb.HistoryChunk(events=[pb.HistoryEvent(eventId=number)])
        if request.instanceId == "forbidden":
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "not yours")

    def expect(self, kind: str) -> Any:
        came, what = self.back.get(timeout=_SOON)
        assert came == kind, what
        return what


@pytest.fixture
def hub() -> Iterator[Hub]:
    it = Hub()
    server = grpc.server(futures.ThreadPoolExecutor(8))
    register(it, server)
    it.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield it
    it.items.put(None)
    server.stop(None).wait()


class Host:
    """A `TaskHub` and what its dispatcher would do."""

    def __init__(self, address: TaskHubAddress) -> None:
        self.hub = TaskHub(address, activities=2, orchestrations=1)
        self._came = threading.Semaphore(0)
        self.hub.listen(self._came.release)

    def take[T](self, take: Callable[[], T | None]) -> T:
        while (work := take()) is None:
            assert self._came.acquire(timeout=_SOON)
        return work


@pytest.fixture
def host(hub: Hub) -> Iterator[Host]:
    it = Host(TaskHubAddress.parse(hub.address, "the-hub"))
    it.hub.start()
    hub.expect("connected")
    yield it
    it.hub.stop()


def turn(token: str, name: str = "orchestrator") -> pb.WorkItem:
    started = pb.HistoryEvent(executionStarted=pb.ExecutionStartedEvent(name=name))
    request = pb.OrchestratorRequest(instanceId="one", newEvents=[started])
    return pb.WorkItem(orchestratorRequest=request, completionToken=token)


def activity(token: str, number: int = 7, name: str = "act") -> pb.WorkItem:
    instance = pb.OrchestrationInstance(instanceId="one", executionId={"value": "run"})
    request = pb.ActivityRequest(name=name, input={"value": "5"}, taskId=number, orchestrationInstance=instance)
    return pb.WorkItem(activityRequest=request, completionToken=token)


def test_a_turn_is_taken_and_answered(hub: Hub, host: Host) -> None:
    hub.items.put(turn("t1", "reset"))
    work = host.take(host.hub.take_orchestration)
    assert (work.name, work.request.instanceId) == ("reset", "one")
    assert host.hub.has_work()
    host.hub.complete_orchestration(work, pb.OrchestratorResponse(customStatus={"value": '"x"'}))
    assert not host.hub.has_work(), "the dispatcher asks at once"
    answer = hub.expect("turn")
    assert (answer.completionToken, answer.instanceId, answer.customStatus.value) == ("t1", "one", '"x"')


def test_activities_are_taken_and_answered_well_or_badly(hub: Hub, host: Host) -> None:
    hub.items.put(activity("a1"))
    work = host.take(host.hub.take_activity)
    assert (work.name, work.instance_id, work.task_id, work.input) == ("act", "one", 7, "5")
    host.hub.complete_activity(work, "10")
    answer = hub.expect("activity")
    assert (answer.completionToken, answer.taskId, answer.result.value) == ("a1", 7, "10")
    hub.items.put(activity("a2"))
    host.hub.fail_activity(host.take(host.hub.take_activity), pb.TaskFailureDetails(errorType="ValueError"))
    answer = hub.expect("activity")
    assert (answer.completionToken, answer.failureDetails.errorType) == ("a2", "ValueError")


def test_the_same_work_delivered_twice_is_answered_twice(hub: Hub, host: Host) -> None:
    hub.items.put(activity("a1"))
    first = host.take(host.hub.take_activity)
    hub.items.put(activity("a2"))
    second = host.take(host.hub.take_activity)
    host.hub.complete_activity(second, "2")
    assert hub.expect("activity").completionToken == "a2"
    host.hub.complete_activity(first, "1")
    assert hub.expect("activity").completionToken == "a1"


def test_a_draining_host_gives_back_what_it_has_not_begun_and_what_still_comes(hub: Hub, host: Host) -> None:
    hub.items.put(activity("begun"))
    begun = host.take(host.hub.take_activity)
    hub.items.put(activity("waits", 8))
    assert host._came.acquire(timeout=_SOON)
    host.hub.take_nothing_more()
    assert hub.expect("activity given back") == "waits"
    hub.items.put(turn("late"))
    assert hub.expect("turn given back") == "late"
    host.hub.complete_activity(begun, "10")
    assert hub.expect("activity").completionToken == "begun"


def test_a_host_that_ends_gives_back_what_it_could_not_end(hub: Hub, host: Host) -> None:
    hub.items.put(activity("cut off"))
    host.take(host.hub.take_activity)
    host.hub.stop()
    assert hub.expect("activity given back") == "cut off"


async def test_a_host_runs_what_the_hub_gives_out_and_nothing_more_once_it_stops(hub: Hub) -> None:
    address = TaskHubAddress.parse(hub.address, "the-hub")
    async with running(APPS, script="durable_app.py", task_hub=address) as host:
        await asyncio.to_thread(hub.expect, "connected")
        hub.items.put(activity("a1", name="double"))
        assert (await asyncio.to_thread(hub.expect, "activity")).result.value == "10"
        hub.items.put(activity("a2", name="unknown"))
        answer = await asyncio.to_thread(hub.expect, "activity")
        assert answer.failureDetails.errorType == "UnknownFunction"
        hub.items.put(turn("t1", "unknown"))
        assert (await asyncio.to_thread(hub.expect, "turn")).actions[0].HasField("completeOrchestration")
        await host.idle()
        host.dispatcher.start_nothing_new()
        hub.items.put(activity("a3", name="double"))
        assert await asyncio.to_thread(hub.expect, "activity given back") == "a3"


def test_calls_carry_the_name_of_the_hub(hub: Hub, host: Host) -> None:
    assert hub.metadata["taskhub"] == "the-hub"
    assert "authorization" not in hub.metadata


def test_with_an_identity_every_call_carries_the_token_of_its_moment(hub: Hub) -> None:
    tokens = iter(["first", "second"])
    address = TaskHubAddress(hub.address, "the-hub", identity=True, _token=lambda: next(tokens))
    with address.channel() as channel:
        hello: Any = channel.unary_unary("/TaskHubSidecarService/Hello")
        for token in ("first", "second"):
            hello(b"")
            assert hub.metadata["authorization"] == f"Bearer {token}"


def test_clients_reach_the_hub_through_the_host(hub: Hub) -> None:
    host = TaskHub(TaskHubAddress.parse(hub.address, "the-hub"), activities=1, orchestrations=1)
    address = host.start()
    try:
        with grpc.insecure_channel(address) as channel:
            get: Any = channel.unary_unary("/TaskHubSidecarService/GetInstance")
            asked = pb.GetInstanceRequest(instanceId="one").SerializeToString()
            assert pb.GetInstanceResponse.FromString(get(asked)).orchestrationState.instanceId == "one"
            stream: Any = channel.unary_stream("/TaskHubSidecarService/StreamInstanceHistory")
            assert len(list(stream(asked, timeout=_SOON))) == 3
            refused = pb.GetInstanceRequest(instanceId="forbidden").SerializeToString()
            for call in (lambda: get(refused), lambda: list(stream(refused))):
                with pytest.raises(grpc.RpcError) as error:
                    call()
                assert (error.value.code(), error.value.details()) == (grpc.StatusCode.PERMISSION_DENIED, "not yours")
    finally:
        host.stop()


def test_where_nothing_answers_the_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localhost.durable.hub_worker._ANSWERS_WITHIN", 0.1)
    host = TaskHub(TaskHubAddress.parse("127.0.0.1:9", "the-hub"), activities=1, orchestrations=1)
    with pytest.raises(TaskHubError, match="no durable task service answers there"):
        host.start()
    host.stop()


def test_a_hub_that_is_away_is_trouble_until_it_is_back(host: Host) -> None:
    assert host.hub.trouble == ""
    host.hub._note_connectivity(grpc.ChannelConnectivity.TRANSIENT_FAILURE)
    assert host.hub.trouble == "the task hub does not answer"
    host.hub._note_connectivity(grpc.ChannelConnectivity.READY)
    assert host.hub.trouble == ""


def test_tls_is_spoken_where_the_address_says_https(tmp_path: Path) -> None:
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    subprocess.run([*make.split(), "-keyout", key, "-out", chain], check=True, capture_output=True)
    server = grpc.server(futures.ThreadPoolExecutor(2))
    register(Hub(), server)
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key.read_bytes(), chain.read_bytes())]))
    server.start()
    code = (
        "from localhost.durable.task_hub_address import TaskHubAddress\n"
        f"channel = TaskHubAddress.parse('https://127.0.0.1:{port}', 'h').channel()\n"
        "channel.unary_unary('/TaskHubSidecarService/Hello')(b'', timeout=20)"
    )
    trusted = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(chain), "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-c", code], check=True, env=trusted, cwd=Path(__file__).parents[3])
    with grpc.insecure_channel(f"127.0.0.1:{port}") as plain, pytest.raises(TaskHubError):
        await_answer(plain, "plain", 0.5)
    server.stop(None).wait()


@pytest.mark.parametrize(
    ("text", "address", "tls", "identity"),
    [
        ("127.0.0.1:4001", "127.0.0.1:4001", False, False),
        ("[::1]:4001", "[::1]:4001", False, False),
        ("https://hubs.example", "hubs.example:443", True, False),
        ("https://mfa-1.westeurope.durabletask.io", "mfa-1.westeurope.durabletask.io:443", True, True),
    ],
)
def test_addresses(text: str, address: str, tls: bool, identity: bool) -> None:
    it = TaskHubAddress.parse(text, "h")
    assert (it.address, it.tls, it.identity) == (address, tls, identity)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        ":4001",
        "localhost:x",
        "ftp://localhost:1",
        "https://host/path",
        "mfa.westeurope.durabletask.io:443",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadFlagError, match="--task-hub"):
        TaskHubAddress.parse(text, "h")
