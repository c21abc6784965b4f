"""Run http-triggered functions as the Functions host does: find the route, check the key, invoke, respond.

What the host refuses itself has no body: the log says why.
"""

import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from urllib.parse import quote

from azure_functions_runtime.bindings.datumdef import Datum
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from localhost.errors import FunctionFailedError
from localhost.host.app_index import App, Function
from localhost.host.http_messages import decoded_path, has_length, request_datum, response_of
from localhost.host.request_bodies import BodyTimeoutError, BodyTooLargeError, RequestBodies, TooManyBodiesError
from localhost.host.route_templates import Route, parse_route
from localhost.host.system_pages import system_page

logger = logging.getLogger("localhost.http")

# A request names at most some ten thousand users; 4 MiB is room for that and no room for more. On Azure it is 100 MB.
MAX_BODY_BYTES = 4 * 1024 * 1024
# How many times that is read of a body that is too large, before the connection is simply closed.
_READ_AT_MOST = 8
_ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
# A token in an approval link is as good as the approver's word: it never reaches a log.
# Nor does the name of a user whose details are read.
_SECRET_PARTS = re.compile(r"(approvals/+|customers/+[^/]+/+users/+|console/+users/+[^/]+/+)[^/]+", re.IGNORECASE)

Invoke = Callable[[Function, Datum], Awaitable[Datum | None]]


@dataclass(frozen=True, slots=True)
class HttpFunction:
    function: Function
    route: Route
    methods: tuple[str, ...]
    needs_key: bool


class _RefusedError(Exception):
    """The host responds itself, without a body."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        # The rest of the body may still be coming.
        self.headers = {"Connection": "close"} if status in {408, 413, 503} else {}


class HttpTriggers:
    """An ASGI app over all http-triggered functions of an app."""

    def __init__(
        self, app: App, invoke: Invoke, key: str, max_body: int = MAX_BODY_BYTES, spool: Path | None = None
    ) -> None:
        self._bodies = RequestBodies(max_body, _READ_AT_MOST * max_body, spool)
        self._invoke = invoke
        self._key = key.encode()
        self._max_body = max_body
        self._functions = sorted(
            (_http_function(app, function) for function in app.triggered_by("httpTrigger")),
            key=lambda entry: entry.route.rank,
        )
        self._has_root = any(entry.route.match("") is not None for entry in self._functions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # no websockets in Azure Functions
            return
        started = perf_counter()
        request, reason = Request(scope, receive), ""
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            logger.info("%s %s - the client went away", request.method, _loggable(request))
            return
        except _RefusedError as refused:
            reason = f" ({refused})"
            response = Response(status_code=refused.status, headers=refused.headers)
        await response(scope, receive, send)
        took = (perf_counter() - started) * 1000
        logger.info("%s %s %d %.0f ms%s", request.method, _loggable(request), response.status_code, took, reason)

    async def _respond(self, request: Request) -> Response:
        path = decoded_path(request)
        # As on the real host, a function whose route is the empty path takes the place of the host's own page there.
        if (page := system_page(path)) is not None and not (path == "/" and self._has_root):
            return page
        entry, parameters = self._find(request.method, path.strip("/"))
        if entry.needs_key and not self._has_key(request):
            # The app never sees this call, so its trace is here: the line that the app writes for what it refuses itself.
            logger.warning("accessRefused kind=key reason=%s endpoint=%s", _why(request), entry.function.name)
            raise _RefusedError(401, "header x-functions-key or query parameter code must be a function key")
        body = await self._read(request)
        try:
            answer = await self._invoke(entry.function, request_datum(request, parameters, body))
        except FunctionFailedError as error:
            logger.error(  # noqa: TRY400 - the trace that counts is the function's
                "%s failed, invocation %s: %s\n%s", entry.function.name, error.invocation_id, error, error.trace
            )
            raise _RefusedError(500, f"invocation {error.invocation_id} failed") from error
        return response_of(answer)

    def _find(self, method: str, path: str) -> tuple[HttpFunction, dict[str, str]]:
        """The function of a path and method, with the route's parameters. Raises: _RefusedError."""
        found = [(entry, values) for entry in self._functions if (values := entry.route.match(path)) is not None]
        for entry, values in found:
            if method in entry.methods:
                return entry, values
        methods = {each for entry, _ in found for each in entry.methods}
        raise _RefusedError(404, f"methods here: {', '.join(sorted(methods))}" if methods else "no function here")

    def _has_key(self, request: Request) -> bool:
        """A key in the header wins over one in the query, also where it is wrong."""
        key = request.headers.get("x-functions-key", request.query_params.get("code", ""))
        return hmac.compare_digest(key.encode(), self._key)

    async def _read(self, request: Request) -> bytes:
        """The body as the function gets it. Raises: _RefusedError when it is too large or does not come."""
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > _READ_AT_MOST * self._max_body:
            raise self._too_large()
        try:
            body = await self._bodies.read(request.stream())
        except BodyTooLargeError:
            raise self._too_large() from None
        except BodyTimeoutError:
            raise _RefusedError(408, "the rest of the body did not come in time") from None
        except TooManyBodiesError:
            raise _RefusedError(503, "unfinished bodies take all the room there is for them") from None
        return body if has_length(request) else b""

    def _too_large(self) -> _RefusedError:
        return _RefusedError(413, f"a body may have at most {self._max_body} bytes")


def _http_function(app: App, function: Function) -> HttpFunction:
    template = "/".join(
        filter(None, (app.route_prefix, str(function.trigger.get("route") or function.name).strip("/")))
    )
    methods = tuple(str(method).upper() for method in function.trigger.get("methods") or _ALL_METHODS)
    needs_key = str(function.trigger.get("authLevel", "FUNCTION")).upper() != "ANONYMOUS"
    return HttpFunction(function, parse_route(template), methods, needs_key)


def _loggable(request: Request) -> str:
    """The path for the log: no query, no token, no control characters."""
    return _SECRET_PARTS.sub(r"\1…", quote(request.scope["path"], safe="/:@-._~"))


def _why(request: Request) -> str:
    return "wrong" if "x-functions-key" in request.headers or "code" in request.query_params else "missing"
