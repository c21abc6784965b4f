"""What failed for a passing reason is tried again where it failed, within seconds, and nothing is done twice."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from graph.batch import FEW, Part, batch
from graph.client import Graph, GraphClient
from graph.errors import GraphError
from graph.responses import Response, is_repeatable
from graph.retry import LONGEST, PAUSES, Attempts

TENANT = "11111111-1111-1111-1111-111111111111"


class _Tokens:
    async def of(self, _: str) -> str:
        return "token"

    def __init__(self) -> None:
        self.forgotten = 0
        self.passed = 0.0

    def now(self) -> float:
        return self.passed

    def forget(self, _: str, *, before: float) -> None:
        self.forgotten += 1


class Server:
    """Answers from a script, then with 200; keeps what was asked and what was slept."""

    def __init__(self, *script: tuple[int, dict[str, str]] | Exception) -> None:
        self.script = list(script)
        self.asked: list[str] = []
        self.slept: list[float] = []
        self.tokens = _Tokens()

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        if not self.script:
            return httpx.Response(200, json={"value": []})
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return httpx.Response(step[0], headers=step[1], json={})

    async def sleep(self, seconds: float) -> None:
        """Let time pass, by turns with what else sleeps: side by side the same time passes for all."""
        self.slept.append(seconds)
        ends = self.tokens.passed + seconds
        await asyncio.sleep(0)
        self.tokens.passed = max(self.tokens.passed, ends)

    @property
    def client(self) -> GraphClient:
        transport = httpx.MockTransport(self.answer)
        return Graph("https://graph.example", self.tokens, transport, self.sleep).of(TENANT)  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", [(500, {}), (503, {}), (429, {"Retry-After": "1"}), httpx.ConnectError("cut")])
async def test_a_read_is_tried_again(fault: Any) -> None:
    server = Server(fault)
    assert (await server.client.send("GET", "users")).status == 200
    assert len(server.asked) == 2


async def test_a_read_that_goes_on_failing_ends_within_the_bound() -> None:
    server = Server(*[(503, {})] * 10)
    assert (await server.client.send("GET", "users")).status == 503
    assert len(server.asked) == 1 + len(PAUSES)
    assert sum(server.slept) <= LONGEST


@pytest.mark.parametrize("verb", ["DELETE", "POST"])
@pytest.mark.parametrize("status", [500, 503])
async def test_a_write_that_may_have_been_done_is_not_sent_again(verb: str, status: int) -> None:
    server = Server((status, {}))
    assert (await server.client.send(verb, "users/a", body=None if verb == "DELETE" else {})).status == status
    assert len(server.asked) == 1


async def test_a_write_whose_connection_broke_is_not_sent_again() -> None:
    server = Server(httpx.ReadError("cut"))
    with pytest.raises(GraphError):
        await server.client.send("DELETE", "users/a")
    assert len(server.asked) == 1


async def test_a_throttled_write_is_sent_again_not_sooner_than_told() -> None:
    server = Server((429, {"Retry-After": "1.5"}))
    assert (await server.client.send("DELETE", "users/a")).status == 200
    assert 1.5 <= server.slept[0] <= 1.8


async def test_a_long_wait_is_left_to_a_durable_timer() -> None:
    server = Server((429, {"Retry-After": "6"}))
    assert (await server.client.send("GET", "users")).status == 429
    assert server.slept == []


async def test_throttling_without_a_time_pauses_for_a_second() -> None:
    server = Server((429, {}))
    await server.client.send("GET", "users")
    assert 1.0 <= server.slept[0] <= 1.2


@pytest.mark.parametrize("verb", ["GET", "DELETE"])
async def test_a_rejected_token_is_replaced_and_the_call_made_again(verb: str) -> None:
    server = Server(*[(401, {})] * 5)
    assert (await server.client.send(verb, "users/a")).status == 200
    assert len(server.asked) == 6  # each attempt asks once more with a fresh token
    assert 0 < sum(server.slept) <= LONGEST


async def test_a_token_that_stays_rejected_is_a_fault_that_passes() -> None:
    server = Server(*[(401, {})] * 20)
    error = (await server.client.send("GET", "users/a")).error()
    assert (error.reason, error.passing) == ("tokenRejected", True)
    assert len(server.asked) == 2 * (1 + len(PAUSES))


@pytest.mark.parametrize("status", [401, 403])
async def test_an_app_that_the_tenant_does_not_know_is_not_waited_for(status: int) -> None:
    answer = Response(status, {}, {"error": {"code": "Authorization_IdentityNotFound", "message": "no identity"}})
    assert (answer.error().reason, answer.error().passing) == ("consentMissing", False)
    assert not is_repeatable(answer, harmless=True)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_batch_whose_token_is_rejected_is_sent_again_with_its_writes(
    monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    sent: list[int] = []

    async def send_once(_: GraphClient, __: str, ___: str, **more: Any) -> Response:
        requests = more["body"]["requests"]
        sent.append(len(requests))
        if whole and len(sent) == 1:
            return Response(
                401, {}, {"error": {"code": "InvalidAuthenticationToken", "message": "Signing key is invalid."}}
            )
        status = 401 if len(sent) == 1 else 200
        return Response(200, {}, {"responses": [{"id": r["id"], "status": status, "body": {}} for r in requests]})

    monkeypatch.setattr(GraphClient, "send_once", send_once)
    client = Server().client
    parts = [Part("users/a/revokeSignInSessions", "POST", body={}), Part("users/a")]
    assert [answer.status for answer in await batch(client, parts)] == [200, 200]
    assert sent == [2, 2]
    assert client._tokens.forgotten == (0 if whole else 1)  # type: ignore[attr-defined]  # of a whole batch `send_once` does it


class Batches:
    """Answers a first batch as `statuses` says, by path, and all that follows with 200; `asked` has the paths of each call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, statuses: dict[str, int]) -> None:
        self.asked: list[list[str]] = []
        self.answered = asyncio.Event()  # a call after the first batch was answered
        self._statuses = statuses
        monkeypatch.setattr(GraphClient, "send_once", lambda _, __, path, **more: self._send(path, more))

    async def _send(self, path: str, more: dict[str, Any]) -> Response:
        if path != "$batch":
            self.asked.append([f"/{path}"])
            self.answered.set()
            return Response(200, {}, {"id": f"/{path}"})
        urls = [request["url"] for request in more["body"]["requests"]]
        self.asked.append(urls)
        first = len(self.asked) == 1
        return Response(200, {}, {"responses": [self._part(n, url, first=first) for n, url in enumerate(urls)]})

    def _part(self, number: int, url: str, *, first: bool) -> dict[str, Any]:
        status = self._statuses.get(url, 200) if first else 200
        headers = {"Retry-After": "1"} if status == 429 else {}
        return {"id": str(number), "status": status, "headers": headers, "body": {"id": url}}


