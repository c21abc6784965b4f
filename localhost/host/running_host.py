"""Put the parts together: one function app, served on one machine for as long as the context lasts."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from localhost.clock import Clock, VirtualClock
from localhost.durable.engine import Engine
from localhost.durable.grpc_backend import GrpcBackend
from localhost.durable.provider_faults import Faults
from localhost.durable.sqlite_persistence import SqlitePersistence
from localhost.durable.timers import Timers
from localhost.durable.vendor_adapter import pb
from localhost.host.app_index import load_app
from localhost.host.dispatcher import Dispatcher, Limits
from localhost.host.http_server import Certificate, HttpServer, url_of
from localhost.host.http_trigger import MAX_BODY_BYTES, HttpTriggers
from localhost.host.proxy_headers import ProxyHeaders
from localhost.host.readiness import Readiness
from localhost.host.request_limits import RequestLimits
from localhost.host.service_bus_trigger import ServiceBusTriggers
from localhost.host.timer_trigger import TimerTriggers

# How long running functions may go on after the stop was requested.
GRACE_SECONDS = 10


@dataclass
class RunningHost[AnyClock: Clock]:
    base_url: str
    key: str
    clock: AnyClock
    engine: Engine
    dispatcher: Dispatcher
    timers: Timers
    cut_off: int = 0  # functions that were still running when the grace was over

    async def idle(self) -> None:
        """Return when nothing runs or is queued; only time, events and requests are waited for."""
        await self.dispatcher.idle()

    def history(self, instance_id: str) -> list[pb.HistoryEvent]:
        return self.engine.history(instance_id, unprocessed=True)

    def instance_ids(self) -> list[str]:
        return self.engine.instance_ids()

    async def advance(self: "RunningHost[VirtualClock]", seconds: float) -> None:
        """Let time pass timer by timer, everything that each one starts included, and end idle."""
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
    faults: Faults | None = None,
) -> AsyncIterator[RunningHost[AnyClock]]:
    """Serve the app until the context is left: then nothing new is accepted and running functions get a grace.

    `engine` is the file of the durable engine's state; None: in memory alone. `on_broken` is called, in another thread,
    when that file breaks under way. `proxies` are the networks whose forwarded headers are believed. `faults` are those of
    Azure's storage provider that the engine shows.
    """
    app = load_app(root, script)
    timers = Timers(clock)
    durable = _engine(clock, timers, engine, on_broken, faults)
    with _served(durable) as engine_address:
        dispatcher = Dispatcher(app, durable, engine_address, clock, timers, limits or Limits())
        timer_triggers = TimerTriggers(app, dispatcher, clock, timers)
        queues = ServiceBusTriggers(app, dispatcher)
        http = Readiness(HttpTriggers(app, dispatcher.invoke, key, max_body), lambda: _why_not(dispatcher, durable))
        server = HttpServer(RequestLimits(ProxyHeaders(http, proxies)), sock, GRACE_SECONDS, certificate)
        host = RunningHost(url_of(sock, "https" if certificate else "http"), key, clock, durable, dispatcher, timers)
        dispatcher.start()
        try:
            await server.start()
            timer_triggers.start()
            queues.start()
            yield host
        finally:
            loop = asyncio.get_running_loop()
            end = loop.time() + GRACE_SECONDS  # one grace for requests and for what runs behind them
            dispatcher.start_nothing_new()
            await asyncio.gather(server.stop(), queues.stop(GRACE_SECONDS))
            host.cut_off = await dispatcher.drain(max(0.0, end - loop.time()))


@contextmanager
def _served(engine: Engine) -> Iterator[str]:
    """The engine's address, as long as the context lasts; its state is on disk afterwards."""
    backend = GrpcBackend(engine)
    try:
        yield backend.start()
    finally:
        backend.stop()


def _engine(
    clock: Clock,
    timers: Timers,
    file: Path | None,
    on_broken: Callable[[Exception], None] | None,
    faults: Faults | None,
) -> Engine:
    if file is None:
        return Engine(clock, timers, faults=faults)
    return Engine(clock, timers, SqlitePersistence.open(file, on_broken or (lambda _: None)), faults)


def _why_not(dispatcher: Dispatcher, engine: Engine) -> str:
    """Why nothing should be sent here at the moment."""
    return "the host is stopping" if dispatcher.draining else engine.trouble
