"""The message to the approvers' channel: posted once, tried again, said as far as it is known, and never a way to decide."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from domain.access.console_session import session_for
from tests.receiver import SECRET, callback_to, policy_with, receiving, send_ticket
from tests.system import ROOT, System, system
from tests.teams_workflow import SIGNATURE, Workflow, texts_of, workflow
from triggers.console.operators import COOKIE

POLICY = 'teamsWebhook = "env:TEAMS_WEBHOOK"\n'


@pytest.fixture
async def teams() -> AsyncIterator[Workflow]:
    async with workflow() as made:
        yield made


@pytest.fixture
def policy(tmp_path: Path, teams: Workflow, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEAMS_WEBHOOK", teams.url)
    path = tmp_path / "policy.toml"
    demo = (ROOT / "localhost/policy.demo.toml").read_text()
    path.write_text(demo.replace("[approval]\n", "[approval]\n" + POLICY, 1))
    return path


def _add(policy: Path, more: str) -> None:
    policy.write_text(policy.read_text() + more)


def _records(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("records.sqlite*"))


@pytest.fixture
async def it(tmp_path: Path, policy: Path) -> AsyncIterator[System]:
    async with system(tmp_path, policy=policy) as made:
        yield made


async def message(it: System, request_id: str) -> Any:
    return (await it.shown(request_id))["approval"]["teams"]


async def page(it: System, path: str, mail: str) -> Any:
    cookie = session_for(it.services.settings.approval_keys, mail, it.services.now())
    return await it.http.get(path, headers={"Cookie": f"{COOKIE}={cookie}"})


@pytest.mark.azure_storage
async def test_the_channel_hears_once_and_the_request_says_as_much_as_is_known(it: System, teams: Workflow) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    assert teams.refused == []
    (card,) = teams.cards
    assert texts_of(card)[1:4] == ["Users: 1", "Customers: 1", "Ticket: INC0012345"]
    said = await message(it, request["id"])
    assert (said["state"], said["attempts"], said["lastStatus"], said["detail"]) == ("accepted", 1, 202, "")
    assert [e["event"] for e in await it.audit(request["id"])].count("teamsMessageAccepted") == 1
    await it.approve(request["id"])
    assert (await it.shown(request["id"]))["status"] == "completed"
    assert teams.tries == 1


@pytest.mark.azure_storage
async def test_the_card_names_no_person_no_customer_and_no_link_of_an_approver(it: System, teams: Workflow) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    links = it.links(request["id"])
    assert links
    text = str(teams.cards)
    for word in ("adele", "contoso", "msp.example", "Lost phone", "token="):
        assert word not in text.lower(), word
    for link in links.values():
        assert link.partition("token=")[2] not in text


@pytest.mark.azure_storage
async def test_its_link_leads_each_approver_to_their_own_page_and_nobody_else_anywhere(
    it: System, teams: Workflow
) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    link = teams.cards[0]["actions"][0]["url"]
    assert link == f"{it.host.base_url}/console/approvals/{request['id']}"
    path = urlsplit(link).path
    (own,) = it.links(request["id"]).items()
    there = await page(it, path, own[0])
    assert (there.status_code, it.host.base_url + there.headers["location"]) == (303, own[1])
    assert (await page(it, path, "tech@msp.example")).status_code == 404
    assert (await it.http.get(path)).headers["location"].startswith("/console/sign-in")
    assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
    assert (await page(it, "/console/approvals/unknown", own[0])).status_code == 404


async def test_a_workflow_in_trouble_is_tried_again_and_holds_up_nothing(it: System, teams: Workflow) -> None:
    teams.answers = [503, 0]
    request = await it.ask(contoso=["adele@contoso.com"])
    said = await message(it, request["id"])
    assert (said["state"], said["attempts"], said["lastStatus"]) == ("pending", 1, 503)
    assert it.links(request["id"])
    await it.advance(seconds=10)
    said = await message(it, request["id"])
    assert (said["state"], said["attempts"], said["lastStatus"]) == ("pending", 2, None)
    assert said["detail"].startswith("noAnswer: ")
    await it.advance(minutes=1)
    assert ((await message(it, request["id"]))["state"], len(teams.cards)) == ("accepted", 1)


async def test_throttling_is_waited_for_as_long_as_it_says(it: System, teams: Workflow) -> None:
    teams.headers, teams.answers = {"Retry-After": "120"}, [429]
    request = await it.ask(contoso=["adele@contoso.com"])
    await it.advance(seconds=118)
    assert (teams.tries, (await message(it, request["id"]))["state"]) == (1, "pending")
    await it.advance(seconds=3)
    assert (teams.tries, (await message(it, request["id"]))["state"]) == (2, "accepted")


async def test_what_was_decided_meanwhile_is_not_posted(it: System, teams: Workflow) -> None:
    teams.answers = [503]
    request = await it.ask(contoso=["adele@contoso.com"])
    await it.approve(request["id"])
    await it.advance(minutes=1)
    assert ((await message(it, request["id"]))["state"], teams.cards, teams.tries) == ("notSent", [], 1)


@pytest.mark.azure_storage
async def test_a_workflow_that_is_gone_is_said_at_once_and_can_be_tried_again(it: System, teams: Workflow) -> None:
    teams.answers = [404]
    request = await it.ask(contoso=["adele@contoso.com"])
    said = await message(it, request["id"])
    assert (said["state"], said["lastStatus"]) == ("failed", 404)
    assert "it is off" in said["detail"]
    assert [e["event"] for e in await it.audit(request["id"])].count("teamsMessageFailed") == 1
    assert teams.tries == 1
    shown = await page(it, f"/console/requests/{request['id']}", "tech@msp.example")
    assert "Message to the approvers&#39; channel" in shown.text or "Message to the approvers' channel" in shown.text
    assert "Send again what did not get through" in shown.text
    await it.call("POST", f"/api/reset-requests/{request['id']}/callbacks/resend", 202)
    await it.host.idle()
    assert ((await message(it, request["id"]))["state"], len(teams.cards)) == ("accepted", 1)
    await it.call("POST", f"/api/reset-requests/{request['id']}/callbacks/resend", 409)
    shown = await page(it, f"/console/requests/{request['id']}", "tech@msp.example")
    assert "accepted for delivery" in shown.text
    assert "Send again what did not get through" not in shown.text


async def test_after_a_day_it_is_given_up(it: System, teams: Workflow) -> None:
    teams.answers = [500] * 100
    request = await it.ask(contoso=["adele@contoso.com"])
    await it.advance(hours=23)
    assert (await message(it, request["id"]))["state"] == "pending"
    await it.advance(hours=2)  # its time limit has passed, too
    assert (await message(it, request["id"]))["state"] in {"failed", "notSent"}
    tries = teams.tries
    await it.advance(hours=12)
    assert teams.tries == tries <= 14


@pytest.mark.azure_storage
async def test_the_address_is_in_no_record_and_no_history(it: System, teams: Workflow, tmp_path: Path) -> None:
    teams.answers = [401]
    request = await it.ask(contoso=["adele@contoso.com"])
    shown = str(await it.shown(request["id"])) + str(await it.audit(request["id"]))
    histories = "".join(str(event) for name in it.host.instance_ids() for event in it.host.history(name))
    records = _records(tmp_path)
    assert request["id"] in histories
    assert request["id"].encode() in records
    assert SIGNATURE not in shown + histories
    assert SIGNATURE.encode() not in records


@pytest.mark.azure_storage
async def test_callbacks_are_delivered_beside_it(
    tmp_path: Path, policy: Path, teams: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELPDESK_CALLBACK_SECRET", SECRET)
    async with receiving() as receiver:
        _add(policy, callback_to(receiver.url))
        async with system(tmp_path, policy=policy) as it:
            await send_ticket(it, contoso=["adele@contoso.com"])
            assert (receiver.kinds, len(teams.cards)) == (["accepted", "awaitingApproval"], 1)


@pytest.mark.azure_storage
async def test_without_a_channel_in_the_policy_nothing_is_posted(
    tmp_path: Path, teams: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMS_WEBHOOK", teams.url)
    async with system(tmp_path, policy=policy_with(tmp_path, "")) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        assert (await message(it, request["id"]), teams.tries) == (None, 0)
