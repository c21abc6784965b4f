"""The durable task protocol's messages, service and worker as durabletask ships them: the only import of its internals.

durabletask has no public names for them. `tests/localhost/durable/test_vendor_adapter.py` lists every name that is relied on.
"""

import durabletask.internal.orchestrator_service_pb2 as pb
import grpc
from durabletask.grpc_options import GrpcChannelOptions, GrpcWorkerResiliencyOptions
from durabletask.internal.orchestrator_service_pb2_grpc import (
    TaskHubSidecarServiceServicer,
    add_TaskHubSidecarServiceServicer_to_server,
)
from durabletask.worker import ConcurrencyOptions, TaskHubGrpcWorker

__all__ = [
    "ConcurrencyOptions",
    "GrpcChannelOptions",
    "GrpcWorkerResiliencyOptions",
    "TaskHubGrpcWorker",
    "TaskHubSidecarServiceServicer",
    "pb",
    "register",
]


def register(service: TaskHubSidecarServiceServicer, server: grpc.Server) -> None:
    """Let `server` answer the protocol's calls through `service`; what it does not override is UNIMPLEMENTED."""
    add_TaskHubSidecarServiceServicer_to_server(service, server)  # type: ignore[no-untyped-call]
