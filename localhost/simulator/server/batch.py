"""`POST /$batch`: up to 20 requests in one [d].

One API version for all. `dependsOn` may name earlier parts only; what depends on a failed part gets 424. Each part
has its own status and headers, and a throttled one (429 inside a 200) is not retried. Responses come in any order [d].
Parts without `dependsOn` run side by side, which is why removals of one user collide: see method_removal.py.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from localhost.simulator.protocol.errors import HTML, GraphError
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.world import World

LARGEST = 20  # [d]
WRITES = frozenset({"POST", "PATCH", "PUT"})
HTML_MARK = "raw html"
# JSON readers compare header names literally; Graph writes them like this [d].
SPELLING = {"retry-after": "Retry-After", "content-type": "Content-Type", "cache-control": "Cache-Control"}


@dataclass(slots=True)
class Part:
    id: str
    request: Request
    depends_on: Sequence[str]
    response: Response | None = None

    @property
    def user(self) -> str | None:
        """The user whose methods this part removes, by the path; None where it removes none."""
        segments = self.request.path.lower().split("/")
        removes = self.request.verb == "DELETE" and len(segments) > 4 and segments[2] == "users"
        return segments[3] if removes and segments[4] == "authentication" else None


async def run(world: World, request: Request, run_one: Callable[[Request], Awaitable[Response]]) -> Response:
    """Run the parts in waves: those whose dependencies are done run side by side.

    Raises:
        GraphError: 400, the batch as a whole is not valid.
    """
    by_id = _read(request)
    waiting = list(by_id.values())
    done: list[Part] = []
    while waiting:
        wave = [part for part in waiting if all(by_id[name].response for name in part.depends_on)]
        waiting = [part for part in waiting if part not in wave]
        _collide(world, wave, request)
        await asyncio.gather(*(_one(part, by_id, run_one) for part in wave))
        world.random.shuffle(wave)
        done += wave
    return _whole([part for part in done if part.response is None or part.response.malformed != "absent"])


def _collide(world: World, wave: list[Part], request: Request) -> None:
    seen: set[str] = set()
    for part in wave:
        if part.user is None:
            continue
        user = request.own_tenant.find(part.user)
        key = user.id if user else part.user
        part.request.collides = world.collisions and key in seen
        seen.add(key)


async def _one(part: Part, by_id: dict[str, Part], run_one: Callable[[Request], Awaitable[Response]]) -> None:
    failed = [name for name in part.depends_on if (before := by_id[name].response) and before.status >= 400]
    if failed:
        error = {"code": "FailedDependency", "message": f"Request {failed[0]}, on which this one depends, failed."}
        part.response = Response(424, {"error": error})
    else:
        part.response = await run_one(part.request)


def _read(request: Request) -> dict[str, Part]:
    """Check the batch as a whole before anything in it runs.

    Raises:
        GraphError: 400, and nothing of the batch is done.
    """
    listed = request.json().get("requests")
    if not isinstance(listed, list) or not listed or not all(isinstance(raw, dict) for raw in listed):
        raise GraphError(400, "BadRequest", "Invalid batch payload format.")
    if len(listed) > LARGEST:
        raise GraphError(400, "BadRequest", f"A batch has at most {LARGEST} requests; this one has {len(listed)}.")
    by_id: dict[str, Part] = {}
    for raw in listed:
        name = str(raw.get("id", ""))
        if not name or name.lower() in {known.lower() for known in by_id}:  # not case-sensitive, and unique [d]
            raise GraphError(400, "BadRequest", "Each request needs an id of its own.")
        if not all(isinstance(raw.get(each), str) and raw[each] for each in ("method", "url")):  # both are required [d]
            raise GraphError(400, "BadRequest", "Invalid batch payload format.")
        depends_on = raw.get("dependsOn") or []
        for other in depends_on:
            if other not in by_id:
                raise GraphError(400, "BadRequest", f"'{name}' depends on '{other}', which is not an earlier request.")
        _check_body(raw, name)
        by_id[name] = Part(name, _inner(request, raw), depends_on)
    return by_id


def _check_body(raw: dict[str, Any], name: str) -> None:
    method, has_body = str(raw.get("method", "")).upper(), raw.get("body") is not None
    if (has_body or method in WRITES) and not (has_body and _has_content_type(raw)):
        # Also a call that documents no body, such as revokeSignInSessions. [i microsoft-graph-docs#6682,
        # msgraph-sdk-dotnet#1038 #2392 #2628] A body without Content-Type is refused for every method. [d]
        raise GraphError(400, "BadRequest", f"Write request id : {name} does not contain Content-Type header or body.")
    if has_body and method in {"GET", "DELETE"}:  # OData JSON batching forbids a body there
        raise GraphError(400, "BadRequest", f"Request '{name}' is a {method} and has a body.")


def _has_content_type(raw: dict[str, Any]) -> bool:
    """Header names in a batch are compared as they are written [i microsoft-graph-docs-contrib#8032]."""
    return "Content-Type" in (raw.get("headers") or {})


def _inner(request: Request, raw: dict[str, Any]) -> Request:
    """Return the part as a request; its URL is relative to the version of the batch [d]."""
    path, _, query = str(raw.get("url", "")).partition("?")
    headers = {str(name).lower(): str(value) for name, value in (raw.get("headers") or {}).items()}
    body = raw.get("body")
    return Request(
        verb=str(raw.get("method", "")).upper(),
        raw_path=f"/{request.version}/{path.lstrip('/')}",
        query=query,
        headers={"authorization": request.headers.get("authorization", "")} | headers,
        body=b"" if body is None else json.dumps(body).encode(),
        base=request.base,
        in_batch=True,
    )


def _show(part: Part) -> dict[str, Any]:
    response = part.response or Response(500)
    headers = {SPELLING.get(name, name): value for name, value in response.headers.items()}
    shown: dict[str, Any] = {"id": part.id, "status": response.status, "headers": headers}
    if response.malformed == "html":
        headers["Content-Type"] = "text/html"
        shown["body"] = HTML_MARK
    elif response.body is not None:
        headers["Content-Type"] = "application/json"
        shown["body"] = response.body
    return shown


def _whole(parts: list[Part]) -> Response:
    """Return the response to the batch; raw HTML in one part makes all of it unreadable as JSON."""
    body = {"responses": [_show(part) for part in parts]}
    if not any(part.response is not None and part.response.malformed == "html" for part in parts):
        return Response(200, body)
    # A raw body stands where JSON should be: the mark in quotes gives way to it.
    text = json.dumps(body).replace(f'"{HTML_MARK}"', HTML)
    return Response(200, text.encode(), {"content-type": "application/json"})
