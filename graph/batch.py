"""JSON batching: up to twenty calls of one API version in one round trip.

Made by hand, because msgraph-core's batch drops JSON bodies and writes `depends_on`. Each part has its own status and headers:
a throttled part is a 429 inside a 200, and neither the SDK nor Graph repeats it.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, NamedTuple, overload

from graph.client import GraphClient
from graph.errors import Fault, GraphError
from graph.instrumentation import record_batch_part
from graph.paging import follow_next_links
from graph.responses import Response, is_repeatable, retry_after

LIMIT = 20  # Graph's limit of parts in one batch


class Part(NamedTuple):
    """One call."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None  # every POST, PATCH and PUT needs one, even {}
    attempts: bool = True  # False: a failure has another way out, so it is not asked for again


async def batch(client: GraphClient, parts: Sequence[Part], *, version: str = "v1.0") -> list[Response]:
    """Return the answers in the order of `parts`, whatever their status.

    More than twenty parts are sent side by side, as many batches as a client may have under way. A server without `$batch`
    (404, 405, 501) is asked one by one. Parts that failed for a passing reason are asked for again, they alone, as
    `graph/retry.py` says. A part that got no answer is a 502 of its own where others got one. Lists are whole: further pages
    are followed.

    Raises: GraphError where no part got an answer.
    """
    answers = await _send_all(client, parts, version)
    attempts = client.attempts()
    while failed := [n for n, answer in enumerate(answers) if _may_repeat(parts, n, answer)]:
        waits = [_retry_after(answers[n]) for n in failed]
        throttled = any(answers[n].status == 429 for n in failed)
        if not await attempts.next(throttled=throttled, retry_after=max(filter(None, waits), default=None)):
            break
        for n, answer in zip(failed, await _send_all(client, [parts[n] for n in failed], version), strict=True):
            answers[n] = answer
    errors = [answer for answer in answers if isinstance(answer, GraphError)]
    if errors and (len(errors) == len(answers) or not all(error.passing for error in errors)):
        raise next((error for error in errors if not error.passing), errors[0])
    whole = [_no_answer(answer) if isinstance(answer, GraphError) else answer for answer in answers]
    return [await _whole(client, part, answer, version) for part, answer in zip(parts, whole, strict=True)]


def _may_repeat(parts: Sequence[Part], number: int, answer: Response | GraphError) -> bool:
    part = parts[number]
    if not part.attempts:
        return False
    if isinstance(answer, GraphError):
        # Of a batch that was throttled, or whose token was not taken, as a whole nothing was done, no write either.
        return answer.fault in {Fault.THROTTLED, Fault.REJECTED} or (part.method == "GET" and answer.passing)
    return is_repeatable(part.method, answer)


def _retry_after(answer: Response | GraphError) -> float | None:
    return answer.retry_after if isinstance(answer, GraphError) else retry_after(answer.headers)


def _lost(code: str, message: str) -> Response:
    """Return the answer of a part that got none that can be read: the others of the same call go on."""
    return Response(502, {}, {"error": {"code": code, "message": message}})


def _no_answer(error: GraphError) -> Response:
    """Return the answer of a part whose whole batch failed. Where it was throttled, so was the part."""
    if error.fault is not Fault.THROTTLED:
        return _lost("noAnswer", error.detail)
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    return Response(429, headers, {"error": {"code": error.code, "message": error.detail}})


# The answer of a part that a batch's answer leaves out. Whether it was done is not known.
_MISSING = _lost("noAnswer", "the batch's answer has none for this part")


async def _whole(client: GraphClient, part: Part, answer: Response, version: str) -> Response:
    """Return the whole list, or the answer to the page that is lost: that is one part's fault, and what the others did stays known."""
    try:
        return await follow_next_links(client, answer, version=version, headers=part.headers)
    except GraphError as error:
        return _lost("pageLost", error.detail)


async def _send_all(client: GraphClient, parts: Sequence[Part], version: str) -> list[Response | GraphError]:
    """Return each part's answer, or why it got none."""
    chunks = [parts[start : start + LIMIT] for start in range(0, len(parts), LIMIT)]
    groups = await all_of(*(_answers_of(client, chunk, version) for chunk in chunks))
    return [answer for group in groups for answer in group]


async def _answers_of(client: GraphClient, chunk: Sequence[Part], version: str) -> Sequence[Response | GraphError]:
    try:
        return await _send(client, chunk, version)
    except GraphError as error:
        return [error] * len(chunk)


async def _send(client: GraphClient, chunk: Sequence[Part], version: str) -> Sequence[Response | GraphError]:
    if len(chunk) == 1:
        return [await _alone(client, chunk[0], version)]
    began = client.now()
    async with client.batches:
        answer = await client.send_once("POST", "$batch", body={"requests": _requests(chunk)}, version=version)
    if answer.status in {404, 405, 501}:
        return await _one_by_one(client, chunk, version)
    if not answer.ok:
        raise answer.error()
    by_id = _by_id(answer)
    if not by_id:
        return await _unreadable(client, chunk, version)
    answers = [by_id.get(str(number), _MISSING) for number in range(len(chunk))]
    for part_answer in answers:
        client.pressure = max(client.pressure, part_answer.pressure)
        record_batch_part(client.tenant_id, part_answer)
    if any(part_answer.status == 401 for part_answer in answers):  # of each part the token is looked at by itself
        client.forget_token(before=began)
    return answers


async def _alone(client: GraphClient, part: Part, version: str) -> Response:
    return await client.send_once(part.method, part.path, version=version, headers=part.headers, body=part.body)


async def _unreadable(client: GraphClient, chunk: Sequence[Part], version: str) -> list[Response | GraphError]:
    """Ask for each read by itself: one part's raw HTML can make the whole of a batch's answer unreadable.

    Source: docs-contrib#3435, msgraph-sdk-java#2472. A write may have been done, so it is not sent again.
    """

    async def one(part: Part) -> Response | GraphError:
        if part.method != "GET":
            return _MISSING
        async with client.batches:
            try:
                return await _alone(client, part, version)
            except GraphError as error:
                return error

    return await asyncio.gather(*map(one, chunk))


@overload
async def all_of[A, B](first: Awaitable[A], second: Awaitable[B], /) -> tuple[A, B]: ...
@overload
async def all_of[A, B, C](first: Awaitable[A], second: Awaitable[B], third: Awaitable[C], /) -> tuple[A, B, C]: ...
@overload
async def all_of[T](*calls: Awaitable[T]) -> Sequence[T]: ...
async def all_of(*calls: Awaitable[Any]) -> Sequence[Any]:
    """The answers to calls made side by side; raises the first error once all of them have ended."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


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
        requests.append(request)
    return requests


def _by_id(whole: Response) -> dict[str, Response]:
    """Return the answers of a batch by their ids; none where the answer holds no list of them."""
    by_id: dict[str, Response] = {}
    responses = whole.body.get("responses")
    for item in responses if isinstance(responses, list) else []:
        if not isinstance(item, dict) or not isinstance(item.get("status"), int):
            continue
        found = item.get("headers")
        headers = {str(name).lower(): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
        headers.setdefault("request-id", whole.request_id or "")
        body = item.get("body")
        by_id[str(item.get("id"))] = Response(int(item["status"]), headers, body if isinstance(body, dict) else {})
    return by_id


async def _one_by_one(client: GraphClient, parts: Sequence[Part], version: str) -> list[Response]:
    return [await _alone(client, part, version) for part in parts]
