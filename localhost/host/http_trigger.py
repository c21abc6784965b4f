"""HTTP to functions: finds the route, checks the key, hands the raw request over and sends the answer back."""

import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import quote

from azure_functions_runtime.bindings.datumdef import Datum
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from localhost.errors import FunctionFailedError
from localhost.host.app_index import App, Function
from localhost.host.problems import problem
from localhost.host.route_templates import Route, parse_route

logger = logging.getLogger("localhost.http")

# A request names at most some ten thousand users; 4 MiB is room for that and no room for more.
MAX_BODY_BYTES = 4 * 1024 * 1024
# How many times that is read of a body that is too large, before the connection is simply closed.
_PATIENCE = 8
_ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
# A token in an approval link is as good as the approver's word: it never reaches a log.
# Nor does the name of a user whose details somebody reads.
_UNSPEAKABLE = re.compile(r"(approvals/+|customers/+[^/]+/+users/+|console/+users/+[^/]+/+)[^/]+", re.IGNORECASE)

Invoke = Callable[[Function, Datum], Awaitable[Datum | None]]


@dataclass(frozen=True, slots=True)
class HttpFunction:
    function: Function
    route: Route
    methods: tuple[str, ...]
    needs_key: bool


class HttpTriggers:
    """An ASGI app over all http-triggered functions of an app."""

    def __init__(self, app: App, invoke: Invoke, key: str, max_body: int = MAX_BODY_BYTES) -> None:
        self._invoke = invoke
        self._key = key.encode()
        self._max_body = max_body
        self._functions = sorted(
            (_http_function(app, function) for function in app.triggered_by("httpTrigger")),
            key=lambda entry: entry.route.rank,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # no websockets in Azure Functions
            return
        started = perf_counter()
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            logger.info("%s %s - gone", request.method, _speakable(request))
            return
        await response(scope, receive, send)
        took = (perf_counter() - started) * 1000
        logger.info("%s %s %d %.0f ms", request.method, _speakable(request), response.status_code, took)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"].strip("/")
        here = [(entry, found) for entry in self._functions if (found := entry.route.match(path)) is not None]
        if not here:
            return problem(404)
        wanted = (request.method, "GET") if request.method == "HEAD" else (request.method,)
        for method in wanted:
            for entry, parameters in here:
                if method in entry.methods:
                    if entry.needs_key and not self._has_key(request):
                        return problem(401, "A function key is needed: header x-functions-key or query parameter code.")
                    return await self._call(entry.function, method, parameters, request)
        return problem(405, headers={"Allow": ", ".join(_allowed(here))})

    def _has_key(self, request: Request) -> bool:
        given = (request.headers.get("x-functions-key"), request.query_params.get("code"))
        return any(hmac.compare_digest(key.encode(), self._key) for key in given if key is not None)

    async def _call(self, function: Function, method: str, parameters: dict[str, str], request: Request) -> Response:
        body = await self._read(request)
        if body is None:
            return problem(413, f"A body may have at most {self._max_body} bytes.", {"Connection": "close"})
        try:
            answer = await self._invoke(function, _request_datum(request, method, parameters, body))
        except FunctionFailedError as error:
            logger.error("%s failed, invocation %s: %s\n%s", function.name, error.invocation_id, error, error.trace)  # noqa: TRY400 - the trace that counts is the function's
            return problem(500, f"Invocation {error.invocation_id} failed.")
        return _response(answer)

    async def _read(self, request: Request) -> bytes | None:
        """The whole body, or None when it is too large: then read to its end, within reason, and thrown away.

        A client that is still sending when the connection is closed sees a reset instead of the answer.
        """
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > _PATIENCE * self._max_body:
            return None
        body, size = bytearray(), 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > _PATIENCE * self._max_body:
                return None
            if size <= self._max_body:
                body += chunk
        return bytes(body) if size <= self._max_body else None


def _http_function(app: App, function: Function) -> HttpFunction:
    template = "/".join(
        filter(None, (app.route_prefix, str(function.trigger.get("route") or function.name).strip("/")))
    )
    methods = tuple(str(method).upper() for method in function.trigger.get("methods") or _ALL_METHODS)
    needs_key = str(function.trigger.get("authLevel", "FUNCTION")).upper() != "ANONYMOUS"
    return HttpFunction(function, parse_route(template), methods, needs_key)


def _allowed(here: list[tuple[HttpFunction, dict[str, str]]]) -> list[str]:
    methods = {method for entry, _ in here for method in entry.methods}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _joined(items: list[tuple[str, str]], by: str = ",") -> dict[str, Datum]:
    """Azure's host joins what comes more than once."""
    values: dict[str, list[str]] = {}
    for name, value in items:
        values.setdefault(name, []).append(value)
    return {name: Datum((("; " if name == "cookie" else by).join(all_)), "string") for name, all_ in values.items()}


def _request_datum(request: Request, method: str, parameters: dict[str, str], body: bytes) -> Datum:
    return Datum(
        {
            "method": Datum(method, "string"),
            "url": Datum(_url_as_sent(request), "string"),
            "headers": _joined(request.headers.items()),
            "query": _joined(request.query_params.multi_items()),
            "params": {name: Datum(value, "string") for name, value in parameters.items()},
            "body": Datum(body, "bytes"),
        },
        "http",
    )


def _url_as_sent(request: Request) -> str:
    path = bytes(request.scope["raw_path"]).decode("ascii", "replace")
    query = request.url.query
    return f"{request.url.scheme}://{request.url.netloc}{path}{f'?{query}' if query else ''}"


def _response(answer: Datum | None) -> Response:
    if answer is None or answer.value is None:
        return Response(status_code=204)
    if answer.type != "http":
        return Response(str(answer.value), media_type="text/plain")
    value: dict[str, Any] = answer.value
    response = Response(value["body"].value, int(value["status_code"].value))
    for name, header in value["headers"].items():
        if name.lower() != "content-length":  # counted from the body
            response.headers[name] = header.value
    for cookie in value["cookies"] or ():
        for morsel in cookie.values():
            response.headers.append("set-cookie", morsel.OutputString())
    return response


def _speakable(request: Request) -> str:
    """The path for the log: no query, no token, no control characters."""
    return _UNSPEAKABLE.sub(r"\1…", quote(request.scope["path"], safe="/:@-._~"))
