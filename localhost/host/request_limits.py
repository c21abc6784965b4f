"""Refuse requests that the Functions host's server refuses before any function sees them.

The limits are the defaults of Kestrel, its web server: learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/options.
"""

import logging

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger("localhost.http")

MAX_REQUEST_LINE_BYTES = 8 * 1024
MAX_HEADER_BYTES = 32 * 1024
MAX_HEADERS = 100


class RequestLimits:
    """An ASGI app around another."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = _refusal(scope) if scope["type"] == "http" else 0
        if not status:
            await self._app(scope, receive, send)
            return
        logger.info("%s refused: %d", scope["method"], status)
        await Response(status_code=status, headers={"Connection": "close"})(scope, receive, send)


def _refusal(scope: Scope) -> int:
    """The status to refuse with; 0: go on."""
    if b"%00" in scope["raw_path"]:
        return 400
    query = scope["query_string"]
    target = len(scope["raw_path"]) + (1 + len(query) if query else 0)
    if len(scope["method"]) + 1 + target + len(" HTTP/1.1\r\n") > MAX_REQUEST_LINE_BYTES:
        return 414
    headers = scope["headers"]
    if len(headers) > MAX_HEADERS or sum(len(name) + len(value) + 4 for name, value in headers) > MAX_HEADER_BYTES:
        return 431
    return 0
