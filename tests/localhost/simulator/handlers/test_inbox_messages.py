"""Addresses that take no mail, and the reports of it in the sender's inbox."""

from typing import Any

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.testing import client_for

PLACE = "/v1.0/users/mfa-reset@msp.example/mailFolders/inbox/messages"
REPORTS = "singleValueExtendedProperties/any(ep: ep/id eq 'String 0x001A' and ep/value eq 'REPORT.IPM.Note.NDR')"
TEXT = {"Prefer": 'outlook.body-content-type="text"'}


@pytest.fixture
def home(world: World) -> httpx.AsyncClient:
    return client_for(world, "home")


async def send(home: httpx.AsyncClient, *to: str, subject: str = "Decide") -> None:
    message = {"subject": subject, "toRecipients": [{"emailAddress": {"address": address}} for address in to]}
    assert (await home.post("/v1.0/users/mfa-reset@msp.example/sendMail", json={"message": message})).status_code == 202


async def listed(home: httpx.AsyncClient, **parameters: Any) -> list[dict[str, Any]]:
    params = {f"${name}": str(value) for name, value in parameters.items()}
    reply = await home.get(PLACE, params=params, headers=TEXT)
    assert reply.status_code == 200, reply.text
    value: list[dict[str, Any]] = reply.json()["value"]
    return value


async def test_a_mail_to_such_an_address_is_taken_and_comes_back(world: World, home: httpx.AsyncClient) -> None:
    reply = await home.post("/simulator/bouncing", json={"Lead@msp.example": "5.1.10"})
    assert reply.json() == {"lead@msp.example": "5.1.10"}
    await send(home, "LEAD@msp.example", "owner@contoso.com")
    assert [mail.to for mail in world.mailbox.to()] == [("owner@contoso.com",)]
    (report,) = await listed(home, filter=REPORTS, select="subject,body")
    assert report.keys() == {"id", "subject", "body"}
    assert report["subject"] == "Undeliverable: Decide"
    assert "550 5.1.10" in report["body"]["content"]
    await home.post("/simulator/bouncing", json={})
    await send(home, "lead@msp.example")
    assert len(await listed(home)) == 1


async def test_the_filter_chooses_by_class_and_time_and_pages(world: World, home: httpx.AsyncClient) -> None:
    world.inbox.put(world.clock(), to="mfa-reset@msp.example", subject="Hello", body="Not a report")
    world.inbox.bouncing = {"lead@msp.example": "5.7.1"}
    await send(home, "lead@msp.example", subject="old")
    world.advance(60)
    for number in range(3):
        await send(home, "lead@msp.example", subject=f"new {number}")
    assert len(await listed(home, filter=REPORTS)) == 4
    since = f"receivedDateTime ge {world.clock().isoformat().replace('+00:00', 'Z')} and {REPORTS}"
    first = (await home.get(PLACE, params={"$filter": since, "$top": "2", "$select": "subject"})).json()
    rest = (await home.get(first["@odata.nextLink"])).json()
    assert [row["subject"] for row in first["value"] + rest["value"]] == [f"Undeliverable: new {n}" for n in (2, 1, 0)]
    assert "@odata.nextLink" not in rest


async def test_what_it_does_not_answer(world: World, home: httpx.AsyncClient) -> None:
    assert (await home.get(PLACE, params={"$filter": "importance eq 'high'"}, headers=TEXT)).status_code == 400
    assert (await home.get(PLACE, params={"$filter": f"{REPORTS} or {REPORTS}"}, headers=TEXT)).status_code == 400
    assert (await home.get(PLACE)).status_code == 400  # bodies as HTML
    assert (await home.post("/simulator/bouncing", json={"nobody": "5.1.1"})).status_code == 400
    assert (await home.post("/simulator/bouncing", json={"a@b.example": "later"})).status_code == 400
    world.tenant("home").granted = frozenset({"Mail.Send"})
    assert (await home.get(PLACE, headers=TEXT)).status_code == 403
