"""Run a broker on a thread of its own, from `start` to `stop`."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from proton.reactor import ApplicationEvent, Container, EventInjector

from localhost.clock import Clock, SystemClock
from localhost.errors import CannotServeError
from localhost.servicebus.access import connection_string, new_key
from localhost.servicebus.broker import Broker
from localhost.servicebus.journal import Journal
from localhost.servicebus.namespace import Namespace
from localhost.servicebus.options import DEFAULT, Layout

# Connections that are being closed get this long to say good-bye.
_GOODBYE_SECONDS = 1


@dataclass(frozen=True, slots=True)
class RunningBus:
    port: int
    connection_string: str


@contextmanager
def service_bus(
    *,
    port: int = 0,
    data: Path | None = None,
    key: str | None = None,
    layout: Layout = DEFAULT,
    clock: Clock | None = None,
) -> Iterator[RunningBus]:
    """A broker on 127.0.0.1 for as long as the context lasts. `data`: the file that keeps it all; None: kept in memory.

    Raises: CannotServeError when the port is taken.
    """
    # Proton calls it an error when a client hangs up first, which Azure's does each time.
    logging.getLogger("proton").setLevel(logging.CRITICAL)
    key, clock = key or new_key(), clock or SystemClock()
    with Journal(data) as journal:
        container = Container()
        broker = Broker(Namespace(layout, journal), clock, key, container)
        container.handler.add(broker)
        try:
            broker.acceptor = container.acceptor("127.0.0.1", port)
        except OSError as error:
            raise CannotServeError(f"--service-bus {port}: {error.strerror}") from error
        bound: int = broker.acceptor._selectable._delegate.getsockname()[1]  # noqa: SLF001 - it has no public name
        injector = EventInjector()
        container.selectable(injector)
        thread = threading.Thread(target=container.run, name="service-bus", daemon=True)
        clock.on_move(lambda: injector.trigger(ApplicationEvent("time_moved")) if thread.is_alive() else None)
        thread.start()
        try:
            yield RunningBus(bound, connection_string(bound, key))
        finally:
            injector.trigger(ApplicationEvent("stop"))
            thread.join(_GOODBYE_SECONDS)
            if thread.is_alive():  # a client does not answer
                injector.trigger(ApplicationEvent("give_up"))
                thread.join()
