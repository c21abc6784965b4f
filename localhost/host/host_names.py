"""Serve only under names that are this host's own.

A page on the internet can make its own name lead to 127.0.0.1 (DNS rebinding) and is then, for the browser, of the same
origin as the service. What it cannot do is name another host in its requests.
"""

import ipaddress
import logging
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger("localhost.http")

# RFC 9110, section 15.5.20.
_MISDIRECTED_REQUEST = 421


class HostNames:
    """An ASGI app around another. `names` are served beside those of the loopback interface; without port."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = {_normal(name) for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or all(self._is_own(value) for name, value in scope["headers"] if name == b"host"):
            await self._app(scope, receive, send)
            return
        logger.warning("%s refused: 421, the Host header is none of this host's names (--allow-host)", scope["method"])
        response = PlainTextResponse("This host is not served here.\n", _MISDIRECTED_REQUEST, {"Connection": "close"})
        await response(scope, receive, send)

    def _is_own(self, value: bytes) -> bool:
        try:
            name = _normal(urlsplit(f"//{value.decode('ascii')}").hostname or "")
        except ValueError:
            return False
        return name in self._names or is_loopback(name)


def is_loopback(host: str) -> bool:
    """Whether a name or an address, without brackets, is this machine's own: RFC 6761, section 6.3."""
    if _normal(host) == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _normal(name: str) -> str:
    return name.lower().rstrip(".")