async def test_only_the_parts_that_failed_are_asked_for_again_a_few_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = Batches(monkeypatch, {"/users/1": 503, "/users/2": 503})
    answers = await batch(Server().client, [Part(f"users/{n}") for n in range(3)])
    assert batches.asked == [["/users/0", "/users/1", "/users/2"], ["/users/1"], ["/users/2"]]
    assert [answer.body["id"] for answer in answers] == ["/users/0", "/users/1", "/users/2"]


async def test_many_parts_that_failed_are_asked_for_again_together(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = [f"/users/{n}" for n in range(FEW + 1)]
    batches = Batches(monkeypatch, dict.fromkeys(failed, 429))
    await batch(Server().client, [Part(f"users/{n}") for n in range(10)])
    assert batches.asked[1:] == [failed]


async def test_a_throttled_part_keeps_no_other_waiting_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = Batches(monkeypatch, {"/users/1": 429, "/users/2": 503})
    server = Server()
    asked_before_the_pause_ended: list[list[str]] = []

    async def sleep(_: float) -> None:
        async with asyncio.timeout(30):  # it would wait for good if the pause were of both
            await batches.answered.wait()
        asked_before_the_pause_ended.extend(batches.asked[1:])

    server.sleep = sleep  # type: ignore[assignment, method-assign]
    await batch(server.client, [Part(f"users/{n}") for n in range(3)])
    assert asked_before_the_pause_ended == [["/users/2"]]
    assert batches.asked[1:] == [["/users/2"], ["/users/1"]]


async def test_calls_that_share_their_pauses_pause_no_longer_than_one() -> None:
    server = Server()
    client = server.client
    client.share_pauses()
    first, second = client.attempts(), client.attempts()
    assert await first.next(throttled=True, retry_after=LONGEST / 2)
    assert not await second.next(throttled=True, retry_after=LONGEST / 2)
    assert sum(server.slept) <= LONGEST


async def test_pauses_side_by_side_count_once() -> None:
    server = Server()
    client = server.client
    client.share_pauses()
    calls = [client.attempts() for _ in range(5)]
    together = await asyncio.gather(*(each.next(throttled=True, retry_after=LONGEST / 2) for each in calls))
    assert together == [True] * 5
    assert not await calls[0].next(throttled=True, retry_after=LONGEST / 2)


async def test_a_write_in_a_batch_has_a_body_and_its_type_and_a_read_has_neither() -> None:
    bodies: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json={"responses": [{"id": str(n), "status": 200, "body": {}} for n in range(2)]})

    transport = httpx.MockTransport(answer)
    client = Graph("https://graph.example", _Tokens(), transport).of(TENANT)  # type: ignore[arg-type]
    await batch(client, [Part("users/a/revokeSignInSessions", "POST", body={}), Part("users/a")])
    write, read = bodies[0]["requests"]
    assert (write["body"], write["headers"]) == ({}, {"Content-Type": "application/json"})
    assert "body" not in read
    assert "headers" not in read


