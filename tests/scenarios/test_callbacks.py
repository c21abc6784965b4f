"""Callbacks to a source over a real connection, with a day of retries on a clock that is set."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.ingress.signatures import verify
from tests.receiver import SECRET, Receiver, callback_to, policy_with, receiving, send_ticket
from tests.system import System, system

ALL = ["accepted", "awaitingApproval", "decided", "completed"]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
async def it(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    monkeypatch.setenv("HELPDESK_CALLBACK_SECRET", SECRET)
    async with system(tmp_path, policy=policy_with(tmp_path, callback_to(receiver.url))) as made:
        yield made


@pytest.mark.azure_storage
async def test_a_source_is_notified_of_every_event(it: System, receiver: Receiver) -> None:
    request_id = await send_ticket(it, contoso=["adele@contoso.com"])
    assert receiver.kinds == ["accepted", "awaitingApproval"]
    await it.approve(request_id)
    assert receiver.kinds == ALL
    for call in receiver.calls:
        assert call.headers["content-type"] == "application/cloudevents+json"
        assert verify("standard-webhooks", [SECRET], call.headers, call.body, it.services.now())
        assert call.headers["webhook-id"] == call.event["id"] == f"{request_id}:{call.kind}:1"
        assert call.event["data"]["id"] == request_id
    assert [receiver.last(kind).event["data"]["status"] for kind in ALL] == [
        "planning",
        "awaitingApproval",
        "resetting",
        "completed",
    ]
    shown = await it.shown(request_id)
    assert [(c["kind"], c["state"], c["attempts"], c["lastStatus"]) for c in shown["callbacks"]] == [
        (kind, "delivered", 1, 204) for kind in ALL
    ]


async def test_a_source_hears_that_its_request_waits_for_verification(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELPDESK_CALLBACK_SECRET", SECRET)
    more = '[verification]\nrequired = "always"\naccept = ["managerAttestation", "callback"]\n'
    more += callback_to(receiver.url, 'template = "zendesk"')
    async with system(tmp_path, policy=policy_with(tmp_path, more)) as it:
        request_id = await send_ticket(it, contoso=["adele@contoso.com"])
        assert receiver.kinds == ["accepted", "awaitingVerification"]
        data = receiver.last("awaitingVerification").event["data"]
        assert (data["status"], data["verification"]["endedAt"]) == ("planning", None)
        assert "Proof is needed that the user of Contoso asked for this, by" in data["comment"]
        assert "What counts: manager, call back." in data["comment"]
        await it.advance(hours=4, minutes=1)
        assert receiver.kinds == ["accepted", "awaitingVerification", "completed"]
        shown = await it.shown(request_id)
        assert [c["kind"] for c in shown["callbacks"]] == receiver.kinds


async def test_a_denial_is_notified_and_an_expiry_only_completes(it: System, receiver: Receiver) -> None:
    denied = await send_ticket(it, contoso=["adele@contoso.com"])
    (link,) = it.links(denied).values()
    await it.decide(link, "deny", comment="Not her")
    assert receiver.kinds == ALL
    assert receiver.last("decided").event["data"]["status"] == "denied"
    assert receiver.last("decided").event["data"]["approval"]["decisions"][0]["comment"] == "Not her"
    receiver.calls.clear()
    await send_ticket(it, delivery="msg_2", contoso=["adele@contoso.com"])
    await it.advance(hours=25)
    assert receiver.kinds == ["accepted", "awaitingApproval", "completed"]
    assert receiver.last("completed").event["data"]["status"] == "expired"


async def test_a_receiver_that_is_away_gets_the_same_event_later_and_holds_up_nothing(
    it: System, receiver: Receiver
) -> None:
    receiver.otherwise = 503
    request_id = await send_ticket(it, contoso=["adele@contoso.com"])
    await it.approve(request_id)
    shown = await it.shown(request_id)
    assert shown["status"] == "completed"
    assert {c["state"] for c in shown["callbacks"]} == {"pending"}
    assert {c["lastStatus"] for c in shown["callbacks"]} == {503}
    receiver.otherwise = 200
    before = {call.kind: call for call in receiver.calls}
    await it.advance(seconds=10)
    again = {call.kind: call for call in receiver.calls}
    assert [c["state"] for c in (await it.shown(request_id))["callbacks"]] == ["delivered"] * 4
    for kind in ALL:
        assert again[kind] is not before[kind]
        assert again[kind].body == before[kind].body
        assert again[kind].headers["webhook-id"] == before[kind].headers["webhook-id"]


async def test_after_a_day_it_is_given_up_visibly_and_can_be_sent_again(it: System, receiver: Receiver) -> None:
    receiver.answers = [200, 200]
    receiver.otherwise = 0
    request_id = await send_ticket(it, contoso=["adele@contoso.com"])
    await it.approve(request_id)
    at = it.services.now()
    await it.advance(hours=23, minutes=30)
    assert [c["state"] for c in (await it.shown(request_id))["callbacks"]] == [
        "delivered",
        "delivered",
        "pending",
        "pending",
    ]
    await it.advance(hours=1)
    ends = (await it.shown(request_id))["callbacks"][2:]
    assert [c["state"] for c in ends] == ["failed", "failed"]
    for end in ends:  # a timer may fire a second early
        assert timedelta() <= at + timedelta(hours=24) - datetime.fromisoformat(end["lastAt"]) < timedelta(seconds=1)
    assert 10 <= ends[0]["attempts"] <= 14
    assert "noAnswer" in ends[0]["detail"]
    assert [e["event"] for e in await it.audit(request_id)].count("callbackFailed") == 2

    receiver.otherwise = 202
    receiver.calls.clear()
    again = await it.call("POST", f"/api/reset-requests/{request_id}/callbacks/resend", 202)
    assert again["id"] == request_id
    await it.host.idle()
    assert {call.event["id"] for call in receiver.calls} == {f"{request_id}:decided:1", f"{request_id}:completed:1"}
    assert {c["state"] for c in (await it.shown(request_id))["callbacks"]} == {"delivered"}
    await it.call("POST", f"/api/reset-requests/{request_id}/callbacks/resend", 409)


async def test_410_stops_it(it: System, receiver: Receiver) -> None:
    receiver.otherwise = 410
    request_id = await send_ticket(it, contoso=["adele@contoso.com"])
    await it.advance(hours=3)
    assert receiver.kinds == ["accepted", "awaitingApproval"]
    assert {c["state"] for c in (await it.shown(request_id))["callbacks"]} == {"gone"}


@pytest.mark.azure_storage
async def test_a_redirect_is_not_followed(it: System, receiver: Receiver) -> None:
    receiver.headers = {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
    receiver.answers = [307]
    request_id = await send_ticket(it, contoso=["adele@contoso.com"])
    assert {call.path for call in receiver.calls} == {"/hook"}
    assert (await it.shown(request_id))["callbacks"][0]["lastStatus"] == 307


async def test_a_receiver_may_ask_for_more_time(it: System, receiver: Receiver) -> None:
    receiver.headers = {"Retry-After": "120"}
    receiver.answers = [429]
    request_id = await send_ticket(it, contoso=["adele@contoso.com"])
    await it.advance(seconds=119)
    assert receiver.kinds.count("accepted") == 1
    await it.advance(seconds=2)
    assert receiver.kinds.count("accepted") == 2
    assert (await it.shown(request_id))["callbacks"][0]["state"] == "delivered"


@pytest.mark.azure_storage
async def test_nothing_personal_is_in_the_durable_history(it: System, receiver: Receiver) -> None:
    receiver.otherwise = 500
    request_id = await send_ticket(it, contoso=["adele@contoso.com"])
    await it.approve(request_id)
    histories = "".join(str(event) for name in it.host.instance_ids() for event in it.host.history(name))
    assert request_id in histories
    for word in ("adele", "Adele", "msp.example", "INC0012345", "Lost phone", "owner@"):
        assert word not in histories


@pytest.mark.azure_storage
async def test_a_source_without_a_callback_is_not_called(it: System, receiver: Receiver) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    assert (await it.shown(request["id"]))["callbacks"] == []
    assert receiver.calls == []
    await it.call("POST", f"/api/reset-requests/{request['id']}/callbacks/resend", 409)


async def test_a_comment_for_the_ticket_comes_along_where_the_policy_names_its_system(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELPDESK_CALLBACK_SECRET", SECRET)
    more = callback_to(receiver.url, 'template = "zendesk"') + '[followUp]\nafter = "1h"\n'
    async with system(tmp_path, policy=policy_with(tmp_path, more)) as it:
        request_id = await send_ticket(it, contoso=["adele@contoso.com"])
        await it.approve(request_id)
        await it.advance(hours=1)
        comments = {call.kind: call.event["data"].pop("comment") for call in receiver.calls}
        assert "owner@contoso.com" in comments["awaitingApproval"]
        assert "<strong>MFA reset: approved</strong>" in comments["decided"]
        assert "adele@contoso.com: Reset." in comments["completed"]
        assert "adele@contoso.com: has not registered again" in comments["followedUp"]
        assert receiver.last("followedUp").event["data"]["followUp"]["totals"] == {"exposed": 1}
