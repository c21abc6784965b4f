"""Which addresses are this machine's own."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Return whether `host`, a name or an address without brackets, is this machine's own: RFC 6761, section 6.3."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_of_this_machine(url: str) -> bool:
    """Return whether a URL leads to this machine and nowhere else."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
