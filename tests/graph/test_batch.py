"""What a batch says, and what is made of answers that are wrong: one bad part is one part's fault."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from graph.batch import Part, batch
from graph.client import Graph, GraphClient
from graph.tokens import Tokens
from tests.system import no_pause

type Answer = Callable[[httpx.Request], httpx.Response]


class _Source:
    async def fetch(self, _: str) -> tuple[str, float]:
        return "a token", 3600.0


def client_of(answer: Answer) -> GraphClient:
    return Graph("https://graph.example", Tokens(_Source()), httpx.MockTransport(answer), no_pause).of("a-tenant")


class Server:
    """Answers calls of their own with their paths, and each batch as `responses` makes its responses of its requests."""

    def __init__(self, responses: Callable[[list[Any]], list[Any]] | int) -> None:
        self.calls: list[tuple[str, str]] = []
        self.bodies: list[tuple[str | None, bytes]] = []
        self._responses = responses

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append((request.headers.get("content-type"), request.content))
        path = request.url.path.removeprefix("/v1.0/")
        self.calls.append((request.method, path))
        if path == "users/cut":
            raise httpx.ReadError("cut")
        if path != "$batch":
            return httpx.Response(200, json={"id": path})
        if isinstance(self._responses, int):
            return httpx.Response(self._responses, json={"error": {"code": "BadRequest", "message": "Invalid batch."}})
        return httpx.Response(200, json={"responses": self._responses(json.loads(request.content)["requests"])})


def answered(request: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": request["id"], "status": 200, "headers": {}, "body": {"id": request["url"].lstrip("/")}} | more


READS = [Part("users/a"), Part("users/b"), Part("users/c")]


@pytest.mark.parametrize("parts", [[Part("users/a/revokeSignInSessions", "POST")], [*READS, Part("w", "POST")]])
async def test_every_write_has_a_content_type_and_a_body(parts: list[Part]) -> None:
    server = Server(lambda requests: [answered(request) for request in requests])
    assert all(answer.ok for answer in await batch(client_of(server), parts))
    ((kind, body),) = server.bodies
    assert kind == "application/json"
    if len(parts) == 1:
        assert json.loads(body) == {}
        return
    *reads, write = json.loads(body)["requests"]
    assert (write["headers"], write["body"]) == ({"Content-Type": "application/json"}, {})
    assert not any("body" in read or "headers" in read for read in reads)


async def test_a_direct_write_without_a_body_says_that_it_is_json() -> None:
    server = Server(400)
    client = client_of(server)
    await client.send("POST", "users/a/deactivate", version="beta")
    await client.send("DELETE", "users/a")
    assert server.bodies == [("application/json", b"{}"), (None, b"")]


async def test_a_batch_that_is_refused_as_a_whole_is_asked_one_by_one() -> None:
    server = Server(400)
    parts = [*READS, Part("users/cut"), Part("users/a/revokeSignInSessions", "POST")]
    answers = await batch(client_of(server), parts)
    assert [answer.status for answer in answers] == [200, 200, 200, 502, 200]
    assert server.calls[:6] == [("POST", "$batch"), *((part.method, part.path) for part in parts)]


async def test_answers_in_any_order_and_with_numbers_for_ids_are_those_of_their_parts() -> None:
    server = Server(lambda requests: [answered(each, id=int(each["id"])) for each in reversed(requests)])
    answers = await batch(client_of(server), READS)
    assert [answer.body["id"] for answer in answers] == [part.path for part in READS]


@pytest.mark.parametrize("content", [b"<html>", b"{}", b'{"responses": []}'])
async def test_of_an_answer_that_cannot_be_read_all_is_asked_again_that_may_be_done_twice(content: bytes) -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path.removeprefix("/v1.0/")))
        return httpx.Response(200, content=content if request.url.path.endswith("$batch") else b'{"value": true}')

    parts = [Part("revoke", "POST", repeatable=True), Part("users/a"), Part("phones/b", "DELETE"), Part("new", "POST")]
    answers = await batch(client_of(answer), parts)
    assert [each.status for each in answers] == [200, 200, 502, 502]
    assert asked == [("POST", "$batch"), ("POST", "revoke"), ("GET", "users/a")]


@pytest.mark.parametrize("cut", [True, False])
async def test_a_write_that_may_be_done_twice_is_asked_for_again_like_a_read(*, cut: bool) -> None:
    asked: list[list[str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("$batch"):
            asked.append([request.url.path.removeprefix("/v1.0/")])
            return httpx.Response(200, json={"value": True})
        parts = json.loads(request.content)["requests"]
        asked.append([part["url"].lstrip("/") for part in parts])
        if cut and len(asked) == 1:
            raise httpx.ReadError("cut")
        failed = [answered(part, status=503) if part["method"] == "POST" else answered(part) for part in parts]
        return httpx.Response(200, json={"responses": failed if len(asked) == 1 else [*map(answered, parts)]})

    parts = [Part("revoke", "POST", repeatable=True), Part("new", "POST"), Part("users/a")]
    answers = await batch(client_of(answer), parts)
    whole = ["revoke", "new", "users/a"]
    assert asked == [whole, ["revoke", "users/a"] if cut else ["revoke"]]
    assert [each.status for each in answers] == [200, 502 if cut else 503, 200]


@pytest.mark.parametrize("second", [{"status": 404}, {"status": "none"}, {"body": {"id": "users/other"}}])
async def test_an_id_that_is_answered_twice_has_no_answer(second: dict[str, Any]) -> None:
    """One of the two is another part's: whose methods they are is not known."""
    server = Server(lambda requests: [*map(answered, requests[:2]), answered(requests[0], **second)])
    answers = await batch(client_of(server), READS)
    assert [answer.body["id"] for answer in answers] == [part.path for part in READS]
    assert server.calls == [("POST", "$batch"), ("GET", "users/a"), ("GET", "users/c")]


@pytest.mark.parametrize("body", [None, "PGh0bWw+", "<html>", [], 7])
async def test_a_body_that_is_no_object_is_one_parts_fault(body: object) -> None:
    server = Server(lambda requests: [answered(requests[0], body=body), *map(answered, requests[1:])])
    answers = await batch(client_of(server), READS)
    assert [answer.body for answer in answers] == [{}, {"id": "users/b"}, {"id": "users/c"}]


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
async def test_headers_of_a_part_are_read_in_any_case(name: str) -> None:
    server = Server(
        lambda requests: [answered(each, status=429, headers={name: "90"}, body={"error": {}}) for each in requests]
    )
    answers = await batch(client_of(server), READS)
    assert [answer.error().retry_after for answer in answers] == [90.0] * 3
