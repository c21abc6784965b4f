"""Approver mails that Graph took and that came back: seen in the request, sent again, decided."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from localhost.simulator.world.inbox import NDR
from records.audits import Audits
from records.errors import StoreUnavailableError
from records.requests import Requests
from tests.console.pages import section
from tests.system import System, system
from triggers.timers.bounced_mails import NOT_READ, mark_bounced

LEAD, SECOND, OWNER = "lead@msp.example", "second@msp.example", "owner@contoso.com"
SENDER = "mfa-reset@msp.example"
INBOX = "mailFolders/inbox"


async def states(it: System, request_id: str) -> dict[str, str]:
    return {entry["approver"]: entry["mail"] for entry in (await it.shown(request_id))["approval"]["approvers"]}


async def events(it: System, request_id: str) -> list[str]:
    return [event["event"] for event in await it.audit(request_id)]


async def bounced(it: System, *addresses: str, targets: dict[str, list[str]]) -> str:
    """A request whose mails to these approvers came back, and were noticed."""
    it.world.inbox.bouncing = dict.fromkeys(addresses, "5.1.10")
    request = await it.ask(more=None, settle=True, **targets)
    await it.advance(minutes=5)
    return str(request["id"])


def report(it: System, subject: str) -> None:
    it.world.inbox.put(
        it.services.now(), to=SENDER, subject=f"Undeliverable: {subject}", body="550 5.1.1", item_class=NDR
    )


async def test_a_mail_that_comes_back_is_seen_sent_again_and_decided(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await bounced(it, LEAD, targets={"fabrikam": ["alex@fabrikam.com"]})
        approvers = (await it.shown(request_id))["approval"]["approvers"]
        assert {a["approver"]: (a["mail"], a["detail"]) for a in approvers} == {
            LEAD: ("bounced", "The address does not exist or cannot be used (5.1.10)"),
            SECOND: ("sent", ""),
        }
        seen = await section(it, request_id, "approval")
        assert "lead@msp.example mail bounced The address does not exist" in seen
        assert "second@msp.example asked" in seen
        assert "Mail approvers again" in seen
        (event,) = [e for e in await it.audit(request_id) if e["event"] == "mailBounced"]
        assert event["data"] == {"approver": LEAD, "reason": "5.1.10"}

        it.world.inbox.bouncing = {}
        it.world.mailbox.clear()
        await it.call("POST", f"/api/reset-requests/{request_id}/approvals/resend", 202)
        await it.host.idle()
        assert it.links(request_id).keys() == {LEAD}  # no other approver is mailed again
        await it.advance(minutes=10)  # the old report still lies there, and says nothing of the new mail
        assert await states(it, request_id) == {LEAD: "sent", SECOND: "sent"}
        await it.call("POST", f"/api/reset-requests/{request_id}/approvals/resend", 409)
        await it.approve(request_id)
        assert (await it.shown(request_id))["status"] == "completed"
        assert (await events(it, request_id)).count("mailBounced") == 1


async def test_a_second_bounce_is_reported_again(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await bounced(it, OWNER, targets={"contoso": ["adele@contoso.com"]})
        await it.call("POST", f"/api/reset-requests/{request_id}/approvals/resend", 202)
        await it.advance(minutes=5)
        assert await states(it, request_id) == {OWNER: "bounced"}
        assert (await events(it, request_id)).count("mailBounced") == 2


async def test_a_bounced_approver_is_mailed_by_a_reminder_and_not_before(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await bounced(it, LEAD, targets={"fabrikam": ["alex@fabrikam.com"]})
        it.world.inbox.bouncing = {}
        it.world.mailbox.clear()
        named = {"approvers": [SECOND]}
        await it.call("POST", f"/api/reset-requests/{request_id}/approvals/resend", 202, json=named)
        await it.host.idle()
        assert it.links(request_id).keys() == {SECOND}
        await it.advance(hours=4)
        assert it.links(request_id).keys() == {LEAD, SECOND}
        assert await states(it, request_id) == {LEAD: "sent", SECOND: "sent"}


@pytest.mark.azure_storage
async def test_reports_of_other_mails_change_nothing(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (mail,) = it.world.mailbox.to(OWNER)
        subject, _, reference = mail.subject.rpartition(" ")
        report(it, subject)  # a forger who knows everything but the reference
        report(it, f"{subject} [AAAAAAAAAA]")
        it.world.inbox.put(it.services.now(), to=SENDER, subject=f"Re: {mail.subject}", body="On holiday")  # no report
        await mark_bounced(it.services)
        assert await states(it, request["id"]) == {OWNER: "sent"}
        report(it, f"Something else {reference}")
        await mark_bounced(it.services)
        assert await states(it, request["id"]) == {OWNER: "bounced"}


@pytest.mark.azure_storage
async def test_graph_is_asked_only_while_a_mail_may_come_back(tmp_path: Path) -> None:
    async with system(tmp_path) as it:

        async def asked() -> int:
            it.world.calls.clear()
            await mark_bounced(it.services)
            return len(it.world.calls.matching(containing=INBOX))

        assert await asked() == 0
        request = await it.ask(contoso=["adele@contoso.com"])
        assert await asked() == 1
        now = it.services.now
        it.services.now = lambda: now() + timedelta(hours=49)
        assert await asked() == 0
        it.services.now = now
        await it.approve(request["id"])
        assert await asked() == 0


@pytest.mark.azure_storage
@pytest.mark.parametrize(("of", "dying"), [(Audits, "append"), (Requests, "update")])
async def test_a_crashed_run_is_completed_by_the_next_and_audited_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: type, dying: str
) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (mail,) = it.world.mailbox.to(OWNER)
        report(it, mail.subject)

        async def dies(*_: Any, **__: Any) -> None:
            raise StoreUnavailableError("away")

        with monkeypatch.context() as patched:
            patched.setattr(of, dying, dies)
            with pytest.raises(StoreUnavailableError):
                await mark_bounced(it.services)
        assert await states(it, request["id"]) == {OWNER: "sent"}
        for _ in range(2):
            await mark_bounced(it.services)
        assert await states(it, request["id"]) == {OWNER: "bounced"}
        assert (await events(it, request["id"])).count("mailBounced") == 1


async def test_without_the_permission_it_is_said_once_and_requests_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with system(tmp_path) as it:
        it.world.tenant("home").granted = frozenset({"Mail.Send", "User.Read.All"})
        with caplog.at_level(logging.WARNING, "mfareset.bounces"):
            request_id = await bounced(it, OWNER, targets={"contoso": ["adele@contoso.com"]})
            await it.advance(minutes=10)
        assert await states(it, request_id) == {OWNER: "sent"}
        assert caplog.messages.count(NOT_READ) == 1


async def test_a_mailbox_that_cannot_be_read_just_now_is_read_later(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        fault = it.world.faults.add(status=503, path=f"*/{INBOX}/*")
        request_id = await bounced(it, OWNER, targets={"contoso": ["adele@contoso.com"]})
        assert await states(it, request_id) == {OWNER: "sent"}
        it.world.faults.remove(fault)
        await it.advance(minutes=5)
        assert await states(it, request_id) == {OWNER: "bounced"}
