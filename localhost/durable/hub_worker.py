"""Take durable work from a task hub: Microsoft's worker keeps the connection, and the dispatcher runs what it receives.

As Microsoft's own `DurableFunctionsWorker` does, this one replaces the two methods in which the worker would call registered
functions. All else is the worker's: the stream of work items, its reconnecting, and the answers.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from itertools import chain, count
from typing import Any, override

import grpc

from localhost.durable.hub_relay import HubRelay
from localhost.durable.instances import ActivityWork, OrchestrationWork
from localhost.durable.task_hub_address import MOST_BYTES, TaskHubAddress, await_answer
from localhost.durable.vendor_adapter import (
    ConcurrencyOptions,
    GrpcChannelOptions,
    GrpcWorkerResiliencyOptions,
    TaskHubGrpcWorker,
    pb,
)
from localhost.errors import GivenBackError

logger = logging.getLogger("localhost.hub")
_worker_logger = logging.getLogger("localhost.hub.worker")

# A hub that starts beside this host is waited for; a wrong address is reported before a supervisor loses its patience.
_ANSWERS_WITHIN = 15.0
# A hub beside its host is back within seconds; the worker's own half a minute would be most of the recovery.
_LONGEST_BACK_OFF = 5.0


class TaskHub:
    """The hub as the host uses it. `start` and `stop` block; the rest is `DurableWork`."""

    def __init__(self, address: TaskHubAddress, *, activities: int, orchestrations: int) -> None:
        self._address = address
        self._channel = address.channel()
        self._relay = HubRelay(self._channel)
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._turns: deque[OrchestrationWork] = deque()
        self._works: deque[ActivityWork] = deque()
        self._results: dict[object, Future[Any]] = {}  # of what was received and is not answered yet
        self._on_work: Callable[[], None] = lambda: None
        self._draining = False
        self._away = False
        _worker_logger.setLevel(logging.WARNING)  # it reports each connection, and each item that it gives back
        self._worker = _Worker(self, address, activities, orchestrations)

    def start(self) -> str:
        """Connect; returns `host:port` for the app's clients. Raises: TaskHubError."""
        await_answer(self._channel, self._address.address, _ANSWERS_WITHIN)
        self._channel.subscribe(self._note_connectivity)
        address = self._relay.start()
        self._worker.start()  # type: ignore[no-untyped-call]
        return address

    def stop(self) -> None:
        """Give back what is still in hand, and disconnect."""
        self.take_nothing_more()
        _worker_logger.setLevel(logging.ERROR)  # it reports the end of its own stream as trouble
        with self._lock:
            left = list(self._results.values())
            self._results.clear()
        for result in left:
            result.set_exception(GivenBackError())
        self._worker.stop()  # type: ignore[no-untyped-call]
        self._relay.stop()
        self._channel.close()

    # --- for the host ---

    @property
    def trouble(self) -> str:
        return "the task hub does not answer" if self._away else ""

    def listen(self, on_work: Callable[[], None]) -> None:
        self._on_work = on_work

    def has_work(self) -> bool:
        with self._lock:
            return bool(self._results)

    def take_orchestration(self) -> OrchestrationWork | None:
        with self._lock:
            return self._turns.popleft() if self._turns else None

    def take_activity(self) -> ActivityWork | None:
        with self._lock:
            return self._works.popleft() if self._works else None

    def complete_orchestration(self, work: OrchestrationWork, response: pb.OrchestratorResponse) -> None:
        self._answer(("turn", work.token), response)

    def complete_activity(self, work: ActivityWork, result: str | None) -> None:
        self._answer(_key(work), pb.ActivityResponse(result=None if result is None else {"value": result}))

    def fail_activity(self, work: ActivityWork, failure: pb.TaskFailureDetails) -> None:
        self._answer(_key(work), pb.ActivityResponse(failureDetails=failure))

    def take_nothing_more(self) -> None:
        """Give back what was received and not begun, and whatever is received from now on."""
        with self._lock:
            self._draining = True
            left = [self._results.pop(("turn", turn.token)) for turn in self._turns]
            left += [self._results.pop(_key(work)) for work in self._works]
            self._turns.clear()
            self._works.clear()
        for result in left:
            result.set_exception(GivenBackError())

    # --- for the worker's threads ---

    def run_turn(self, request: pb.OrchestratorRequest) -> pb.OrchestratorResponse:
        """Raises: GivenBackError."""
        work = OrchestrationWork(_name(request), next(self._numbers), request)
        response: pb.OrchestratorResponse = self._run(("turn", work.token), lambda: self._turns.append(work))
        response.instanceId = request.instanceId
        return response

    def run_activity(self, request: pb.ActivityRequest) -> pb.ActivityResponse:
        """Raises: GivenBackError."""
        data = request.input.value if request.HasField("input") else None
        instance = request.orchestrationInstance
        # The number makes each delivery its own: a hub may deliver one again while the first still runs.
        execution = f"{instance.executionId.value}#{next(self._numbers)}"
        work = ActivityWork(instance.instanceId, execution, request.name, request.taskId, data)
        response: pb.ActivityResponse = self._run(_key(work), lambda: self._works.append(work))
        response.instanceId, response.taskId = instance.instanceId, request.taskId
        return response

    def _run(self, key: object, queue: Callable[[], None]) -> Any:
        result: Future[Any] = Future()
        with self._lock:
            if self._draining:
                raise GivenBackError
            self._results[key] = result
            queue()
        self._on_work()
        return result.result()

    def _answer(self, key: object, response: Any) -> None:
        """Forget the item here and now: the dispatcher, which calls this, looks next whether there is work left."""
        with self._lock:
            result = self._results.pop(key, None)
        if result is not None:
            result.set_result(response)

    def _note_connectivity(self, state: grpc.ChannelConnectivity) -> None:
        if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
            self._away = True
        elif state is grpc.ChannelConnectivity.READY:
            self._away = False


