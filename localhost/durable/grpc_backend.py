"""The durable engine as its clients see it: the durable task protocol over gRPC, on loopback only."""

from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any, override

import grpc
from google.protobuf import empty_pb2, wrappers_pb2

from localhost.durable import history_events
from localhost.durable.engine import Engine
from localhost.durable.history_events import instant, text, timestamp
from localhost.durable.instances import Instance
from localhost.durable.vendor_adapter import TaskHubSidecarServiceServicer, pb, register
from localhost.errors import (
    InstanceEndedError,
    InstanceError,
    InstanceExistsError,
    InstanceIdError,
    InstanceNotFoundError,
    InstanceRunsError,
)

# Each waiting client (wait_for_orchestration_completion) holds a thread of the gRPC server.
_THREADS = 64
# Longer than any commit on a disk that works, shorter than a client waits for an HTTP response.
_LONGEST_COMMIT = 20.0
# How long a client waits that named no deadline.
_LONGEST_WAIT = 30.0
_CHUNK_EVENTS = 100
_PAGE = 100

_STATUS: dict[type[InstanceError], grpc.StatusCode] = {
    InstanceExistsError: grpc.StatusCode.ALREADY_EXISTS,
    InstanceNotFoundError: grpc.StatusCode.NOT_FOUND,
    InstanceEndedError: grpc.StatusCode.FAILED_PRECONDITION,
    InstanceIdError: grpc.StatusCode.INVALID_ARGUMENT,
    InstanceRunsError: grpc.StatusCode.FAILED_PRECONDITION,
}


class GrpcBackend:
    """Serves one engine to clients on a free loopback port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = futures.ThreadPoolExecutor(_THREADS, thread_name_prefix="durable-grpc")
        self._server: grpc.Server | None = None

    def start(self) -> str:
        """Start to serve; returns `127.0.0.1:port`."""
        self._server = grpc.server(
            self._pool, options=[("grpc.so_reuseport", 0)], interceptors=[_Answers(self._engine)]
        )
        register(Service(self._engine), self._server)
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        return f"127.0.0.1:{port}"

    def stop(self) -> None:
        """Close the engine, too: its state is on disk afterwards."""
        stopped = self._server.stop(None) if self._server is not None else None
        self._engine.close()
        if stopped is not None:
            stopped.wait()
        self._pool.shutdown(wait=False)


class Service(TaskHubSidecarServiceServicer):
    """The protocol's calls. Entities, rewinding and workers of other processes are not there: UNIMPLEMENTED.

    Raises: InstanceError, which `_Answers` turns into a status.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @override
    def Hello(self, request: empty_pb2.Empty, context: Any) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    @override
    def StartInstance(self, request: pb.CreateInstanceRequest, context: Any) -> pb.CreateInstanceResponse:
        instance_id = self._engine.start(
            request.name,
            request.instanceId,
            data=_optional(request, "input"),
            version=_optional(request, "version"),
            tags=dict(request.tags) or None,
            starts_at=(
                instant(request.scheduledStartTimestamp) if request.HasField("scheduledStartTimestamp") else None
            ),
            replaceable=request.orchestrationIdReusePolicy.replaceableStatus,
        )
        return pb.CreateInstanceResponse(instanceId=instance_id)

    @override
    def RestartInstance(self, request: pb.RestartInstanceRequest, context: Any) -> pb.RestartInstanceResponse:
        under_new_id = request.restartWithNewInstanceId
        return pb.RestartInstanceResponse(
            instanceId=self._engine.restart(request.instanceId, under_new_id=under_new_id)
        )

    @override
    def RaiseEvent(self, request: pb.RaiseEventRequest, context: Any) -> pb.RaiseEventResponse:
        self._engine.raise_event(request.instanceId, request.name, _optional(request, "input"))
        return pb.RaiseEventResponse()

    @override
    def SuspendInstance(self, request: pb.SuspendRequest, context: Any) -> pb.SuspendResponse:
        self._engine.suspend(request.instanceId, _optional(request, "reason"))
        return pb.SuspendResponse()

    @override
    def ResumeInstance(self, request: pb.ResumeRequest, context: Any) -> pb.ResumeResponse:
        self._engine.resume(request.instanceId, _optional(request, "reason"))
        return pb.ResumeResponse()

    @override
    def TerminateInstance(self, request: pb.TerminateRequest, context: Any) -> pb.TerminateResponse:
        """`recursive`, the client's default, does nothing: the provider does not know it. So it is with purging."""
        self._engine.terminate(request.instanceId, _optional(request, "output"))
        return pb.TerminateResponse()

    @override
    def PurgeInstances(self, request: pb.PurgeInstancesRequest, context: Any) -> pb.PurgeInstancesResponse:
        if request.HasField("purgeInstanceFilter"):
            wanted = request.purgeInstanceFilter
            before = instant(wanted.createdTimeTo) if wanted.HasField("createdTimeTo") else None
            count = self._engine.purge_where(lambda each: _matches(each, wanted), before)
        elif request.HasField("instanceBatch"):
            count = sum(self._engine.purge(instance_id) for instance_id in request.instanceBatch.instanceIds)
        else:
            count = self._engine.purge(request.instanceId)
        return pb.PurgeInstancesResponse(deletedInstanceCount=count, isComplete=wrappers_pb2.BoolValue(value=True))

    # --- looking ---

    @override
    def GetInstance(self, request: pb.GetInstanceRequest, context: Any) -> pb.GetInstanceResponse:
        state = self._engine.look(request.instanceId, lambda each: _state(each, payloads=request.getInputsAndOutputs))
        return pb.GetInstanceResponse(exists=state is not None, orchestrationState=state)

    @override
    def WaitForInstanceStart(self, request: pb.GetInstanceRequest, context: Any) -> pb.GetInstanceResponse:
        return self._wait(request, context, lambda each: each.status != pb.ORCHESTRATION_STATUS_PENDING)

    @override
    def WaitForInstanceCompletion(self, request: pb.GetInstanceRequest, context: Any) -> pb.GetInstanceResponse:
        return self._wait(request, context, lambda each: each.ended)

    def _wait(
        self, request: pb.GetInstanceRequest, context: Any, reached: Callable[[Instance], bool]
    ) -> pb.GetInstanceResponse:
        def view(instance: Instance) -> pb.OrchestrationState | None:
            return _state(instance, payloads=request.getInputsAndOutputs) if reached(instance) else None

        left = context.time_remaining()
        state = self._engine.wait(request.instanceId, view, _LONGEST_WAIT if left is None else left)
        if state is None and self._engine.look(request.instanceId, lambda _: True):
            context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, f"Instance '{request.instanceId}' is not there yet")
        return pb.GetInstanceResponse(exists=state is not None, orchestrationState=state)

    @override
    def QueryInstances(self, request: pb.QueryInstancesRequest, context: Any) -> pb.QueryInstancesResponse:
        query = request.query
        found = self._engine.select(
            lambda each: each.instance_id.startswith(query.instanceIdPrefix.value) and _matches(each, query),
            lambda each: _state(each, payloads=query.fetchInputsAndOutputs),
        )
        start = int(query.continuationToken.value or 0)
        end = start + (query.maxInstanceCount or _PAGE)
        more = wrappers_pb2.StringValue(value=str(end)) if end < len(found) else None
        return pb.QueryInstancesResponse(orchestrationState=found[start:end], continuationToken=more)

    @override
    def StreamInstanceHistory(
        self, request: pb.StreamInstanceHistoryRequest, context: Any
    ) -> Iterator[pb.HistoryChunk]:
        if not (events := self._engine.history(request.instanceId)):
            context.abort(grpc.StatusCode.NOT_FOUND, f"Instance '{request.instanceId}' not found")
        history_events.drop_inputs(events)
        for start in range(0, len(events), _CHUNK_EVENTS):
            yield pb.HistoryChunk(events=events[start : start + _CHUNK_EVENTS])


