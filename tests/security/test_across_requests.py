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

    monkeypatch.setitem(metrics._instruments.counters, "mfareset.limits.reached", Counter())
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


ADELE, MEGAN = "adele@contoso.com", "megan@contoso.com"


async def test_an_open_request_names_itself_and_an_operator_takes_its_user_over(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        holder = await it.ask(contoso=[ADELE, MEGAN])
        refused = await it.ask(contoso=[ADELE])
        [target] = await it.targets(refused["id"])
        assert (target["reason"], target["heldBy"]) == ("alreadyRunning", holder["id"])
        path = f"/api/reset-requests/{refused['id']}/takeover"
        taken = await it.call("POST", path, 202, headers={"Idempotency-Key": "once"})
        await it.host.idle()
        assert (await it.call("POST", path, 200, headers={"Idempotency-Key": "once"}))["id"] == taken["id"]
        problem = await it.call("POST", path, 409)  # a second operator, or a second click
        assert taken["id"] in problem["detail"]
        lost, kept = await it.targets(holder["id"])
        assert (lost["outcome"], lost["reason"]) == ("cancelled", "takenOver")
        assert kept["outcome"] == "pending"
        events = [event for event in await it.audit(holder["id"]) if event["event"] == "takenOver"]
        assert [event["data"] for event in events] == [{"target": 0, "takenOverFor": refused["id"]}]
        await it.approve(holder["id"])  # the plan is the one that was approved, without the user
        assert [t["outcome"] for t in await it.targets(holder["id"])] == ["cancelled", "reset"]
        assert len(it.world.user("contoso", ADELE).methods) >= 3
        await it.approve(taken["id"])
        shown = await it.shown(taken["id"])
        assert (shown["status"], shown["takeoverOf"], shown["retryOf"]) == ("completed", refused["id"], None)


async def test_an_approved_reset_is_not_taken_over(tmp_path: Path) -> None:
    async with system(tmp_path, settings={"STOP_REMOVING": "true"}) as it:
        holder = await it.ask(contoso=[ADELE])
        await it.approve(holder["id"])
        refused = await it.ask(contoso=[ADELE])
        await it.call("POST", f"/api/reset-requests/{refused['id']}/takeover", 409)
        await it.advance(hours=5)
        [target] = await it.targets((await it.ask(contoso=[ADELE]))["id"])
        assert target["heldBy"] == holder["id"]


async def test_a_hold_that_is_not_decided_ends_where_another_asks(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        holder = await it.ask(contoso=[ADELE])
        await it.advance(hours=3, minutes=59)
        early = await it.ask(contoso=[ADELE])
        assert (await it.targets(early["id"]))[0]["heldBy"] == holder["id"]
        await it.advance(minutes=1)
        assert (await it.shown(holder["id"]))["status"] == "awaitingApproval"
        asked = await it.ask(contoso=[ADELE])
        assert (await it.targets(asked["id"]))[0]["outcome"] == "pending"
        [target] = await it.targets(holder["id"])
        assert (target["reason"], asked["id"] in target["detail"]) == ("takenOver", True)
        await it.advance(minutes=2)
        assert (await it.shown(holder["id"]))["status"] == "cancelled"  # nothing is left of it
        await it.approve(asked["id"])
        assert (await it.shown(asked["id"]))["status"] == "completed"


async def test_a_hold_that_somebody_has_begun_to_decide_does_not_end(tmp_path: Path) -> None:
    text = policy(tmp_path).read_text("utf-8").replace("quorum = 1", "quorum = 2", 1)
    text = text.replace('approval = "exempt"', 'approval = "required"').replace(
        'approvers = ["owner@contoso.com"]\n', ""
    )
    (tmp_path / "policy.toml").write_text(text, "utf-8")
    async with system(tmp_path, policy=tmp_path / "policy.toml") as it:
        holder = await it.ask(contoso=[ADELE])
        await it.decide(it.links(holder["id"])["lead@msp.example"], "approve")
        await it.advance(hours=5)
        asked = await it.ask(contoso=[ADELE])
        assert (await it.targets(asked["id"]))[0]["heldBy"] == holder["id"]


async def test_sixty_requests_in_a_minute_are_one_mail_with_sixty_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualClock()
    async with system(tmp_path, world=crowd(clock), clock=clock) as it:
        all_there = asyncio.Event()

        async def moment(_: float) -> None:
            await all_there.wait()

        monkeypatch.setattr(it.services, "_sleep", moment)
        users = people(it, 20, 60, "fabrikam")
        asked = []
        for user in users:
            asked.append((await it.ask(fabrikam=[user], settle=False))["id"])
            clock.advance(0.9)
        all_there.set()
        await it.host.idle()
        await it.advance(minutes=2)
        for approver in ("lead@msp.example", "second@msp.example"):
            [mail] = it.world.mailbox.to(approver)
            assert len({link for link in mail.links if "/api/approvals" in link}) == 60
        for request_id in asked:
            entries = (await it.shown(request_id))["approval"]["approvers"]
            assert {entry["mail"] for entry in entries} == {"sent"}
        await it.decide(it.links(asked[40])["lead@msp.example"], "approve")
        await it.decide(it.links(asked[40])["second@msp.example"], "approve")
        assert (await it.shown(asked[40]))["status"] == "completed"
        await it.advance(hours=4)
        reminders = [mail for mail in it.world.mailbox.to("lead@msp.example") if "Reminder" in mail.subject]
        assert len(reminders) <= 6
        assert sum(len({link for link in mail.links if "/api/approvals" in link}) for mail in reminders) == 59


async def test_a_lone_request_is_mailed_at_once(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=[ADELE])
        assert it.links(request["id"])
