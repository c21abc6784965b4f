"""Where a callback may go: a name is looked up once, checked, and the address that was checked is the one that is called.

Without that a name that leads into the service's own network (or to the cloud's metadata address) would let the
owner of the name read what only the service can reach.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

from messaging.errors import AddressNotAllowedError, NoAnswerError

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Resolve = Callable[[str, int], Awaitable[list[str]]]

# The translation prefixes of RFC 6052 and RFC 8215: the last 32 bits are an IPv4 address.
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
# Inside a network (RFC 1918, RFC 4193), and behind a carrier's or cloud's translation (RFC 6598).
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)

# Azure's own, in every virtual network, with a public number: DNS, DHCP, health probes and the machine's agent.
# learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_PLATFORM = frozenset({ipaddress.IPv4Address("168.63.129.16")})


async def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the machine's resolver gives them."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NoAnswerError(f"the name {host} could not be looked up") from error
    return [str(entry[4][0]) for entry in found]


async def allowed_addresses(host: str, port: int, *, allow_private: bool, resolve: Resolve = look_up) -> list[str]:
    """Return the addresses of `host` that may be called.

    This machine itself is called only where `host` names it plainly (localhost, 127.0.0.1, ::1): no other name may lead here.

    Raises: AddressNotAllowedError where there are none.
    """
    here = _names_this_machine(host)
    found = [host] if _address(host) else await resolve(host, port)
    allowed = [text for text in found if is_allowed(text, allow_private=allow_private, this_machine=here)]
    if not allowed:
        raise AddressNotAllowedError(f"{host} leads to no address that a callback may go to")
    return list(dict.fromkeys(allowed))


def is_allowed(text: str, *, allow_private: bool = False, this_machine: bool = False) -> bool:
    """Return whether the address in `text` may be called. Link-local (cloud metadata), Azure's own, multicast and the like never may."""
    address = _address(text)
    if address is None:
        return False
    address = _embedded(address)
    if address.is_loopback:
        return this_machine
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    if address in _PLATFORM or _is_site_local(address):
        return False
    if this_machine:
        return False
    if any(address in network for network in _PRIVATE if network.version == address.version):
        return allow_private
    return address.is_global


def _is_site_local(address: Address) -> bool:
    """fec0::/10, deprecated by RFC 3879, which some networks still route inside."""
    return isinstance(address, ipaddress.IPv6Address) and address.is_site_local


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _names_this_machine(host: str) -> bool:
    address = _address(host)
    return address.is_loopback if address else host.lower() == "localhost"


def _embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address carries, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