async def test_no_attempt_is_left_once_the_pauses_are_used_up() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    attempts = Attempts(sleep)
    made = [await attempts.next(throttled=False, retry_after=None) for _ in range(len(PAUSES) + 1)]
    assert made == [*([True] * len(PAUSES)), False]


async def test_a_write_in_a_batch_that_was_throttled_as_a_whole_is_sent_again_and_one_that_was_lost_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statuses = [429, 503]
    asked: list[list[str]] = []

    async def send_once(_: GraphClient, __: str, path: str, **more: Any) -> Response:
        requests = more["body"]["requests"] if path == "$batch" else [{"id": "0", "method": "GET"}]
        asked.append([each["method"] for each in requests])
        if statuses:
            return Response(statuses.pop(0), {"retry-after": "1"}, {"error": {"code": "x", "message": "later"}})
        return Response(200, {}, {"responses": [{"id": each["id"], "status": 200, "body": {}} for each in requests]})

    monkeypatch.setattr(GraphClient, "send_once", send_once)
    revocation, read = await batch(
        Server().client, [Part("users/a/revokeSignInSessions", "POST", body={}), Part("users/a")]
    )
    assert asked == [["POST", "GET"], ["POST", "GET"], ["GET"]]
    assert (revocation.status, read.status) == (502, 200)


async def test_a_batch_that_stays_throttled_is_reported_so_for_its_own_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def send_once(_: GraphClient, __: str, path: str, **more: Any) -> Response:
        requests = more["body"]["requests"]
        if requests[0]["url"] != "/users/0":
            return Response(429, {"retry-after": "30"}, {"error": {"code": "TooManyRequests", "message": "later"}})
        return Response(200, {}, {"responses": [{"id": each["id"], "status": 200, "body": {}} for each in requests]})

    monkeypatch.setattr(GraphClient, "send_once", send_once)
    answers = await batch(Server().client, [Part(f"users/{n}") for n in range(22)])
    assert {answer.status for answer in answers[:20]} == {200}
    assert [(answer.status, answer.error().retry_after) for answer in answers[20:]] == [(429, 30.0)] * 2
