"""Serve the simulator on a port."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


class Server(uvicorn.Server):
    """Reports when it is ready, and exits with 0: uvicorn itself raises a caught signal again after it has stopped."""

    def __init__(self, settings: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(settings)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


def config(app: ASGIApp) -> uvicorn.Config:
    """Return the settings: responses carry their own Date, from the world's clock, and the access log is off."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        date_header=False,
        server_header=False,
        timeout_keep_alive=75,  # longer than clients keep an idle connection: none is closed as it is used again
        timeout_graceful_shutdown=2,
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket that names its protocol: only then does asyncio switch Nagle's algorithm off [m].

    `socket.create_server` leaves it out, and each response (head and body are two writes) waits 40 ms for an ACK.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(2048)
    return listener


async def serve(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. `ready` gets the base URL, with the port that was free when `port` is 0."""
    listener = listen(host, port)
    url = f"http://{host}:{listener.getsockname()[1]}"
    await Server(config(app), lambda: ready(url)).serve(sockets=[listener])
