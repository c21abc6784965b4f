"""Deliveries as senders send them: events that ask for nothing, GitHub's ping and form, Svix's headers, and broken ones."""

import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from domain.ingress.signatures import sign_standard
from tests.system import HELPDESK_SECRET, ROOT, System, system
from tests.triggers.deliveries import deliver, requests_of, ticket

SECRET = "a-secret-of-the-sources-of-the-tests"
EVENT = {"action": "labeled", "issue": {"number": 7, "title": "adele@contoso.com"}, "sender": {"login": "tech"}}
GITHUB = """
[sources.github]
scheme = "github"
secret = "env:SOURCE_SECRET"
customers = ["contoso"]
accept = "action == 'labeled'"
[sources.github.fields]
ticket = "to_string(issue.number)"
requester = "join('@', [sender.login, 'msp.example'])"
users = "issue.title"
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text((ROOT / "localhost/policy.demo.toml").read_text() + GITHUB)
    return path


async def _send(
    it: System, raw: bytes, *, delivery_id: str = "d1", event: str = "issues", media: str = "application/json"
) -> httpx.Response:
    signature = hmac.digest(SECRET.encode(), raw, "sha256").hex()
    headers = {
        "X-GitHub-Delivery": delivery_id,
        "X-GitHub-Event": event,
        "X-Hub-Signature-256": f"sha256={signature}",
        "Content-Type": media,
    }
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:
        return await http.post("/api/webhooks/github", content=raw, headers=headers)


async def _unused(it: System, source: str = "github") -> list[dict[str, Any]]:
    page = await it.call("GET", "/api/unused-deliveries", params={"source": source})
    value: list[dict[str, Any]] = page["value"]
    return value


async def test_what_the_policy_does_not_accept_is_ignored_and_recorded(tmp_path: Path, policy: Path) -> None:
    async with system(tmp_path, policy=policy, settings={"SOURCE_SECRET": SECRET}) as it:
        answer = await _send(it, json.dumps(EVENT | {"action": "opened"}).encode())
        assert (answer.status_code, answer.json()) == (200, {"status": "ignored", "reason": "notAccepted"})
        (kept,) = await _unused(it)
        assert (kept["deliveryId"], kept["result"], kept["reason"]) == ("d1", "ignored", "notAccepted")
        assert requests_of(it) == set()
        # Once it asks for a reset, the same issue makes a request.
        assert (await _send(it, json.dumps(EVENT).encode(), delivery_id="d2")).status_code == 202


async def test_a_ping_of_github_is_answered(tmp_path: Path, policy: Path) -> None:
    async with system(tmp_path, policy=policy, settings={"SOURCE_SECRET": SECRET}) as it:
        answer = await _send(it, b'{"zen": "Keep it logically awesome.", "hook_id": 1}', event="ping")
        assert (answer.status_code, answer.json()) == (200, {"status": "ignored", "reason": "ping"})


async def test_a_form_of_github_is_read_and_signed_as_it_came(tmp_path: Path, policy: Path) -> None:
    async with system(tmp_path, policy=policy, settings={"SOURCE_SECRET": SECRET}) as it:
        form = "application/x-www-form-urlencoded"
        answer = await _send(it, urlencode({"payload": json.dumps(EVENT)}).encode(), media=form)
        assert (answer.status_code, answer.json()["ticket"]) == (202, "7")
        broken = await _send(it, b"other=1", media=form, delivery_id="d2")
        assert (broken.status_code, broken.json()["errors"][0]["detail"]) == (400, "has no field payload")


async def test_the_header_names_of_svix_are_known(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        raw = json.dumps(ticket()).encode()
        signed = sign_standard(HELPDESK_SECRET, "m1", it.services.now(), raw)
        headers = {name.replace("webhook-", "svix-"): value for name, value in signed.items()}
        async with httpx.AsyncClient(base_url=it.host.base_url) as http:
            assert (await http.post("/api/webhooks/helpdesk", content=raw, headers=headers)).status_code == 202
            stale = sign_standard(HELPDESK_SECRET, "m2", it.services.now() - timedelta(minutes=6), raw)
            headers = {name.replace("webhook-", "svix-"): value for name, value in stale.items()}
            assert (await http.post("/api/webhooks/helpdesk", content=raw, headers=headers)).status_code == 401


async def test_signed_but_broken_deliveries_are_kept_with_what_is_wrong(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        body = {"ticket": {"id": "INC1", "users": []}}
        assert (await deliver(it, "m1", body)).status_code == 400
        it.host.clock.advance(1)
        assert (await deliver(it, "m2", b"no json")).status_code == 400
        async with httpx.AsyncClient(base_url=it.host.base_url) as http:
            await http.post("/api/webhooks/helpdesk", json=body)  # not signed: kept nowhere
        latest, first = await _unused(it, "helpdesk")
        assert (latest["deliveryId"], latest["reason"]) == ("m2", "invalidInput")
        assert (latest["size"], latest["sha256"]) == (7, hashlib.sha256(b"no json").hexdigest())
        assert "body" not in latest
        assert (first["result"], first["reason"]) == ("refused", "badMapping")
        assert {error["pointer"] for error in first["errors"]} == {"/requester", "/targets"}
        page = await it.call("GET", "/api/unused-deliveries", params={"source": "helpdesk", "limit": 1})
        assert page["value"] == [latest]
        rest = await it.call("GET", "/api/unused-deliveries", params={"source": "helpdesk", "cursor": page["cursor"]})
        assert rest["value"] == [first]


async def test_unknown_sources_and_cursors_are_named(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        await it.call("GET", "/api/unused-deliveries", 404, params={"source": "none"})
        await it.call("GET", "/api/unused-deliveries", 400, params={"source": "helpdesk", "cursor": "x"})


async def test_they_are_kept_for_30_days_and_go_with_the_person(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        for number, name in enumerate(("adele@contoso.com or so", "alex@contoso.com or so"), start=1):
            await deliver(it, f"m{number}", {"ticket": {"id": "INC1", "users": [name], "agent": {"email": name}}})
        assert "adele@contoso.com" in json.dumps(await _unused(it, "helpdesk"))
        await it.call("POST", "/api/people/deletions", json={"customer": "contoso", "user": "Adele@contoso.com"})
        assert [kept["deliveryId"] for kept in await _unused(it, "helpdesk")] == ["m2"]
        now, sources = it.services.now(), it.services.policy.sources
        assert await it.services.unused_deliveries.purge(sources, now - timedelta(days=30)) == 0
        assert await it.services.unused_deliveries.purge(sources, now + timedelta(seconds=1)) == 1
        assert await _unused(it, "helpdesk") == []
