"""JSON batching: up to twenty calls of one API version in one round trip.

Made by hand, because msgraph-core's batch drops JSON bodies and writes `depends_on`. Each part has its own status and headers:
a throttled part is a 429 inside a 200, and neither the SDK nor Graph repeats it.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, overload

from graph.client import WRITES, GraphClient
from graph.errors import Fault, GraphError
from graph.instrumentation import record_batch_part
from graph.paging import follow_next_links
from graph.responses import Response, is_repeatable, retry_after
from graph.retry import Attempts

LIMIT = 20  # Graph's limit of parts in one batch
# Parts of one batch that failed alike and are asked for again one by one; of more than these the calls themselves count.
FEW = 4


class Part(NamedTuple):
    """One call."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None  # a write without one is sent with {}
    attempts: bool = True  # False: a failure has another way out, so it is not asked for again
    repeatable: bool = False  # of a write: done twice it does no more than once

    @property
    def harmless(self) -> bool:
        return self.method == "GET" or self.repeatable


async def batch(client: GraphClient, parts: Sequence[Part], *, version: str = "v1.0") -> list[Response]:
    """Return the answers in the order of `parts`, whatever their status.

    More than twenty parts are sent side by side, as many batches as a client may have under way. A server without `$batch`
    (404, 405, 501), and one that refuses it as a whole (400), is asked one by one. Parts that failed for a passing reason are
    asked for again, they alone and each as soon as it may be, as `graph/retry.py` says. A part that got no answer is a 502 of
    its own where others got one. Lists are whole: further pages are followed.

    Raises: GraphError where no part got an answer.
    """
    answers: list[Response | GraphError] = [_MISSING] * len(parts)
    await ask(client, parts, version, answers.__setitem__)
    errors = [answer for answer in answers if isinstance(answer, GraphError)]
    if errors and (len(errors) == len(answers) or not all(error.passing for error in errors)):
        raise next((error for error in errors if not error.passing), errors[0])
    whole = [_no_answer(answer) if isinstance(answer, GraphError) else answer for answer in answers]
    return [await whole_list(client, part, answer, version) for part, answer in zip(parts, whole, strict=True)]


# Gets a part's place and its answer, or why there is none.
type Settle = Callable[[int, Response | GraphError], None]


async def ask(client: GraphClient, parts: Sequence[Part], version: str, settle: Settle) -> None:
    """Ask as `batch` does, and call `settle` for each part as soon as nothing more is asked about it; of a list, with its first page."""
    starts = range(0, len(parts), LIMIT)
    await all_of(*(_ask(client, parts[n : n + LIMIT], version, client.attempts(), _from(settle, n)) for n in starts))


def _from(settle: Settle, start: int) -> Settle:
    return lambda number, answer: settle(start + number, answer)


async def _ask(client: GraphClient, parts: Sequence[Part], version: str, attempts: Attempts, settle: Settle) -> None:
    """Ask for at most twenty parts together, then again for those that failed, without waiting for one another."""
    answers = await _answers_of(client, parts, version)
    to_repeat = _to_repeat(parts, answers)
    for number in {*range(len(parts))}.difference(*to_repeat):
        settle(number, answers[number])

    async def again(numbers: Sequence[int]) -> None:
        mine = attempts.copy()
        throttled = _is_throttled(answers[numbers[0]])
        waits = [wait for n in numbers if (wait := _retry_after(answers[n])) is not None]
        if await mine.next(throttled=throttled, retry_after=max(waits, default=None)):
            some = [parts[n] for n in numbers]
            await _ask(client, some, version, mine, lambda place, answer: settle(numbers[place], answer))
        else:
            for n in numbers:
                settle(n, answers[n])

    await all_of(*map(again, to_repeat))


def _to_repeat(parts: Sequence[Part], answers: Sequence[Response | GraphError]) -> list[list[int]]:
    """Return the places of what is to be asked for again; what is in a list is asked for together.

    A few are asked for one by one: what they share is only that a batch as a whole can fail. Many, a batch that failed as a
    whole, and parts whose token was not taken stay together: that is one trip for all. Those that Graph throttled wait, and
    keep no others waiting.
    """
    failed = [n for n, answer in enumerate(answers) if _may_repeat(parts[n], answer)]
    groups: list[list[int]] = []
    for throttled in (False, True):
        alike = [n for n in failed if _is_throttled(answers[n]) is throttled]
        together = len(alike) > FEW or any(_is_of_all(answers[n]) for n in alike)
        groups += [alike] if together else [[n] for n in alike]
    return groups


