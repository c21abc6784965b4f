"""One uvicorn server on a socket that is bound beforehand, started and stopped from a running event loop."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from localhost.errors import CannotServeError
from localhost.host.connection_limits import ConnectionLimits, LimitedConnection, Network

# A request line with headers; more than RequestLimits refuses, so that the client learns which of them is too long.
_MOST_HEAD_BYTES = 256 * 1024
# Connections and requests at once; further ones get 503 instead of waiting in memory.
_MOST_AT_ONCE = 1000


def bind(host: str, port: int) -> socket.socket:
    """Port 0 takes a free one. Raises: CannotServeError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only a socket that names its protocol gets TCP_NODELAY from asyncio; without it responses wait 40 ms for an ACK.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(512)
    except (OSError, OverflowError) as error:
        sock.close()
        why = getattr(error, "strerror", None) or error
        raise CannotServeError(
            f"cannot serve on {host}:{port}: {why}; --port takes another one, --port 0 any"
        ) from error
    return sock


def url_of(sock: socket.socket, scheme: str = "http") -> str:
    host, port = sock.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files: the certificate with its chain, and its key."""

    chain: Path
    key: Path


class _Uvicorn(uvicorn.Server):
    ready: asyncio.Event

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process's signals are the command line's to handle: uvicorn would end it by the signal, not with 0."""
        yield


class HttpServer:
    """Raises: CannotServeError where the certificate cannot be used."""

    def __init__(
        self,
        app: ASGIApp,
        sock: socket.socket,
        grace_seconds: int = 10,
        certificate: Certificate | None = None,
        proxies: Iterable[Network] = (),
    ) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,  # proxy_headers.py knows which proxies are trusted
            http=partial(LimitedConnection, ConnectionLimits(proxies)),  # type: ignore[arg-type]  # it is only called
            h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
            limit_concurrency=_MOST_AT_ONCE,
            timeout_graceful_shutdown=grace_seconds,
            ssl_certfile=certificate.chain if certificate else None,
            ssl_keyfile=certificate.key if certificate else None,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise CannotServeError(f"the certificate cannot be used: {error}") from error
        self._server = _Uvicorn(config)
        self._server.ready = asyncio.Event()
        self._sock = sock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server.serve(sockets=[self._sock]))
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            await self._task  # raises what kept it from starting

    async def stop(self) -> None:
        """Accept nothing new and let running requests end within the grace."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
