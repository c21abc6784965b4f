"""The simulator as an ASGI application. Small on purpose: thousands of calls per second share two cores."""

import asyncio
import json
from email.utils import format_datetime
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from localhost.simulator.protocol.errors import HTML, DroppedError
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.server.pipeline import Pipeline, Sleep
from localhost.simulator.world.world import World

LARGEST_BODY = 4 * 1024 * 1024  # Graph's own limit for one request [d]
DUMP = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def create_app(world: World, *, sleep: Sleep = asyncio.sleep) -> ASGIApp:
    """Return the world as an ASGI application.

    `sleep` waits out injected latency, in seconds; pass another one where a test controls time.
    """
    pipeline = Pipeline(world, sleep)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        body = await _read(receive)
        request = _request(scope, body)
        if len(body) > LARGEST_BODY:
            response = Response(413, {"error": {"code": "RequestEntityTooLarge", "message": "The body is too large."}})
        else:
            try:
                response = await pipeline.respond(request)
            except DroppedError:
                await _drop(receive)
                return
        await _send(world, request, response, send)

    return app


def _request(scope: Scope, body: bytes) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(
        verb=scope["method"],
        raw_path=scope["raw_path"].decode("ascii", "replace"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        base=f"{scope['scheme']}://{headers.get('host', 'localhost')}",
    )


async def _read(receive: Receive) -> bytes:
    """Read the whole body, or as much as shows that it is too large."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= LARGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
    return body


async def _send(world: World, request: Request, response: Response, send: Send) -> None:
    body, kind = b"", b"application/json"
    if response.malformed == "html":
        body, kind = HTML.encode(), b"text/html"
    elif isinstance(response.body, bytes):
        body = response.body
    elif response.body is not None:
        body = DUMP(response.body).encode()
        kind = b"application/json; odata.metadata=minimal; charset=utf-8"
    ids = request.headers.get("client-request-id", request.request_id)
    headers = [
        (b"date", format_datetime(world.clock(), usegmt=True).encode()),
        (b"request-id", request.request_id.encode()),
        (b"client-request-id", ids.encode("latin-1")),
    ]
    if response.status != 204:  # HTTP allows no length there
        headers.append((b"content-length", str(len(body)).encode()))
    headers += [(name.encode(), value.encode("latin-1")) for name, value in response.headers.items()]
    if body and "content-type" not in response.headers:
        headers.append((b"content-type", kind))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _drop(receive: Receive) -> None:
    """End the connection without a response.

    ASGI has no word for this. Under uvicorn `receive` belongs to the object that holds the transport; without a
    socket (httpx.ASGITransport) the caller gets the very error that httpx raises when a server hangs up.
    """
    transport: Any = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
