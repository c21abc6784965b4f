"""Attacks in parts: what one request may not do, several may not do together."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

from localhost.clock import VirtualClock
from localhost.simulator import World
from telemetry import metrics
from tests.system import ROOT, System, system
from tests.triggers.deliveries import deliver, ticket

STEP_UP, PART = 25, 24


def policy(tmp_path: Path, limits: str = "") -> Path:
    """The demo's policy with a source that needs no approval, and privileged users like all others."""
    text = (ROOT / "localhost/policy.demo.toml").read_text("utf-8").replace('privilegedUsers = "stepUp"', "")
    text = text.replace("[guards]", '[guards]\nprivilegedUsers = "allow"\nunknownPrivileges = "allow"', 1)
    text = text.replace('guests = "refuse"', 'guests = "allow"\ndisabledUsers = "allow"')
    text = text.replace("[limits]", f"[limits]\n{limits}", 1)
    text = text.replace('approval = "required"', 'approval = "exempt"', 1)
    path = tmp_path / "policy.toml"
    path.write_text(text, "utf-8")
    return path


def people(it: System, first: int, count: int = PART, customer: str = "contoso") -> list[str]:
    return [user.upn for user in it.world.tenant(customer).users.values()][first : first + count]


def crowd(clock: VirtualClock) -> World:
    return World.demo(200, clock=clock.now)


async def _status(it: System, answer: httpx.Response) -> dict[str, Any]:
    return await it.shown(answer.json()["id"])


async def test_five_deliveries_of_24_users_do_not_evade_the_step_up(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with system(tmp_path, world=crowd(clock), clock=clock, policy=policy(tmp_path)) as it:
        answers = await asyncio.gather(*(deliver(it, f"d{n}", ticket(*people(it, 20 + n * PART))) for n in range(5)))
        await it.host.idle()
        shown = [await _status(it, answer) for answer in answers]
        waiting = [each for each in shown if each["status"] == "awaitingApproval"]
        assert [each["approval"]["quorum"] for each in waiting] == [2] * 4  # and one small request went its way
        touched = {
            target["userId"] for each in shown for target in await it.targets(each["id"]) if target["sessionsRevoked"]
        }
        assert len(touched) < STEP_UP
        await it.advance(minutes=61)  # the window has moved on
        late = await _status(it, await deliver(it, "late", ticket(*people(it, 150))))
        await it.host.idle()
        assert (await it.shown(late["id"]))["approval"]["required"] is False


async def test_parts_over_several_customers_or_senders_do_not_evade_it_either(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with system(tmp_path, world=crowd(clock), clock=clock, policy=policy(tmp_path)) as it:
        for customer in ("contoso", "fabrikam"):  # one sender, two customers
            users = [{"organization": customer, "email": name} for name in people(it, 20, PART, customer)]
            answer = await deliver(it, customer, {"ticket": ticket()["ticket"] | {"users": users}})
        await it.host.idle()
        assert (await _status(it, answer))["approval"]["stepUp"] is True
        asked = await it.ask(contoso=people(it, 60, 1))  # another sender, the same customer
        assert (await it.shown(asked["id"]))["approval"]["quorum"] == 2


async def test_repeats_dry_runs_and_retries_count_once(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with system(tmp_path, world=crowd(clock), clock=clock, policy=policy(tmp_path)) as it:
        body = ticket(*people(it, 20, 20))
        first = await deliver(it, "d", body)
        for _ in range(5):
            assert (await deliver(it, "d", body)).status_code == 200
        await it.ask(contoso=people(it, 20, 20), more={"dryRun": True})
        await it.host.idle()
        assert (await _status(it, first))["approval"]["required"] is False
        more = await deliver(it, "e", ticket(*people(it, 60, 4)))
        await it.host.idle()
        assert (await _status(it, more))["approval"]["required"] is False  # 24 of 25


async def test_the_hard_limits_refuse_with_reason_event_and_metric(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[dict[str, Any]] = []

    class Counter:
        def add(self, _: int, attributes: dict[str, Any]) -> None:
            counted.append(attributes)

    monkeypatch.setitem(metrics._instruments.counters, "mfareset.limits.reached", Counter())  # type: ignore[arg-type]
    caplog.set_level(logging.INFO, "mfareset.events")
    clock = VirtualClock()
    async with system(tmp_path, world=crowd(clock), clock=clock, policy=policy(tmp_path, "usersPerHour = 30")) as it:
        assert (await deliver(it, "d0", ticket(*people(it, 20)))).status_code == 202
        body = ticket(*people(it, 50, 7))
        refused = await deliver(it, "d1", body)
        assert refused.status_code == 429
        assert refused.json()["type"] == "urn:mfareset:problem:usersPerHour"
        assert "24 users" in refused.json()["detail"]
        assert "usersPerHour" in refused.json()["detail"]
        assert int(refused.headers["Retry-After"]) > 3500
        assert counted == [{"limit": "usersPerHour", "scope": "sender", "source": "helpdesk"}]
        assert "limitReached" in caplog.text
        assert "reason=usersPerHour" in caplog.text
        await it.advance(seconds=int(refused.headers["Retry-After"]))
        assert (await deliver(it, "d1", body)).status_code == 202  # the same delivery, later
        # Not by delivering early what is to count later: it counts when it is accepted.
        assert (await deliver(it, "d2", ticket(*people(it, 60, 24)))).status_code == 429


async def test_a_customer_is_limited_whoever_asks(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with system(tmp_path, world=crowd(clock), clock=clock, policy=policy(tmp_path, "usersPerHour = 30")) as it:
        await deliver(it, "d0", ticket(*people(it, 20)))
        body = {"targets": [{"customer": "contoso", "users": people(it, 50, 7)}], "requester": "tech@msp.example"}
        problem = await it.call("POST", "/api/reset-requests", 429, json=body)
        assert "contoso" in problem["detail"]


async def test_open_requests_of_a_sender_are_limited(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with system(tmp_path, world=crowd(clock), clock=clock, policy=policy(tmp_path, "openRequests = 2")) as it:
        asked = [await it.ask(contoso=people(it, 20 + n, 1)) for n in range(2)]
        body = {"targets": [{"customer": "contoso", "users": people(it, 30, 1)}], "requester": "tech@msp.example"}
        problem = await it.call("POST", "/api/reset-requests", 429, json=body)
        assert problem["type"] == "urn:mfareset:problem:openRequests"
        assert (await deliver(it, "d", ticket(*people(it, 31, 1)))).status_code == 202  # another sender
        await it.call("POST", f"/api/reset-requests/{asked[0]['id']}/cancel", 202)
        await it.host.idle()
        await it.call("POST", "/api/reset-requests", 202, json=body)
