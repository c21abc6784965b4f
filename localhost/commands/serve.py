"""`python -m localhost serve`: the app, and the Graph simulator when no other Graph is named, until SIGTERM."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from localhost.clock import SystemClock
from localhost.commands.app_settings import app_settings
from localhost.commands.function_key import check_strength, given_key, shown_secret
from localhost.data_dir import BUS_CONNECTION, FUNCTION_KEY, DataDir
from localhost.durable.task_hub_address import TaskHubAddress
from localhost.errors import BadFlagError
from localhost.host.host_names import HostNames, is_loopback
from localhost.host.http_server import Certificate, HttpServer, bind, url_of
from localhost.host.running_host import RunningHost, serving

logger = logging.getLogger("localhost")

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class ServeOptions:
    host: str = "127.0.0.1"
    port: int = 7071
    graph: str | None = None
    policy: Path | None = None
    data: Path = ROOT / ".data"
    key: str | None = None
    key_file: Path | None = None
    simulator_users: int = 30
    app: Path = ROOT / "function_app.py"
    service_bus: int | None = None  # the port of the broker; None: there is none
    trust_proxy: tuple[str, ...] = ()
    allow_host: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    task_hub: str | None = None
    task_hub_name: str = "default"

    @property
    def certificate(self) -> Certificate | None:
        """Raises: BadFlagError when only half of it is named."""
        if self.tls_cert is None and self.tls_key is None:
            return None
        if self.tls_cert is None or self.tls_key is None:
            raise BadFlagError("--tls-cert and --tls-key belong together")
        return Certificate(self.tls_cert, self.tls_key)

    @property
    def task_hub_address(self) -> TaskHubAddress | None:
        """Raises: BadFlagError."""
        return None if self.task_hub is None else TaskHubAddress.parse(self.task_hub, self.task_hub_name)


@dataclass(frozen=True, slots=True)
class Served:
    """The parts of a running service that its caller may use."""

    host: RunningHost[SystemClock]
    settings: dict[str, str]
    graph_url: str
    simulated: bool
    data: DataDir
    made: frozenset[str]  # the secrets that this start made, by their files' names


@asynccontextmanager
async def served(options: ServeOptions) -> AsyncIterator[Served]:
    """Everything that `serve` and `demo` start, in this process. Raises: LocalHostError and what the app raises."""
    if options.policy is not None and not options.policy.is_file():
        raise BadFlagError(f"--policy {options.policy}: there is no such file")
    if not options.app.is_file():
        raise BadFlagError(f"--app {options.app}: there is no such file")
    given = given_key(options.key, options.key_file)
    os.umask(0o077)  # whatever is made from here on is this user's alone
    certificate, task_hub = options.certificate, options.task_hub_address
    with (
        DataDir(options.data) as data,
        bind(options.host, options.port) as sock,
        _service_bus(options, data) as connection,
    ):
        is_local = is_loopback(str(sock.getsockname()[0]))
        async with _graph(options) as graph_url:
            settings = app_settings(
                os.environ,
                data,
                graph_url=graph_url,
                policy=options.policy,
                base_url=url_of(sock, "https" if certificate else "http"),
                simulated=options.graph is None,
                shared=task_hub is not None,
                bound_to_loopback=is_local,
            )
            if connection:
                settings["ServiceBusConnection"] = connection
            made = data.absent(FUNCTION_KEY, BUS_CONNECTION)
            key = given or data.function_key()
            check_strength(key, bound_to_loopback=is_local)
            # Where a proxy signs people in, the app's routes are open to the host and the app checks the key itself.
            settings["API_KEYS"] = os.environ.get("API_KEYS") or f"local:{key}"
            os.environ.update(settings)
            async with serving(
                options.app.parent,
                sock=sock,
                key=key,
                clock=SystemClock(),
                script=options.app.name,
                engine=data.path / "engine.sqlite",
                on_broken=_end_at_once,
                proxies=options.trust_proxy,
                names=[*options.allow_host, urlsplit(os.environ.get("PUBLIC_BASE_URL", "")).hostname or "localhost"],
                certificate=certificate,
                task_hub=task_hub,
            ) as host:
                yield Served(host, settings, graph_url, options.graph is None, data, made)


@asynccontextmanager
async def _graph(options: ServeOptions) -> AsyncIterator[str]:
    if options.graph is not None:
        yield options.graph
        return
    from localhost.simulator import World, create_app  # noqa: PLC0415 - a host with a real Graph needs none of it

    sock = bind("127.0.0.1", 0)
    server = HttpServer(HostNames(create_app(World.demo(options.simulator_users))), sock, grace_seconds=1)
    url = url_of(sock)
    await server.start()
    try:
        yield url
    finally:
        await server.stop()


@contextmanager
def _service_bus(options: ServeOptions, data: DataDir) -> Iterator[str]:
    """The connection string of a broker that runs as long as the context lasts; "" where none is wanted."""
    if options.service_bus is None:
        yield ""
        return
    if find_spec("proton") is None:
        raise BadFlagError(
            "--service-bus needs python-qpid-proton, which make setup could not build: .venv/servicebus.log"
        )
    from localhost.servicebus.server import service_bus  # noqa: PLC0415 - Proton may be missing

    with service_bus(port=options.service_bus, data=data.path / "bus.sqlite", key=data.bus_key()) as running:
        yield running.connection_string


async def serve(options: ServeOptions) -> int:
    """Run until SIGTERM or SIGINT; returns the number of functions that had to be cut off."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop_or_quit, stop)
    async with served(options) as it:
        _introduce(it, options)
        print(f"ready {it.host.base_url}", flush=True)
        await stop.wait()
        logger.info("stopping: running functions get a moment to end")
    if it.host.cut_off:
        logger.warning("%d functions were cut off", it.host.cut_off)
    return it.host.cut_off


def _end_at_once(error: Exception) -> None:
    """End at once: the state of the disk is unknown, so what is in memory must not be acted on. A new start reads the file."""
    print(f"localhost: the engine's file is broken and the host ends at once: {error}", file=sys.stderr, flush=True)
    os._exit(1)


def _stop_or_quit(stop: asyncio.Event) -> None:
    if stop.is_set():  # a second signal: do not wait
        sys.stdout.flush()
        os._exit(1)
    stop.set()


def _introduce(it: Served, options: ServeOptions) -> None:
    base = it.host.base_url
    if options.key is None and options.key_file is None:
        is_new = FUNCTION_KEY in it.made
        print(f"function key   {shown_secret(it.data, FUNCTION_KEY, it.host.key, is_new=is_new)}")
    if it.simulated:
        print(f"mailbox        {it.graph_url}/mailbox")
    print(f"graph          {it.graph_url}{' (simulated)' if it.simulated else ''}")
    if options.service_bus is not None:
        connection = it.settings["ServiceBusConnection"]
        it.data.write_secret(BUS_CONNECTION, connection)  # the port may be another one than at the last start
        is_new = BUS_CONNECTION in it.made
        print(f"service bus    {shown_secret(it.data, BUS_CONNECTION, connection, is_new=is_new)}")
    closed = " (sign-in is off: see CONSOLE_TEST_SIGN_IN in docs/settings.md)"
    print(f"console        {base}/console{'' if it.settings['CONSOLE_TEST_SIGN_IN'] else closed}")
    print(f"policy         {it.settings['POLICY_FILE']}")
    print(f"data           {options.data.resolve()}")
    if options.task_hub is not None:
        print(f"task hub       {options.task_hub} ({options.task_hub_name})")
    print(f"health         {base}/api/health  {base}/ready")