def _is_throttled(answer: Response | GraphError) -> bool:
    return answer.fault is Fault.THROTTLED if isinstance(answer, GraphError) else answer.status == 429


def _is_of_all(answer: Response | GraphError) -> bool:
    return isinstance(answer, GraphError) or answer.status == 401


def _may_repeat(part: Part, answer: Response | GraphError) -> bool:
    if not part.attempts:
        return False
    if isinstance(answer, GraphError):
        # Of a batch that was throttled, or whose token was not taken, as a whole nothing was done, no write either.
        return answer.fault in {Fault.THROTTLED, Fault.REJECTED} or (part.harmless and answer.passing)
    return is_repeatable(answer, harmless=part.harmless)


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


async def whole_list(client: GraphClient, part: Part, answer: Response, version: str) -> Response:
    """Return the whole list, or the answer to the page that is lost: that is one part's fault, and what the others did stays known."""
    try:
        return await follow_next_links(client, answer, version=version, headers=part.headers)
    except GraphError as error:
        return _lost("pageLost", error.detail)


async def _answers_of(client: GraphClient, chunk: Sequence[Part], version: str) -> list[Response | GraphError]:
    """Return each part's answer, or why it got none."""
    try:
        return list(await _send(client, chunk, version))
    except GraphError as error:
        return [error] * len(chunk)


async def _send(client: GraphClient, chunk: Sequence[Part], version: str) -> Sequence[Response | GraphError]:
    if len(chunk) == 1:
        return [await _alone(client, chunk[0], version)]
    began = client.now()
    async with client.batches:
        answer = await client.send_once("POST", "$batch", body={"requests": _requests(chunk)}, version=version)
    # A batch that is refused as a whole does nothing, and one part can be why. (microsoft-graph-docs#6682)
    if answer.status in {400, 404, 405, 501}:
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
    """Ask for each part by itself: one part's raw HTML can make the whole of a batch's answer unreadable.

    Source: docs-contrib#3435, msgraph-sdk-java#2472. A write may have been done, so it is sent again only where that does no harm.
    """

    async def one(part: Part) -> Response | GraphError:
        if not part.harmless:
            return _MISSING
        async with client.batches:
            return await _answer_alone(client, part, version)

    return await asyncio.gather(*map(one, chunk))


@overload
async def all_of[A, B](first: Awaitable[A], second: Awaitable[B], /) -> tuple[A, B]: ...
@overload
async def all_of[A, B, C](first: Awaitable[A], second: Awaitable[B], third: Awaitable[C], /) -> tuple[A, B, C]: ...
@overload
async def all_of[T](*calls: Awaitable[T]) -> Sequence[T]: ...
async def all_of(*calls: Awaitable[Any]) -> Sequence[Any]:
    """The answers to calls made side by side; raises the first error once all of them have ended."""
    if len(calls) < 2:  # most often, and a task of its own is not free
        return [await call for call in calls]
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
        if part.body is not None or part.method in WRITES:
            # Without both, Graph refuses the whole batch. (microsoft-graph-docs#6682)
            request["headers"] = dict(part.headers or {}) | {"Content-Type": "application/json"}
            request["body"] = part.body or {}
        requests.append(request)
    return requests


def _by_id(whole: Response) -> dict[str, Response]:
    """Return the answers of a batch by their ids; none where the answer holds no list of them.

    Of an id that is there twice it is not known which answer is its own, so it has none.
    """
    responses = whole.body.get("responses")
    items = [item for item in responses if isinstance(item, dict)] if isinstance(responses, list) else []
    times = Counter(str(item.get("id")) for item in items)
    by_id: dict[str, Response] = {}
    for item in items:
        name = str(item.get("id"))
        if times[name] > 1 or not isinstance(item.get("status"), int):
            continue
        found = item.get("headers")
        headers = {str(name).lower(): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
        headers.setdefault("request-id", whole.request_id or "")
        body = item.get("body")
        by_id[name] = Response(int(item["status"]), headers, body if isinstance(body, dict) else {})
    return by_id


async def _one_by_one(client: GraphClient, parts: Sequence[Part], version: str) -> list[Response | GraphError]:
    return [await _answer_alone(client, part, version) for part in parts]


async def _answer_alone(client: GraphClient, part: Part, version: str) -> Response | GraphError:
    try:
        return await _alone(client, part, version)
    except GraphError as error:
        return error
