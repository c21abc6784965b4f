"""`POST /$batch`: up to 20 calls in one. [d]

One API version for all. `dependsOn` may name earlier items only; what depends on a failed item gets 424. Each item
has its own status and headers, and nobody repeats a throttled one (429 inside a 200). Answers come in any order. [d]
Items without `dependsOn` run side by side, which is why removals of one user collide: see removal.py.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Answer, Call
from localhost.simulator.world.world import World

LARGEST = 20  # [d]
# JSON readers look names up as they are written; these are written like this. [d]
SPELLING = {"retry-after": "Retry-After", "content-type": "Content-Type", "cache-control": "Cache-Control"}


@dataclass(slots=True)
class Item:
    id: str
    call: Call
    depends_on: Sequence[str]
    answer: Answer | None = None

    @property
    def user(self) -> str | None:
        """Whose methods this item removes, as far as the path tells."""
        parts = self.call.path.lower().split("/")
        removes = self.call.verb == "DELETE" and len(parts) > 4 and parts[2] == "users"
        return parts[3] if removes and parts[4] == "authentication" else None


async def run(world: World, call: Call, each: Callable[[Call], Awaitable[Answer]]) -> Answer:
    """Run the items in waves: whatever has all it depends on behind it runs side by side with its like.

    Raises:
        GraphError: 400, the batch as a whole is not valid.
    """
    items = _read(call)
    waiting = list(items.values())
    done: list[Item] = []
    while waiting:
        wave = [item for item in waiting if all(items[name].answer for name in item.depends_on)]
        waiting = [item for item in waiting if item not in wave]
        _collide(world, wave, call)
        await asyncio.gather(*(_one(item, items, each) for item in wave))
        world.random.shuffle(wave)
        done += wave
    return Answer(200, {"responses": [_show(item) for item in done]})


def _collide(world: World, wave: list[Item], call: Call) -> None:
    seen: set[str] = set()
    for item in wave:
        if item.user is None:
            continue
        user = call.home.find(item.user)
        key = user.id if user else item.user
        item.call.collides = world.collisions and key in seen
        seen.add(key)


async def _one(item: Item, items: dict[str, Item], each: Callable[[Call], Awaitable[Answer]]) -> None:
    failed = [name for name in item.depends_on if (before := items[name].answer) and before.status >= 400]
    if failed:
        error = {"code": "FailedDependency", "message": f"Item {failed[0]}, on which this one depends, failed."}
        item.answer = Answer(424, {"error": error})
    else:
        item.answer = await each(item.call)


def _read(call: Call) -> dict[str, Item]:
    requests = call.json().get("requests")
    if not isinstance(requests, list) or not requests:
        raise GraphError(400, "BadRequest", "Invalid batch payload format.")
    if len(requests) > LARGEST:
        raise GraphError(400, "BadRequest", f"A batch has at most {LARGEST} requests; this one has {len(requests)}.")
    items: dict[str, Item] = {}
    for request in requests:
        if not isinstance(request, dict):
            raise GraphError(400, "BadRequest", "Invalid batch payload format.")
        name, depends_on = str(request.get("id", "")), request.get("dependsOn") or []
        if not name or name in items:
            raise GraphError(400, "BadRequest", "Each request needs an id of its own.")
        for other in depends_on:
            if other not in items:
                raise GraphError(400, "BadRequest", f"'{name}' depends on '{other}', which is not an earlier request.")
        items[name] = Item(name, _inner(call, request), depends_on)
    return items


def _inner(call: Call, request: dict[str, Any]) -> Call:
    """The item as a call of its own. Its URL is relative to the version of the batch. [d]"""
    path, _, query = str(request.get("url", "")).partition("?")
    headers = {str(name).lower(): str(value) for name, value in (request.get("headers") or {}).items()}
    body = request.get("body")
    if body is not None and "content-type" not in headers:
        raise GraphError(400, "BadRequest", f"Request '{request.get('id')}' has a body and no Content-Type.")  # [d]
    return Call(
        verb=str(request.get("method", "")).upper(),
        path=f"/{call.version}/{unquote(path).lstrip('/')}",
        query=query,
        headers={"authorization": call.headers.get("authorization", "")} | headers,
        body=b"" if body is None else json.dumps(body).encode(),
        base=call.base,
        in_batch=True,
    )


def _show(item: Item) -> dict[str, Any]:
    answer = item.answer or Answer(500)
    headers = {SPELLING.get(name, name): value for name, value in answer.headers.items()}
    shown: dict[str, Any] = {"id": item.id, "status": answer.status, "headers": headers}
    if answer.body is not None:
        headers["Content-Type"] = "application/json"
        shown["body"] = answer.body
    return shown