def _key(work: ActivityWork) -> object:
    return work.instance_id, work.execution, work.task_id


def _name(request: pb.OrchestratorRequest) -> str:
    """The orchestration's name, which the last start says: a run that continued as new has one of its own."""
    latest_first = chain(reversed(request.newEvents), reversed(request.pastEvents))
    return next((event.executionStarted.name for event in latest_first if event.HasField("executionStarted")), "")


class _Worker(TaskHubGrpcWorker):
    def __init__(self, hub: TaskHub, address: TaskHubAddress, activities: int, orchestrations: int) -> None:
        super().__init__(
            host_address=address.address,
            secure_channel=address.tls,
            interceptors=[address.interceptor],
            channel_options=GrpcChannelOptions(
                max_receive_message_length=MOST_BYTES, max_send_message_length=MOST_BYTES
            ),
            # Each item in hand holds one of the threads until the dispatcher has run it.
            concurrency_options=ConcurrencyOptions(
                maximum_concurrent_activity_work_items=activities,
                maximum_concurrent_orchestration_work_items=orchestrations,
                maximum_thread_pool_workers=activities + orchestrations,
            ),
            resiliency_options=GrpcWorkerResiliencyOptions(reconnect_backoff_cap_seconds=_LONGEST_BACK_OFF),
            emit_trace_spans=False,
            logger=_worker_logger,
        )
        self._hub = hub

    @override
    def _execute_orchestrator(self, req: pb.OrchestratorRequest, stub: Any, completionToken: Any) -> None:
        try:
            response = self._hub.run_turn(req)
        except GivenBackError:
            _send(lambda: self._cancel_orchestrator(req, stub, completionToken), f"turn of {req.instanceId}")
            return
        response.completionToken = completionToken
        _send(lambda: stub.CompleteOrchestratorTask(response), f"turn of {req.instanceId}")

    @override
    def _execute_activity(self, req: pb.ActivityRequest, stub: Any, completionToken: Any) -> None:
        try:
            response = self._hub.run_activity(req)
        except GivenBackError:
            _send(lambda: self._cancel_activity(req, stub, completionToken), req.name)
            return
        response.completionToken = completionToken
        what = f"{req.name}#{req.taskId} of {req.orchestrationInstance.instanceId}"
        _send(lambda: stub.CompleteActivityTask(response), what)


def _send(answer: Callable[[], object], what: str) -> None:
    """Send an answer. The work of one that does not arrive is not lost: the hub gives it out again."""
    try:
        answer()
    except grpc.RpcError as error:
        logger.warning("the answer did not reach the hub, which gives it out again: %s: %s", what, error.code().name)
