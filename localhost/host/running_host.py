"""Puts the parts together: one function app, served on one machine, for as long as the context lasts."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from localhost.clock import Clock, VirtualClock
from localhost.durable.engine import Engine
from localhost.durable.grpc_backend import GrpcBackend
from localhost.durable.sqlite_persistence import SqlitePersistence
from localhost.durable.timers import Timers
from localhost.durable.vendor_adapter import pb
from localhost.host.app_index import load_app
from localhost.host.dispatcher import FunctionsHost, Limits
from localhost.host.http_server import Certificate, HttpServer, url_of
from localhost.host.http_trigger import MAX_BODY_BYTES, HttpDoor
from localhost.host.proxy_headers import Forwarded
from localhost.host.readiness import Readiness
from localhost.host.service_bus_trigger import QueueTriggers
from localhost.host.timer_trigger import TimerTriggers

# How long running functions may go on after the host was told to stop.
GRACE_SECONDS = 10


@dataclass
class RunningHost[AnyClock: Clock]:
    base_url: str
    key: str
    clock: AnyClock
    engine: Engine
    backend: GrpcBackend
    functions: FunctionsHost
    timers: Timers
    cut_off: int = 0  # functions that were still running when the grace was over

    async def idle(self) -> None:
        """Returns when nothing runs or is queued; only time, events and requests are waited for."""
        await self.functions.idle()

    def history(self, instance_id: str) -> list[pb.HistoryEvent]:
        return self.engine.history(instance_id, unprocessed=True)

    def instance_ids(self) -> list[str]:
        return self.engine.instance_ids()

    async def advance(self: "RunningHost[VirtualClock]", seconds: float) -> None:
        """Lets time pass timer by timer, everything that each one starts included; ends idle."""
        end = self.clock.now() + timedelta(seconds=seconds)
        await self.idle()
        while (due := self.timers.next_at()) is not None and due <= end:
            self.clock.move_to(due)
            await self.idle()
        self.clock.move_to(end)
        await self.idle()


@asynccontextmanager
async def serving[AnyClock: Clock](
    root: Path,
    *,
    sock: socket.socket,
    key: str,
    clock: AnyClock,
    script: str = "function_app.py",
    limits: Limits | None = None,
    max_body: int = MAX_BODY_BYTES,
    engine: Path | None = None,
    on_broken: Callable[[Exception], None] | None = None,
    proxies: Sequence[str] = (),
    certificate: Certificate | None = None,
) -> AsyncIterator[RunningHost[AnyClock]]:
    """Serves the app until the context is left: then nothing new is accepted and running functions get a grace.

    `engine` is the file of the durable engine's state; None: in memory alone. `on_broken` is told, in another thread,
    when that file breaks under way. `proxies` are the networks whose forwarded headers are believed.
    """
    app = load_app(root, script)
    timers = Timers(clock)
    durable = _engine(clock, timers, engine, on_broken)
    backend = GrpcBackend(durable)
    functions = FunctionsHost(app, durable, backend, clock, timers, limits or Limits())
    triggers = TimerTriggers(app, functions, clock, timers)
    queues = QueueTriggers(app, functions)
    door = Readiness(HttpDoor(app, functions.invoke, key, max_body), lambda: _why_not(functions, durable))
    server = HttpServer(Forwarded(door, proxies), sock, GRACE_SECONDS, certificate)
    host = RunningHost(
        url_of(sock, "https" if certificate else "http"), key, clock, durable, backend, functions, timers
    )
    backend.start()
    functions.start()
    try:
        await server.start()
        triggers.start()
        queues.start()
        yield host
    finally:
        loop = asyncio.get_running_loop()
        end = loop.time() + GRACE_SECONDS  # one grace for requests and for what runs behind them
        functions.start_nothing_new()
        await asyncio.gather(server.stop(), queues.stop(GRACE_SECONDS))
        host.cut_off = await functions.drain(max(0.0, end - loop.time()))
        backend.stop()


def _engine(clock: Clock, timers: Timers, file: Path | None, on_broken: Callable[[Exception], None] | None) -> Engine:
    if file is None:
        return Engine(clock, timers)
    return Engine(clock, timers, SqlitePersistence.open(file, on_broken or (lambda _: None)))


def _why_not(functions: FunctionsHost, engine: Engine) -> str:
    """Why nothing should be sent here at the moment."""
    return "the host is stopping" if functions.draining else engine.trouble
