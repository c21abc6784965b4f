"""JSON batching: up to twenty calls of one API version in one round trip.

Made by hand, because msgraph-core's batch drops JSON bodies and writes `depends_on`. Each part has its own status and headers:
a throttled part is a 429 inside a 200, and nobody repeats it for us.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, NamedTuple

from graph.client import GraphClient
from graph.errors import Fault, GraphError
from graph.instrumentation import record_batch_part
from graph.paging import follow_next_links
from graph.responses import Response, items_in

LIMIT = 20  # Graph's limit of parts in one batch


class Part(NamedTuple):
    """One call. With `after_previous` it runs only when the part before it was done (and is 424 if that failed)."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None  # every POST, PATCH and PUT needs one, even {}
    after_previous: bool = False


async def batch(client: GraphClient, parts: Sequence[Part], *, version: str = "v1.0") -> list[Response]:
    """The answers in the order of `parts`, whatever their status. Raises GraphError when a whole batch got no answer.

    More than twenty parts are sent side by side, as many batches as a client may have under way. A server without `$batch`
    (404, 405, 501) is asked one by one. Lists are whole: further pages are followed.
    """
    chunks = [parts[start : start + LIMIT] for start in range(0, len(parts), LIMIT)]
    answers = [answer for part in await all_of(*(_send(client, chunk, version) for chunk in chunks)) for answer in part]
    return [await _whole(client, part, answer, version) for part, answer in zip(parts, answers, strict=True)]


async def _whole(client: GraphClient, part: Part, answer: Response, version: str) -> Response:
    """The whole list, or the answer to the page that is lost: that is one part's fault, and what the others did stays known."""
    try:
        return await follow_next_links(client, answer, version=version, headers=part.headers)
    except GraphError as error:
        return Response(502, {}, {"error": {"code": "pageLost", "message": error.detail}})


async def _send(client: GraphClient, chunk: Sequence[Part], version: str) -> list[Response]:
    if len(chunk) == 1:
        part = chunk[0]
        return [await client.send(part.method, part.path, body=part.body, version=version, headers=part.headers)]
    async with client.batches:
        answer = await client.send("POST", "$batch", body={"requests": _requests(chunk)}, version=version)
    if answer.status in {404, 405, 501}:
        return await _one_by_one(client, chunk, version)
    if not answer.ok:
        raise answer.error()
    answers = _in_order(chunk, answer)
    for part_answer in answers:
        client.pressure = max(client.pressure, part_answer.pressure)
        record_batch_part(client.tenant_id, part_answer)
    return answers


async def all_of[T](*calls: Awaitable[T]) -> list[T]:
    """The answers to calls made side by side; raises the first error once all of them have ended."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers  # type: ignore[return-value]  # exceptions were raised just now


def _requests(parts: Sequence[Part]) -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = []
    for number, part in enumerate(parts):
        request: dict[str, Any] = {"id": str(number), "method": part.method, "url": f"/{part.path}"}
        if part.headers:
            request["headers"] = dict(part.headers)
        if part.body is not None:
            # Without both, Graph refuses the whole batch. (microsoft-graph-docs#6682)
            request["headers"] = dict(part.headers or {}) | {"Content-Type": "application/json"}
            request["body"] = part.body
        if part.after_previous and number:
            request["dependsOn"] = [str(number - 1)]
        requests.append(request)
    return requests


def _in_order(parts: Sequence[Part], whole: Response) -> list[Response]:
    by_id: dict[str, Response] = {}
    for item in items_in({"value": whole.body.get("responses")}):
        if not isinstance(item.get("status"), int):
            continue
        headers = {str(name).lower(): str(value) for name, value in (item.get("headers") or {}).items()}
        headers.setdefault("request-id", whole.request_id or "")
        body = item.get("body")
        by_id[str(item.get("id"))] = Response(int(item["status"]), headers, body if isinstance(body, dict) else {})
    missing = [number for number in range(len(parts)) if str(number) not in by_id]
    if missing:
        raise GraphError(Fault.UNAVAILABLE, f"{len(missing)} of {len(parts)} parts of a batch got no answer")
    return [by_id[str(number)] for number in range(len(parts))]


async def _one_by_one(client: GraphClient, parts: Sequence[Part], version: str) -> list[Response]:
    answers: list[Response] = []
    for part in parts:
        if part.after_previous and answers and not answers[-1].ok:
            answers.append(
                Response(424, {}, {"error": {"code": "FailedDependency", "message": "the call before failed"}})
            )
            continue
        answers.append(await client.send(part.method, part.path, body=part.body, version=version, headers=part.headers))
    return answers
