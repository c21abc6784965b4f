"""Put the parts together: one function app, served on one machine for as long as the context lasts."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from localhost.clock import Clock, VirtualClock
from localhost.durable.durable_work import DurableWork
from localhost.durable.engine import Engine
from localhost.durable.grpc_backend import GrpcBackend
from localhost.durable.hub_worker import TaskHub
from localhost.durable.provider_faults import Faults
from localhost.durable.sqlite_persistence import SqlitePersistence
from localhost.durable.task_hub_address import TaskHubAddress
from localhost.durable.timers import Timers
from localhost.durable.vendor_adapter import pb
from localhost.host.app_index import load_app
from localhost.host.dispatcher import Dispatcher, Limits
from localhost.host.host_names import HostNames
from localhost.host.http_server import Certificate, HttpServer, url_of
from localhost.host.http_trigger import MAX_BODY_BYTES, HttpTriggers
from localhost.host.proxy_headers import ProxyHeaders, networks
from localhost.host.readiness import Readiness
from localhost.host.request_limits import RequestLimits
from localhost.host.service_bus_trigger import ServiceBusTriggers
from localhost.host.timer_claims import OwnTimers, shared_timers
from localhost.host.timer_trigger import TimerTriggers
from localhost.host.transport_security import TransportSecurity

# How long running functions may go on after the stop was requested.
GRACE_SECONDS = 10


@dataclass
class RunningHost[AnyClock: Clock]:
    base_url: str
    key: str
    clock: AnyClock
    durable: DurableWork
    dispatcher: Dispatcher
    timers: Timers
    cut_off: int = 0  # functions that were still running when the grace was over

    @property
    def engine(self) -> Engine:
        """The embedded engine, of a host that has no task hub."""
        if not isinstance(self.durable, Engine):
            raise TypeError("the durable work of this host comes from a task hub")
        return self.durable

    async def idle(self) -> None:
        """Return when nothing runs or is queued; only time, events, requests and a task hub are waited for."""
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
    names: Sequence[str] = (),
    certificate: Certificate | None = None,
    faults: Faults | None = None,
    task_hub: TaskHubAddress | None = None,
) -> AsyncIterator[RunningHost[AnyClock]]:
    """Serve the app until the context is left: then nothing new is accepted and running functions get a grace.

    `engine` is the file of the durable engine's state; None: in memory alone. `on_broken` is called, in another thread,
    when that file breaks under way. `proxies` are the networks whose forwarded headers are believed, `names` those that the
    host is called by beside loopback's. `faults` are those of Azure's storage provider that the engine shows. With `task_hub`
    there is no engine: the work comes from there.
    """
    app = load_app(root, script)
    timers = Timers(clock)
    limits = limits or Limits()
    async with AsyncExitStack() as parts:
        durable: DurableWork
        if task_hub is not None:
            # One turn more than runs at once, so that the next is here when one ends.
            durable = TaskHub(task_hub, activities=limits.activities, orchestrations=limits.orchestrations + 1)
            engine_address = await parts.enter_async_context(_connected(durable))
        else:
            durable = _engine(clock, timers, engine, on_broken, faults)
            engine_address = parts.enter_context(_served(durable))
        dispatcher = Dispatcher(app, durable, engine_address, clock, timers, limits)
        claims = OwnTimers() if task_hub is None else await shared_timers(os.environ, task_hub.name, parts)
        timer_triggers = TimerTriggers(app, dispatcher, clock, timers, claims)
        queues = ServiceBusTriggers(app, dispatcher)
        http = Readiness(
            HttpTriggers(app, dispatcher.invoke, key, max_body, engine.parent if engine else None),
            lambda: _why_not(dispatcher, durable),
        )
        edge = RequestLimits(HostNames(ProxyHeaders(TransportSecurity(http, app.hsts), proxies), names))
        server = HttpServer(edge, sock, GRACE_SECONDS, certificate, networks(proxies))
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


@asynccontextmanager
async def _connected(hub: TaskHub) -> AsyncIterator[str]:
    """The address for the app's clients, as long as the context lasts; what is in hand is given back afterwards."""
    try:
        yield await asyncio.to_thread(hub.start)
    finally:
        await asyncio.to_thread(hub.stop)


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


def _why_not(dispatcher: Dispatcher, durable: DurableWork) -> str:
    """Why nothing should be sent here at the moment."""
    return "the host is stopping" if dispatcher.draining else durable.trouble
