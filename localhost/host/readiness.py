"""`GET /ready`: whether work sent here now would be kept. The app's own `/api/health` only says that it runs."""

from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Readiness:
    """An ASGI app around another. `why_not` says why nothing should be sent here at the moment; empty: all is well."""

    def __init__(self, app: ASGIApp, why_not: Callable[[], str]) -> None:
        self._app = app
        self._why_not = why_not

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/ready" or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        reason = self._why_not()
        body = {"status": "not ready", "detail": reason} if reason else {"status": "ready"}
        response = JSONResponse(body, 503 if reason else 200, headers={"Cache-Control": "no-store"})
        await response(scope, receive, send)
