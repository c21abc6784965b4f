"""Non-delivery reports read from a Graph that this test plays itself."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from graph.bounces import Bounce, can_read, read_bounces
from graph.client import Graph, GraphClient
from graph.errors import Fault, GraphError
from tests.graph.test_listing import ENDPOINT, Tokens

SINCE = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MAILBOX = "mfa-reset@msp.example"
SUBJECT = "Approve MFA reset of Adele Vance (INC1) [ABCDEFGH23]"


@asynccontextmanager
async def client(answer: Callable[[httpx.Request], httpx.Response]) -> AsyncIterator[GraphClient]:
    graph = Graph(ENDPOINT, Tokens(), httpx.MockTransport(answer))  # type: ignore[arg-type]
    try:
        yield graph.of("home")
    finally:
        await graph.close()


async def read(answer: Callable[[httpx.Request], httpx.Response]) -> list[Bounce]:
    async with client(answer) as home:
        return await read_bounces(home, MAILBOX, SINCE)


def page(*messages: dict[str, Any], **more: Any) -> httpx.Response:
    return httpx.Response(200, json={"value": list(messages)} | more)


def report(body: str = "", subject: str = f"Undeliverable: {SUBJECT}") -> dict[str, Any]:
    return {"id": "1", "subject": subject, "body": {"contentType": "text", "content": body}}


async def test_only_reports_since_then_are_asked_for_and_as_text() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return page()

    assert await read(answer) == []
    (request,) = asked
    assert request.url.path == f"/v1.0/users/{MAILBOX}/mailFolders/inbox/messages"
    assert request.url.params["$filter"] == (
        "receivedDateTime ge 2026-11-24T09:00:00.000Z and singleValueExtendedProperties/any("
        "ep: ep/id eq 'String 0x001A' and ep/value eq 'REPORT.IPM.Note.NDR')"
    )
    assert "attachments" not in str(request.url)
    assert request.headers["prefer"] == 'outlook.body-content-type="text"'


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("Remote server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'", "5.1.10", "does not exist"),
        ("15.20.4.1 10.5.1.2 v5.1.2.3\n550-5.7.1 rejected", "5.7.1", "A rule"),
        ("Status: #5.2.2", "5.2.2", "is full"),
        ("550 5.4.1 Recipient address rejected: Access denied", "5.4.1", "may not exist"),
        ("Server 5.1.1.1 said 450 4.4.7 expired", "4.4.7", "find its way"),
        ("550 5.0.350 unknown", "5.0.350", "came back"),
        ("It did not work", "", "does not say why"),
    ],
)
async def test_the_reason_is_read_from_the_report(body: str, code: str, words: str) -> None:
    (bounce,) = await read(lambda _: page(report(body)))
    assert (set(bounce.references), bounce.code) == ({"ABCDEFGH23"}, code)
    assert words in bounce.detail
    assert code in bounce.detail


async def test_a_reference_only_in_the_body_counts_and_a_report_without_one_does_not() -> None:
    mentioned = report("Subject: x [ABCDEFGH23]", subject="Undelivered Mail Returned to Sender")
    odd: dict[str, Any] = {"id": "3", "subject": None, "body": None}
    assert len(await read(lambda _: page(report(subject="Undeliverable: Hello"), mentioned, odd))) == 1


async def test_pages_are_read_up_to_a_bound() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["prefer"])
        link = f"{ENDPOINT}/v1.0/users('1')/mailFolders('inbox')/messages?$skip={len(asked)}"
        return page(report(), **{"@odata.nextLink": link})

    assert len(await read(answer)) == len(asked) == 10


async def test_a_next_link_to_anywhere_else_is_not_followed() -> None:
    for link in ("https://evil.example/v1.0/messages", f"{ENDPOINT}/v1.0/users"):
        with pytest.raises(GraphError, match="not a page"):
            await read(lambda _, link=link: page(report(), **{"@odata.nextLink": link}))  # type: ignore[misc]


async def test_without_the_permission() -> None:
    def forbidden(_: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"error": {"code": "ErrorAccessDenied", "message": "Access is denied."}})

    with pytest.raises(GraphError) as raised:
        await read(forbidden)
    assert raised.value.fault is Fault.FORBIDDEN
    async with client(forbidden) as home:
        assert not await can_read(home, MAILBOX)
    async with client(lambda _: page()) as home:
        assert await can_read(home, MAILBOX)
    async with client(lambda _: httpx.Response(503)) as home:
        with pytest.raises(GraphError):
            await can_read(home, MAILBOX)
