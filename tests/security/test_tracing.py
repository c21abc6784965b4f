"""Refused authentication and authorization leaves a trace without personal data, and those who fail again and again are slowed."""

import hashlib
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import azure.functions as func
import httpx
import pytest

from domain.errors import Problem, UnauthorizedError
from services import Services
from telemetry import metrics
from tests.system import system
from tests.triggers.deliveries import deliver, ticket
from tests.triggers.principals import STRANGER, principal
from triggers.api import webhooks
from triggers.http import refusals, responses
from triggers.http.authorization import OPERATORS, authorize
from triggers.http.rate_limit import RateLimiter
from triggers.http.refusals import Failures
from triggers.http.responses import problem_responses


@pytest.fixture(autouse=True)
def _no_failures_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "failures", Failures())
    monkeypatch.setattr(webhooks, "_unsigned", RateLimiter())


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    counted: list[dict[str, Any]] = []

    class Counter:
        def add(self, _: int, attributes: dict[str, Any]) -> None:
            counted.append(attributes)

    monkeypatch.setitem(metrics._instruments.counters, "mfareset.access.refused", Counter())
    return counted


async def test_links_nonces_origins_and_signatures_leave_a_trace(
    tmp_path: Path, refused: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        link = it.links(request["id"])["owner@contoso.com"]
        caplog.clear()
        own = {"Origin": it.host.base_url}
        assert (await it.http.get("/api/approvals?token=1.k1.forged.x")).status_code == 404
        assert (await it.http.post(link, data={"decision": "approve"}, headers=own)).status_code == 403
        form = {"decision": "approve", "nonce": "x"}
        assert (await it.http.post(link, data=form, headers={"Origin": "https://evil.example"})).status_code == 403
        forged = {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        assert (await it.http.post("/api/webhooks/helpdesk", content=b"{}", headers=forged)).status_code == 401
        assert [each["kind"] for each in refused] == ["link", "nonce", "origin", "signature"]
        lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("accessRefused")]
        assert len(lines) == 4
        assert not [
            line for line in lines if "@" in line or "forged" in line or "evil" in line or request["id"] in line
        ]


async def test_the_console_leaves_a_trace(tmp_path: Path, refused: list[dict[str, Any]]) -> None:
    async with system(tmp_path) as it:
        await it.http.get("/console")  # only on the way to the sign-in
        assert refused == []
        await it.http.get("/console", headers={"Cookie": "mfareset-console=forged"})
        assert [each["kind"] for each in refused] == ["principal"]


@pytest.mark.parametrize(
    ("headers", "kind", "reason"),
    [
        ({"x-functions-key": "wrong"}, "key", "wrong"),
        ({}, "key", "missing"),
        ({"X-MS-CLIENT-PRINCIPAL": "forged"}, "principal", "unreadable"),
        (principal("mallory@evil.example", "Operator", tid=STRANGER), "role", "missing"),
    ],
)
async def test_every_kind_of_the_api_says_what_was_refused(
    tmp_path: Path, headers: dict[str, str], kind: str, reason: str
) -> None:
    """The routes have one auth level for the whole process, so this is asked of the function behind them."""
    async with system(tmp_path) as it:
        settings = it.services.settings._replace(signs_in=True, api_keys={"pipeline": "right"})
        req = func.HttpRequest("GET", "http://127.0.0.1/api/reset-requests", headers=headers, body=b"")
        with pytest.raises(Problem) as problem:
            authorize(Services(settings), req, OPERATORS)
        assert problem.value.refused == (kind, reason)


async def test_the_api_leaves_a_trace_and_slows_down(
    refused: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    @problem_responses
    async def handler(req: func.HttpRequest) -> func.HttpResponse:
        raise UnauthorizedError("Sign in with Entra, or send a key.")

    class Clock:
        pauses: ClassVar[list[float]] = []
        settings = SimpleNamespace(signs_in=False)

        def now(self) -> datetime:
            return datetime(2026, 1, 5, tzinfo=UTC)

        async def pause(self, seconds: float) -> None:
            self.pauses.append(seconds)

    monkeypatch.setattr(responses, "current_services", Clock)
    req = func.HttpRequest("GET", "http://127.0.0.1/api/reset-requests", body=b"")
    answers = [(await handler(req)).status_code for _ in range(7)]
    assert answers == [401] * 7
    assert Clock.pauses == [0.25, 0.5]
    assert refused == [{"kind": "key", "reason": "wrong", "endpoint": "handler"}] * 7


async def test_repeated_failures_are_slowed_and_who_is_let_in_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with system(tmp_path) as it:
        pauses: list[float] = []

        async def pause(seconds: float) -> None:
            pauses.append(seconds)

        monkeypatch.setattr(it.services, "_sleep", pause)
        for _ in range(12):
            await it.http.get("/api/approvals?token=1.k1.forged.x")
        assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
        request = await it.ask(contoso=["adele@contoso.com"])
        pauses.clear()
        link = it.links(request["id"])["owner@contoso.com"]
        assert (await it.decide(link, "approve")).status_code == 200
        assert (await deliver(it, "d", ticket("megan@contoso.com"))).status_code == 202
        assert not [each for each in pauses if each != 3.0]  # only approval mails wait for others
        await it.advance(minutes=11)
        pauses.clear()
        await it.http.get("/api/approvals?token=1.k1.forged.x")
        assert pauses == []


async def test_a_link_is_slowed_from_whichever_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with system(tmp_path) as it:
        pauses: list[float] = []

        async def pause(seconds: float) -> None:
            pauses.append(seconds)

        monkeypatch.setattr(it.services, "_sleep", pause)
        for number in range(8):
            address = {"X-Forwarded-For": f"10.0.0.{number}:4711"}
            await it.http.get("/api/approvals?token=1.k1.forged.x", headers=address)
        assert pauses == [0.25, 0.5, 1.0]
        pauses.clear()
        await it.http.get("/api/approvals?token=1.k1.another.x", headers={"X-Forwarded-For": "10.0.1.1"})
        assert pauses == []


async def test_no_more_than_some_answers_are_held_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with system(tmp_path) as it:
        refusals.failures.paused = 20
        answers = [await it.http.get("/api/approvals?token=1.k1.forged.x") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [404] * 5 + [429]
        assert refusals.failures.paused == 20


async def test_posts_without_a_signature_are_refused_before_their_body_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_: object) -> bytes:
        raise AssertionError("the body was read")

    async with system(tmp_path) as it:
        async with httpx.AsyncClient(base_url=it.host.base_url) as http:
            monkeypatch.setattr(webhooks, "read_body", read)
            answers = [await http.post("/api/webhooks/helpdesk", content=b"x" * 1000) for _ in range(62)]
            assert [answer.status_code for answer in answers] == [401] * 60 + [429] * 2
            monkeypatch.undo()
        assert (await deliver(it, "d", ticket("adele@contoso.com"))).status_code == 202  # what is signed passes


async def test_a_signed_delivery_that_cannot_be_read_is_kept_for_the_operator(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        raw = b'{"private": "0123'
        assert (await deliver(it, "d", raw)).status_code == 400
        page = await it.call("GET", "/api/unused-deliveries", params={"source": "helpdesk"})
        (kept,) = page["value"]
        assert (kept["reason"], kept["size"]) == ("invalidInput", len(raw))
        assert kept["sha256"] == hashlib.sha256(raw).hexdigest()
        rows = await it.services.store.scan("unused:helpdesk")
        assert "private" not in json.dumps([row.value for row in rows])


def test_the_memory_of_failures_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "_MOST_KEYS", 100)
    failures, now = Failures(), datetime(2026, 1, 5, tzinfo=UTC)
    for number in range(1000):
        failures.add(str(number), now)
    assert len(failures._times) <= 100


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("", ""),
        ("10.0.0.1", "10.0.0.1"),
        ("6.6.6.6, 10.0.0.1:4711", "10.0.0.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_the_one_that_the_front_end_saw(header: str, address: str) -> None:
    req = func.HttpRequest("GET", "http://x/", headers={"X-Forwarded-For": header}, body=b"")
    assert refusals.address_of(req) == address
