"""A service that speaks the durable task protocol: its address, and what every call to it carries.

`taskhub` and the emulator of the Durable Task Scheduler are plain. The scheduler itself wants TLS, a token of Entra's and the
name of the task hub: https://learn.microsoft.com/azure/azure-functions/durable/durable-task-scheduler/durable-task-scheduler-identity
"""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, override
from urllib.parse import urlsplit

import grpc

from localhost.errors import BadFlagError, TaskHubError

# As taskhub takes them: a long history is one message.
MOST_BYTES = 64 * 1024 * 1024
_SCHEDULER_DOMAIN = ".durabletask.io"
_SCHEDULER_SCOPE = "https://durabletask.io/.default"


@dataclass(frozen=True)
class TaskHubAddress:
    """`address` is `host:port`. With `identity`, calls carry a token of this machine's identity, and only over TLS."""

    address: str
    name: str = "default"
    tls: bool = False
    identity: bool = False
    _token: Callable[[], str] | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, text: str, name: str) -> "TaskHubAddress":
        """`HOST:PORT`, or `https://HOST[:PORT]` for TLS; the scheduler's own hosts get a token. Raises: BadFlagError."""
        parts = urlsplit(text if "://" in text else f"http://{text}")
        try:
            port = parts.port
        except ValueError as error:
            raise BadFlagError(f"--task-hub {text}: {error}") from error
        tls = parts.scheme == "https"
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or parts.query:
            raise BadFlagError(f"--task-hub {text}: give HOST:PORT, or https://HOST for TLS")
        if port is None and not tls:
            raise BadFlagError(f"--task-hub {text}: the port is missing")
        identity = parts.hostname.endswith(_SCHEDULER_DOMAIN)
        if identity and not tls:
            raise BadFlagError(
                f"--task-hub {text}: the scheduler takes tokens over TLS alone: https://{parts.hostname}"
            )
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(f"{host}:{port or 443}", name, tls, identity)

    def channel(self) -> grpc.Channel:
        options = [("grpc.max_receive_message_length", MOST_BYTES), ("grpc.max_send_message_length", MOST_BYTES)]
        if self.tls:
            plain = grpc.secure_channel(self.address, grpc.ssl_channel_credentials(), options)
        else:
            plain = grpc.insecure_channel(self.address, options)
        return grpc.intercept_channel(plain, self.interceptor)

    @cached_property
    def interceptor(self) -> "CallMetadata":
        worker = f"{socket.gethostname()},{os.getpid()}"
        fixed = [("taskhub", self.name), ("workerid", worker)]
        return CallMetadata(fixed, (self._token or _entra_token()) if self.identity else None)


def await_answer(channel: grpc.Channel, address: str, seconds: float) -> None:
    """Raises: TaskHubError when nothing takes a connection there in time."""
    try:
        grpc.channel_ready_future(channel).result(seconds)
    except grpc.FutureTimeoutError as error:
        raise TaskHubError(f"--task-hub {address}: no durable task service answers there") from error


def _entra_token() -> Callable[[], str]:
    """Cached and renewed by the credential."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - slow to import, and only a scheduler needs it

    credential = DefaultAzureCredential()
    return lambda: credential.get_token(_SCHEDULER_SCOPE).token


class _Details(NamedTuple):
    method: Any
    timeout: Any
    metadata: Any
    credentials: Any
    wait_for_ready: Any
    compression: Any


class _CallDetails(_Details, grpc.ClientCallDetails):
    """What grpc wants of an interceptor that changes a call."""


class CallMetadata(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Puts `fixed` on every call, and the token of this moment where there is one to get."""

    def __init__(self, fixed: list[tuple[str, str]], token: Callable[[], str] | None) -> None:
        self._fixed = fixed
        self._token = token

    @override
    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return continuation(self._with_metadata(client_call_details), request)

    @override
    def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return continuation(self._with_metadata(client_call_details), request)

    def _with_metadata(self, call: Any) -> _CallDetails:
        metadata = [*(call.metadata or ()), *self._fixed]
        if self._token is not None:
            metadata.append(("authorization", f"Bearer {self._token()}"))
        return _CallDetails(
            call.method, call.timeout, metadata, call.credentials, call.wait_for_ready, call.compression
        )
