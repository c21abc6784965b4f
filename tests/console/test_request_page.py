"""What the page of a request shows of callbacks, events and the follow-up, and what may be sent again."""

import re
from collections.abc import AsyncIterator
from copy import replace
from pathlib import Path
from typing import Any

import pytest

import services
from messaging.errors import BusUnavailableError
from messaging.events import EventKind, event_id
from tests.browsing import browser_client
from tests.console.pages import fetched, hidden, notice_of, section, sign_in
from tests.receiver import SECRET, Receiver, callback_to, policy_with, receiving, send_ticket
from tests.system import System, system

FOLLOW = '[followUp]\nafter = "24h"\n'


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
async def it(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    monkeypatch.setenv("HELPDESK_CALLBACK_SECRET", SECRET)
    async with system(tmp_path, policy=policy_with(tmp_path, FOLLOW + callback_to(receiver.url))) as made:
        yield made


async def act(it: System, request_id: str, what: str) -> str:
    """Press a button as the technician; return the code of the notice."""
    async with browser_client(it.host.base_url) as http:
        await sign_in(http, "tech@msp.example")
        nonce = hidden((await http.get(f"/console/requests/{request_id}")).text)
        answer = await http.post(f"/console/requests/{request_id}/act", data={"nonce": nonce, "act": what})
    await it.host.idle()
    return notice_of(answer)


async def test_failed_callback_is_shown_and_sent_again(it: System, receiver: Receiver) -> None:
    receiver.otherwise = 503
    request_id = await send_ticket(it, contoso=["adele@contoso.com"])
    shown = await section(it, request_id, "callbacks")
    assert "Request accepted being tried 1 attempt" in shown
    assert "again" not in shown
    assert await act(it, request_id, "callbacks") == "nothingToSend"
    await it.advance(hours=26)
    shown = await section(it, request_id, "callbacks")
    assert re.search(r"Request accepted not delivered \d+ attempts", shown)
    assert "Send again what did not get through" in shown
    assert "Send again what did not get through" not in await section(
        it, request_id, "callbacks", "auditor@msp.example"
    )
    receiver.otherwise = 204
    assert await act(it, request_id, "callbacks") == "sentAgain"
    shown = await section(it, request_id, "callbacks")
    assert "Request accepted received" in shown
    assert "not delivered" not in shown


async def test_page_updates_until_the_callbacks_are_delivered(it: System, receiver: Receiver) -> None:
    receiver.otherwise = 503
    request_id = await send_ticket(it, contoso=["adele@contoso.com"])
    await it.approve(request_id)
    async with browser_client(it.host.base_url) as http:
        await sign_in(http, "tech@msp.example")
        address = f"/console/requests/{request_id}"
        assert ">Live<" in (await http.get(address)).text
        first = await http.get(f"{address}/live")
        assert "X-Live" not in first.headers
        receiver.otherwise = 204
        await it.advance(hours=2)
        changed = await http.get(f"{address}/live", headers={"If-None-Match": first.headers["ETag"]})
        assert changed.headers["X-Live"] == "ended"
        assert "data-live" not in (await http.get(address)).text


async def test_mails_that_were_sent_are_not_sent_again(it: System) -> None:
    request_id = await send_ticket(it, contoso=["adele@contoso.com"])
    assert await act(it, request_id, "approvals") == "nothingToSend"
    await it.approve(request_id)
    before = len(it.world.mailbox)
    for what in ("approvals", "mails"):
        assert await act(it, request_id, what) == "nothingToSend"
    assert len(it.world.mailbox) == before


async def test_exposed_users_and_quick_registrations_come_first(it: System) -> None:
    request_id = await send_ticket(it, contoso=["adele@contoso.com", "alex@contoso.com", "diego@contoso.com"])
    await it.approve(request_id)
    assert "The users are looked at again on" in await section(it, request_id, "follow-up")
    await it.advance(minutes=5)
    it.world.register("contoso", "adele@contoso.com", "phone", phoneType="mobile")
    await it.advance(hours=2)
    it.world.register("contoso", "alex@contoso.com", "microsoftAuthenticator")
    await it.advance(hours=23)
    seen = await section(it, request_id, "follow-up")
    assert "Exposed 1" in seen
    assert seen.index("diego@contoso.com") < seen.index("adele@contoso.com")
    assert "Registered quickly This user registered again within minutes" in seen
    assert "alex@contoso.com" not in seen


class Topic:
    """A Service Bus topic that is unavailable, or keeps the ids of the events it accepted."""

    def __init__(self) -> None:
        self.away = True
        self.accepted: list[str] = []

    async def publish(self, event: dict[str, Any], **_: str) -> None:
        if self.away:
            raise BusUnavailableError("away")
        self.accepted.append(event["id"])

    async def close(self) -> None: ...


async def test_event_that_the_topic_refused_is_shown_and_published_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = Topic()
    monkeypatch.setattr(services.Services, "bus", property(lambda _: topic))
    async with system(tmp_path) as it:
        it.services.settings = replace(it.services.settings, service_bus="Endpoint=sb://127.0.0.1;")
        request_id = (await it.ask(contoso=["adele@contoso.com"]))["id"]
        assert "Request accepted being tried" in await section(it, request_id, "callbacks")
        assert await act(it, request_id, "callbacks") == "nothingToSend"
        await it.advance(hours=26)  # and the request expired
        shown = await section(it, request_id, "callbacks")
        assert "Request accepted not sent Waiting for approval not sent" in shown
        assert "Send again what did not get through" in shown
        topic.away = False
        assert (await it.call("POST", f"/api/reset-requests/{request_id}/callbacks/resend", 202))["id"] == request_id
        await it.host.idle()
        await it.advance(hours=8)  # the last event is still being tried by itself
        events = (await it.shown(request_id))["outcomeEvents"]
        assert [event["state"] for event in events] == ["published"] * 3
        kinds: tuple[EventKind, ...] = ("accepted", "awaitingApproval", "completed")
        assert topic.accepted == [event_id(request_id, kind) for kind in kinds]
        await it.call("POST", f"/api/reset-requests/{request_id}/callbacks/resend", 409)
        assert await act(it, request_id, "callbacks") == "nothingToSend"


async def test_request_names_its_id_once_to_be_copied(it: System) -> None:
    request_id = (await it.ask(contoso=["adele@contoso.com"]))["id"]
    page = await fetched(it, f"requests/{request_id}")
    assert f"Request id {request_id}" in page.text
    assert page.text.count(request_id) == 1
