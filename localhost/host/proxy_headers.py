"""Accept forwarded headers from the trusted proxies alone.

From every other client they are removed, `X-MS-CLIENT-PRINCIPAL` among them: it names the signed-in user.
"""

import ipaddress
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from localhost.errors import BadFlagError

_PROXY_PREFIXES = (b"x-forwarded-", b"x-ms-client-principal", b"x-ms-token-", b"x-original-", b"x-real-ip")

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ProxyHeaders:
    """An ASGI app around another. `proxies` are networks: 10.0.0.0/24, 127.0.0.1, ::1."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self._app = app
        self._networks = networks(proxies)
        self._trusting = ProxyHeadersMiddleware(app, list(proxies))  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._is_proxy(scope.get("client")):
            await self._trusting(scope, receive, send)  # type: ignore[arg-type]
        else:
            headers = [header for header in scope["headers"] if not _is_proxy_header(header[0])]
            await self._app({**scope, "headers": headers}, receive, send)

    def _is_proxy(self, client: tuple[str, int] | None) -> bool:
        if client is None or not self._networks:
            return False
        address = ipaddress.ip_address(client[0])
        return any(address in network for network in self._networks)


def _is_proxy_header(name: bytes) -> bool:
    return name.lower() == b"forwarded" or name.lower().startswith(_PROXY_PREFIXES)


def networks(proxies: Sequence[str]) -> list[Network]:
    """Raises: BadFlagError."""
    return [_network(text) for text in proxies]


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise BadFlagError(f"--trust-proxy {text}: it must be an address or a network like 10.0.0.0/24") from error
