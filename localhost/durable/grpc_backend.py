"""The durable engine as its clients see it: the protocol's calls over gRPC, on loopback only.

An ended instance id may be used again, as on Azure Storage (base: ALREADY_EXISTS for ever): whoever takes an
instance id for a guard against doing things twice finds out here and not in production.
"""

from collections.abc import Iterator
from concurrent import futures
from datetime import UTC, datetime
from typing import Any, cast, override

import durabletask.internal.orchestrator_service_pb2 as pb
import durabletask.internal.orchestrator_service_pb2_grpc as stubs
import grpc
from durabletask.internal import helpers
from durabletask.testing.in_memory_backend import OrchestrationInstance
from google.protobuf import wrappers_pb2

from localhost.clock import Clock
from localhost.durable.engine import Engine
from localhost.durable.instances import Instance, new_execution
from localhost.durable.timers import Timers

# Large enough for the history of an instance with thousands of tasks; gRPC's own default is 4 MiB.
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
# Each waiting client (wait_for_orchestration_completion) holds a thread of the gRPC server.
GRPC_THREADS = 64


class DurableBackend(Engine):
    def __init__(self, clock: Clock, timers: Timers) -> None:
        super().__init__(clock, timers)
        self.address = ""

    @property
    def trouble(self) -> str:
        """Why nothing can be kept at the moment; empty when all is well."""
        return ""

    def start(self) -> str:
        """Serves clients on a free loopback port; returns `127.0.0.1:port`."""
        self._shutdown_event.clear()
        limits = [("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
        limits += [("grpc.max_send_message_length", MAX_MESSAGE_BYTES), ("grpc.so_reuseport", 0)]
        pool = futures.ThreadPoolExecutor(GRPC_THREADS, thread_name_prefix="durable-grpc")
        self._server = grpc.server(pool, options=limits, interceptors=self._interceptors())
        cast("Any", stubs).add_TaskHubSidecarServiceServicer_to_server(self, self._server)
        self._port = cast("Any", self._server).add_insecure_port("127.0.0.1:0")
        cast("Any", self._server).start()
        self.address = f"127.0.0.1:{self._port}"
        return self.address

    def _interceptors(self) -> list[grpc.ServerInterceptor]:
        return []

    def stop(self, grace: float | None = None) -> None:
        with self._lock:  # clients that still wait would hold their threads, and with them the process
            for waiter in [w for waiters in self._state_waiters.values() for w in waiters]:
                waiter.event.set()
            self._state_waiters.clear()
        super().stop(grace)

    @override
    def StartInstance(self, request: pb.CreateInstanceRequest, context: Any) -> pb.CreateInstanceResponse:
        instance_id = request.instanceId or new_execution()
        with self._lock:
            existing = self._find(instance_id)
            if existing is not None:
                replaceable = list(request.orchestrationIdReusePolicy.replaceableStatus)
                ended = self._is_terminal_status(existing.status)
                if not ended or (replaceable and existing.status not in replaceable):
                    context.abort(grpc.StatusCode.ALREADY_EXISTS, f"Instance '{instance_id}' already exists")
                self._forget(instance_id)
            now = self._clock.now()
            starts_at: datetime | None = None
            if request.HasField("scheduledStartTimestamp"):
                starts_at = request.scheduledStartTimestamp.ToDatetime(tzinfo=UTC)
            self._create(
                Instance(
                    instance_id,
                    request.name,
                    pb.ORCHESTRATION_STATUS_PENDING,
                    version=request.version.value if request.HasField("version") else None,
                    input=request.input.value if request.HasField("input") else None,
                    created_at=now,
                    tags=dict(request.tags) or None,
                    starts_at=starts_at if starts_at is not None and starts_at > now else None,
                )
            )
        return pb.CreateInstanceResponse(instanceId=instance_id)

    @override
    def RaiseEvent(self, request: pb.RaiseEventRequest, context: Any) -> pb.RaiseEventResponse:
        data = request.input.value if request.HasField("input") else None
        with self._lock:
            if self._find(request.instanceId) is None:
                context.abort(grpc.StatusCode.NOT_FOUND, f"Instance '{request.instanceId}' not found")
            self._deliver(request.instanceId, None, helpers.new_event_raised_event(request.name, data))
        return pb.RaiseEventResponse()

    @override
    def PurgeInstances(self, request: pb.PurgeInstancesRequest, context: Any) -> pb.PurgeInstancesResponse:
        with self._lock:
            if request.instanceId:
                wanted = [request.instanceId]
            elif request.HasField("instanceBatch"):
                wanted = list(request.instanceBatch.instanceIds)
            else:
                wanted = [i.instance_id for i in self._instances.values() if _matches(i, request.purgeInstanceFilter)]
            if request.recursive:
                wanted += [child for instance_id in wanted for child in self._descendants(instance_id)]
            ended = [i for i in map(self._find, dict.fromkeys(wanted)) if i and self._is_terminal_status(i.status)]
            for instance in ended:
                self._forget(instance.instance_id)
        return pb.PurgeInstancesResponse(deletedInstanceCount=len(ended), isComplete=wrappers_pb2.BoolValue(value=True))

    @override
    def GetWorkItems(self, request: pb.GetWorkItemsRequest, context: Any) -> Iterator[pb.WorkItem]:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "Work is run by the functions host of this process")
        yield from ()

    @override
    def SignalEntity(self, request: pb.SignalEntityRequest, context: Any) -> pb.SignalEntityResponse:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "The local host has no entities")
        return pb.SignalEntityResponse()


def _matches(instance: OrchestrationInstance, wanted: pb.PurgeInstanceFilter) -> bool:
    if wanted.runtimeStatus and instance.status not in wanted.runtimeStatus:
        return False
    if wanted.HasField("createdTimeFrom") and instance.created_at < wanted.createdTimeFrom.ToDatetime(UTC):
        return False
    return not (wanted.HasField("createdTimeTo") and instance.created_at >= wanted.createdTimeTo.ToDatetime(UTC))