def _optional(request: Any, field: str) -> str | None:
    return str(getattr(request, field).value) if request.HasField(field) else None


def _matches(instance: Instance, wanted: pb.PurgeInstanceFilter | pb.InstanceQuery) -> bool:
    if wanted.runtimeStatus and instance.status not in wanted.runtimeStatus:
        return False
    if wanted.HasField("createdTimeFrom") and instance.created_at < instant(wanted.createdTimeFrom):
        return False
    return not (wanted.HasField("createdTimeTo") and instance.created_at >= instant(wanted.createdTimeTo))


def _state(instance: Instance, *, payloads: bool) -> pb.OrchestrationState:
    """`payloads`: with input, output and custom status. A failure is text in the output, as the provider keeps it."""
    output = f"{failure.errorType}: {failure.errorMessage}" if (failure := instance.failure) else instance.output
    return pb.OrchestrationState(
        instanceId=instance.instance_id,
        name=instance.name,
        orchestrationStatus=instance.status,
        createdTimestamp=timestamp(instance.created_at),
        lastUpdatedTimestamp=timestamp(instance.updated_at),
        completedTimestamp=timestamp(instance.completed_at) if instance.completed_at else None,
        input=text(instance.input) if payloads else None,
        output=text(output) if payloads else None,
        customStatus=text(instance.custom_status) if payloads else None,
        tags=instance.tags,
    )


class _Answers(grpc.ServerInterceptor):
    """Answers a client when all that the engine knows by then is on disk, refusals with their status."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        handler = continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler

        def answer(request: Any, context: Any) -> Any:
            try:
                return handler.unary_unary(request, context)
            except InstanceError as error:
                return context.abort(_STATUS[type(error)], str(error))
            finally:  # also where it refuses: what it refused for must be true tomorrow
                left = context.time_remaining()
                if not self._engine.wait_until_kept(_LONGEST_COMMIT if left is None else min(left, _LONGEST_COMMIT)):
                    context.abort(grpc.StatusCode.UNAVAILABLE, self._engine.trouble or "the engine's file is slow")

        return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)
