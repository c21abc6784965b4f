"""`Strict-Transport-Security` on what goes out over TLS, as host.json's `extensions.http.hsts` has it.

As the Functions host does (HstsMiddleware of ASP.NET Core), with one difference: it leaves out loopback addresses, and
here only the name `localhost` is left out, where other services of the same machine would become unreachable. Browsers
ignore the header from addresses by themselves: RFC 6797, section 8.1.1.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TransportSecurity:
    """An ASGI app around another, behind what knows the scheme of the client's connection."""

    def __init__(self, app: ASGIApp, value: str) -> None:
        self._app = app
        self._value = value

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["scheme"] != "https" or not self._value or _is_localhost(scope):
            await self._app(scope, receive, send)
            return

        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Strict-Transport-Security"] = self._value
            await send(message)

        await self._app(scope, receive, send_with_header)


def _is_localhost(scope: Scope) -> bool:
    return any(name == b"host" and value.lower().partition(b":")[0] == b"localhost" for name, value in scope["headers"])
