"""Pass the app's durable client on to a task hub: the client knows neither TLS nor tokens, and speaks to this machine alone."""

from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any, override

import grpc

_THREADS = 32
# Seconds, of a call whose client named no deadline: such a one counts as a very late one, which no call takes on.
_LONGEST_CALL = 600.0
_STREAMED = frozenset({"StreamInstanceHistory"})


class HubRelay:
    """A gRPC server on a free loopback port. It passes messages on as bytes, so every call that the hub has is there."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._pool = futures.ThreadPoolExecutor(_THREADS, thread_name_prefix="hub-relay")
        self._server = grpc.server(
            self._pool,
            handlers=[_Relay(channel)],
            options=[
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", -1),
                ("grpc.max_send_message_length", -1),
            ],
        )

    def start(self) -> str:
        """Start to serve; returns `127.0.0.1:port`."""
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        return f"127.0.0.1:{port}"

    def stop(self) -> None:
        self._server.stop(None).wait()
        self._pool.shutdown(wait=False)


class _Relay(grpc.GenericRpcHandler):
    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    @override
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any]":
        method = handler_call_details.method
        if method.rpartition("/")[2] in _STREAMED:
            return grpc.unary_stream_rpc_method_handler(_streamed(self._channel.unary_stream(method)))
        return grpc.unary_unary_rpc_method_handler(_single(self._channel.unary_unary(method)))


def _single(call: Callable[..., Any]) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    def pass_on(request: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            answer: bytes = call(request, timeout=min(context.time_remaining(), _LONGEST_CALL))
        except grpc.RpcError as error:
            _fail(error, context)
        return answer

    return pass_on


def _streamed(call: Callable[..., Any]) -> Callable[[bytes, grpc.ServicerContext], Iterator[bytes]]:
    def pass_on(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        try:
            yield from call(request, timeout=min(context.time_remaining(), _LONGEST_CALL))
        except grpc.RpcError as error:
            _fail(error, context)

    return pass_on


def _fail(error: grpc.RpcError, context: grpc.ServicerContext) -> Any:
    """Give the hub's refusal to the client. Raises: what ends the call."""
    context.abort(error.code(), error.details() or "")
