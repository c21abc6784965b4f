"""Keep connections that send nothing useful from keeping others out.

A connection waits until the head of its request is complete. One that waits too long is closed, and one too many that waits
closes the one that waits longest: a client that sends its head at once is served however many others send half of theirs.
"""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

# Kestrel gives 30 seconds (RequestHeadersTimeout); a head is one packet or a few.
HEAD_SECONDS = 10.0
# Connections that wait for a head, from one address and from all.
MOST_WAITING_PER_ADDRESS = 256
MOST_WAITING = 512
# Of the thousand connections there may be (http_server), one address has at most half.
MOST_PER_ADDRESS = 500

# What is read from a connection at once. asyncio's 256 KiB are more than a thousand connections should have in memory.
READ_BYTES = 32 * 1024

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network
type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ConnectionLimits:
    """What all connections of one server share. `proxies` speak for many clients: no limit per address is theirs."""

    def __init__(self, proxies: Iterable[Network] = ()) -> None:
        self._proxies = tuple(proxies)
        self._waiting: dict[LimitedConnection, str] = {}  # those that have waited longest come first
        self._open: Counter[str] = Counter()

    def admit(self, connection: "LimitedConnection") -> bool:
        """Count a new connection. False: its address has too many."""
        address = connection.address
        self._open[address] += 1
        return self._open[address] <= MOST_PER_ADDRESS or self._is_proxy(connection)

    def gone(self, connection: "LimitedConnection") -> None:
        """Count a connection no more, from when it is given up: a burst is accepted before any of it is closed."""
        self.arrived(connection)
        self._open[connection.address] -= 1
        if self._open[connection.address] <= 0:
            del self._open[connection.address]

    def wait(self, connection: "LimitedConnection") -> None:
        """Count a connection as waiting for a head; where that is one too many, close the one that has waited longest."""
        self._waiting[connection] = connection.address
        own = [each for each, address in self._waiting.items() if address == connection.address]
        if len(own) > MOST_WAITING_PER_ADDRESS and not self._is_proxy(connection):
            own[0].give_up()
        if len(self._waiting) > MOST_WAITING:
            next(iter(self._waiting)).give_up()

    def arrived(self, connection: "LimitedConnection") -> None:
        self._waiting.pop(connection, None)

    def _is_proxy(self, connection: "LimitedConnection") -> bool:
        return connection.host is not None and any(connection.host in proxy for proxy in self._proxies)


class LimitedConnection(H11Protocol):
    """uvicorn's connection, with a limit to how long and with how many others it waits for a head."""

    def __init__(self, limits: ConnectionLimits, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._limits = limits
        self._late: asyncio.TimerHandle | None = None
        self.host: Address | None = None
        self.address = ""  # what is counted by
        self._counted = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.host = ipaddress.ip_address(self.client[0].partition("%")[0]) if self.client else None
        self.address = _counted_by(self.host)
        if hasattr(transport, "max_size"):  # asyncio's own; others choose for themselves
            transport.max_size = READ_BYTES
        self._counted = True
        if not self._limits.admit(self):
            self.give_up()
            return
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._arrived()
        elif self._late is None and not self.transport.is_closing():
            self._wait()  # the next request on the same connection

    def give_up(self) -> None:
        """Close the connection, whose head has not come."""
        self._arrived()
        self._forget()
        self.transport.abort()

    def _forget(self) -> None:
        if self._counted:
            self._counted = False
            self._limits.gone(self)

    def _wait(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self.give_up)
        self._limits.wait(self)

    def _arrived(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
        self._limits.arrived(self)


def _counted_by(host: Address | None) -> str:
    """The address; of IPv6 the network that one customer of a provider has (RFC 6177)."""
    if isinstance(host, ipaddress.IPv6Address) and not host.is_loopback:
        return str(ipaddress.ip_network((host, 64), strict=False))
    return str(host or "")
