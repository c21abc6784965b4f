"""Deliveries of every scheme, over HTTP: who is let in, what is a repeat and what a replay."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.ingress.signatures import sign_standard
from tests.system import HELPDESK_SECRET, ROOT, System, system
from tests.triggers.deliveries import deliver, requests_of, ticket
from triggers.api import webhooks
from triggers.http.rate_limit import RateLimiter

SECRET = "a-secret-of-the-sources-of-the-tests"
OLD = "the-secret-before-that-one-of-the-tests"
SETTINGS = {"SOURCE_SECRET": SECRET, "OLD_SECRET": OLD}
BODY = json.dumps({"targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}], "requester": "t@msp.example"})


@pytest.fixture(autouse=True)
def _no_calls_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rates are the process's, and every test's clock begins at the same time."""
    monkeypatch.setattr(webhooks, "_limiter", RateLimiter())


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    text = (ROOT / "localhost/policy.demo.toml").read_text()
    for name in ("github", "jira", "zendesk", "bearer"):
        text += f'\n[sources.{name}]\nscheme = "{name}"\nsecret = ["env:SOURCE_SECRET", "env:OLD_SECRET"]\n'
        text += 'customers = ["contoso"]\nratePerMinute = 5\nmaxBodyBytes = 4096\n'
    path = tmp_path / "policy.toml"
    path.write_text(text)
    return path


def _hex(body: bytes, secret: str) -> str:
    return f"sha256={hmac.digest(secret.encode(), body, 'sha256').hex()}"


def github(it: System, delivery_id: str, body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-GitHub-Delivery": delivery_id, "X-Hub-Signature-256": _hex(body, secret)}


def jira(it: System, delivery_id: str, body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Atlassian-Webhook-Identifier": delivery_id, "X-Hub-Signature": _hex(body, secret)}


def zendesk(it: System, delivery_id: str, body: bytes, secret: str = SECRET) -> dict[str, str]:
    stamp = it.services.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.digest(secret.encode(), stamp.encode() + body, hashlib.sha256)
    return {
        "X-Zendesk-Webhook-Invocation-Id": delivery_id,
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }


def bearer(it: System, delivery_id: str, body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}", "X-Request-Id": delivery_id}


type Sign = Callable[..., dict[str, str]]
SCHEMES: list[Sign] = [github, jira, zendesk, bearer]


async def _send(it: System, source: str, headers: dict[str, str], body: str = BODY) -> httpx.Response:
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:
        return await http.post(f"/api/webhooks/{source}", content=body, headers=headers)


@pytest.mark.parametrize("sign", SCHEMES, ids=lambda sign: sign.__name__)
async def test_a_delivery_is_accepted_once_and_a_wrong_one_tells_nothing(
    tmp_path: Path, policy: Path, sign: Sign, caplog: pytest.LogCaptureFixture
) -> None:
    source, raw = sign.__name__, BODY.encode()
    async with system(tmp_path, policy=policy, settings=SETTINGS) as it:
        good = sign(it, "d1", raw)
        first = await _send(it, source, good)
        assert (first.status_code, first.json()["source"]) == (202, source)
        assert first.headers["location"]
        again = await _send(it, source, good)
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
        other = json.dumps(json.loads(BODY) | {"reason": "x"})
        reused = await _send(it, source, sign(it, "d1", other.encode()), other)
        assert reused.status_code == 422
        rotated = json.dumps(json.loads(BODY) | {"reason": "y"})
        assert (await _send(it, source, sign(it, "d2", rotated.encode(), OLD), rotated)).status_code == 202
        with caplog.at_level(logging.DEBUG):
            refused = [
                await _send(it, source, {}),
                await _send(it, source, sign(it, "d3", raw, "another-secret")),
                *[
                    await _send(it, source, {k: v for k, v in good.items() if k != name})
                    for name in good
                    if "Id" not in name
                ],
                *([await _send(it, source, good, BODY + " ")] if source != "bearer" else []),
            ]
        assert {answer.status_code for answer in refused} == {401}
        assert len({answer.text for answer in refused}) == 1
        assert "application/problem+json" in refused[0].headers["content-type"]
        said = "\n".join(record.getMessage() for record in caplog.records)
        assert SECRET not in said
        assert "another-secret" not in said
        assert len(requests_of(it)) == 2


@pytest.mark.parametrize("sign", [github, jira, zendesk], ids=lambda sign: sign.__name__)
async def test_signed_bytes_under_another_id_are_a_replay(tmp_path: Path, policy: Path, sign: Sign) -> None:
    source, raw = sign.__name__, BODY.encode()
    async with system(tmp_path, policy=policy, settings=SETTINGS) as it:
        good = sign(it, "d1", raw)
        first = await _send(it, source, good)
        (name,) = [name for name in good if "Delivery" in name or "Identifier" in name or "Invocation" in name]
        for delivery_id in ("d2", "d3"):
            replayed = await _send(it, source, good | {name: delivery_id})
            assert (replayed.status_code, replayed.json()["id"]) == (200, first.json()["id"])
        assert requests_of(it) == {first.json()["id"]}
        it.host.clock.advance(40 * 24 * 3600)
        late = await _send(it, source, good | {name: "d4"})
        assert late.status_code == (401 if source == "zendesk" else 200)


async def test_two_deliveries_of_a_bearer_may_be_alike(tmp_path: Path, policy: Path) -> None:
    async with system(tmp_path, policy=policy, settings=SETTINGS) as it:
        answers = [await _send(it, "bearer", bearer(it, delivery_id, b"")) for delivery_id in ("d1", "d2")]
        assert [answer.status_code for answer in answers] == [202, 202]
        # Without an id the body says which delivery it is.
        nameless = [await _send(it, "bearer", {"Authorization": f"Bearer {SECRET}"}) for _ in range(2)]
        assert [answer.status_code for answer in nameless] == [202, 200]


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_time_that_is_signed_is_five_minutes_good(tmp_path: Path, minutes: int) -> None:
    async with system(tmp_path) as it:
        raw = json.dumps(ticket())
        headers = sign_standard(HELPDESK_SECRET, "m1", it.services.now() + timedelta(minutes=minutes), raw.encode())
        assert (await _send(it, "helpdesk", headers, raw)).status_code == 401


async def test_an_unknown_source_is_404_whatever_it_brings(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        answers = [await _send(it, name, {"Authorization": "Bearer x"}) for name in ("nobody", "api", "..%2Fhelpdesk")]
        assert {answer.status_code for answer in answers} == {404}


async def test_size_and_rate_of_a_source_have_limits(tmp_path: Path, policy: Path) -> None:
    async with system(tmp_path, policy=policy, settings=SETTINGS) as it:
        large = await _send(it, "github", {}, "x" * 4097)
        assert (large.status_code, large.headers["content-type"]) == (413, "application/problem+json")
        for _ in range(10):  # what is not signed uses nothing up
            assert (await _send(it, "github", {})).status_code == 401
        good = github(it, "d1", BODY.encode())
        statuses = [(await _send(it, "github", good)).status_code for _ in range(6)]
        assert statuses == [202, 200, 200, 200, 200, 429]
        assert (await _send(it, "jira", jira(it, "d1", BODY.encode()))).status_code == 202
        it.host.clock.advance(61)
        assert (await _send(it, "github", good)).status_code == 200


async def test_a_source_touches_its_customers_only_and_mistakes_name_the_field(tmp_path: Path, policy: Path) -> None:
    async with system(tmp_path, policy=policy, settings=SETTINGS) as it:
        value: dict[str, Any] = {"targets": [{"customer": "fabrikam", "users": ["alex@fabrikam.com"]}]}
        body = json.dumps(value)
        answer = await _send(it, "github", github(it, "d1", body.encode()), body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/targets/0/customer")
        unmapped = await deliver(it, "m1", {"ticket": {"id": "INC1", "users": []}})
        assert unmapped.status_code == 400
        assert {error["pointer"] for error in unmapped.json()["errors"]} == {"/requester", "/targets"}
        # What was refused is not remembered: the sender puts it right under the same id.
        assert (await deliver(it, "m1", ticket())).status_code == 202
