"""After the end of a request: mails to the requester, users and managers, and a look at the users later."""

from pathlib import Path
from typing import Any

import pytest

from activities import begin_post_completion, notify_users, send_outcome_mail
from contracts.workflow import PostCompletionPlan
from localhost.simulator.world.mailbox import Mail
from records.errors import StoreUnavailableError
from services import Services
from tests.client.harness import Waits, command
from tests.console.pages import text_of
from tests.receiver import policy_with
from tests.system import System, system

OUTCOME = "MFA reset completed (INC0012345)"
NOTICE = "Your multi-factor authentication was reset"
FOLLOW = '[followUp]\nafter = "24h"\n'


def mails(it: System, to: str, subject: str) -> list[Mail]:
    return [mail for mail in it.world.mailbox.to(to) if mail.subject == subject]


async def reset(it: System, more: dict[str, Any] | None = None, **users: list[str]) -> str:
    request = await it.ask(more=more, settle=True, **users)
    await it.approve(request["id"])
    return str(request["id"])


@pytest.mark.azure_storage
async def test_the_requester_and_the_users_get_mails(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await reset(it, contoso=["adele@contoso.com", "lynne@contoso.com"])
        (mail,) = mails(it, "tech@msp.example", OUTCOME)
        assert "adele@contoso.com" in mail.content
        (notice,) = mails(it, "adele@contoso.com", NOTICE)
        assert "your service desk" in notice.content
        assert notice.links == []
        assert mails(it, "lynne@contoso.com", NOTICE) == []  # nothing was taken from her
        shown = await it.shown(request_id)
        assert [(m["kind"], m["to"], m["state"]) for m in shown["mails"]] == [("outcome", "requester", "sent")]
        adele, lynne = await it.targets(request_id)
        assert [(m["to"], m["state"]) for m in adele["mails"]] == [("user", "sent")]
        assert lynne["mails"] == []
        assert shown["followUp"] is None


@pytest.mark.engine_only("the provider has no part in how a mail is sent")
async def test_no_copy_stays_of_a_mail_with_a_secret_link(tmp_path: Path) -> None:
    async with system(tmp_path, settings={"MAIL_FORMAT": "multipart"}) as it:
        await reset(it, contoso=["adele@contoso.com"])
        (outcome,) = mails(it, "tech@msp.example", OUTCOME)
        assert (outcome.saved, "adele@contoso.com" in outcome.text) == (True, True)
        asked = [mail for mail in it.world.mailbox.to() if any("/api/approvals?" in link for link in mail.links)]
        assert asked
        assert not any(mail.saved for mail in asked)


@pytest.mark.azure_storage
async def test_a_denied_requester_gets_a_mail_and_a_dry_run_sends_none(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        await it.decide(link, "deny", comment="Not her")
        assert len(mails(it, "tech@msp.example", "MFA reset denied (INC0012345)")) == 1
        assert mails(it, "adele@contoso.com", NOTICE) == []
        it.world.mailbox.clear()
        await it.ask(more={"dryRun": True}, contoso=["adele@contoso.com"])
        assert len(it.world.mailbox) == 0


@pytest.mark.azure_storage
async def test_managers_get_a_notice_where_the_policy_says_so_with_the_customers_contact(tmp_path: Path) -> None:
    text = policy_with(tmp_path, '[notices]\ncontact = "the MSP"\n').read_text()
    for old, new in {
        'name = "Contoso"\n': 'name = "Contoso"\nnotifyManagers = true\ncontact = "Contoso IT, +1 555 0100"\n',
        'name = "Fabrikam"\n': 'name = "Fabrikam"\nnotifyUsers = false\n',
    }.items():
        assert old in text
        text = text.replace(old, new)
    policy = tmp_path / "policy.toml"
    policy.write_text(text)
    async with system(tmp_path, policy=policy) as it:
        request_id = await reset(it, contoso=["alex@contoso.com"], fabrikam=["alex@fabrikam.com"])
        (notice,) = mails(it, "adele@contoso.com", "Multi-factor authentication of Alex Wilber was reset")
        assert "Contoso IT, +1 555 0100" in notice.content
        assert "Contoso IT" in mails(it, "alex@contoso.com", NOTICE)[0].content
        assert it.world.mailbox.to("alex@fabrikam.com") == []
        contoso, fabrikam = await it.targets(request_id)
        assert {(m["to"], m["state"]) for m in contoso["mails"]} == {("user", "sent"), ("manager", "sent")}
        assert fabrikam["mails"] == []


@pytest.mark.azure_storage
@pytest.mark.parametrize("requester", ["somebody@mail.example", "owner@contoso.com"])
async def test_an_outcome_is_not_mailed_outside(tmp_path: Path, requester: str) -> None:
    async with system(tmp_path) as it:
        request_id = await reset(
            it, more={"requester": requester}, contoso=["alex@contoso.com"], fabrikam=["alex@fabrikam.com"]
        )
        shown = await it.shown(request_id)
        assert [m["state"] for m in shown["mails"]] == ["notAllowed"]
        assert [m for m in it.world.mailbox.to(requester) if m.subject.startswith("MFA reset")] == []


@pytest.mark.azure_storage
async def test_a_customers_own_requester_reads_about_that_customer(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await reset(it, more={"requester": "hr@contoso.com"}, contoso=["alex@contoso.com"])
        assert [m["state"] for m in (await it.shown(request_id))["mails"]] == ["sent"]


async def test_mails_are_tried_again_and_sent_once(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com", "alex@contoso.com"])
        it.world.faults.add(status=429, retry_after=30, path="*/sendMail", count=3)
        await it.approve(request["id"])
        assert mails(it, "adele@contoso.com", NOTICE) == []
        await it.advance(minutes=10)
        for to, subject in (("tech@msp.example", OUTCOME), ("adele@contoso.com", NOTICE), ("alex@contoso.com", NOTICE)):
            assert len(mails(it, to, subject)) == 1


@pytest.mark.azure_storage
async def test_activities_that_run_twice_send_each_mail_once(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await reset(it, contoso=["adele@contoso.com"])
        before = len(it.world.mailbox)
        await send_outcome_mail.send(it.services, request_id, "outcome", last=False)
        await notify_users.notify(it.services, request_id, 0, 100, last=False)
        assert len(it.world.mailbox) == before


@pytest.mark.azure_storage
async def test_a_mail_that_graph_refuses_is_seen(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        it.world.faults.add(status=400, message="No such mailbox", path="*/sendMail")
        await it.approve(request["id"])
        shown = await it.shown(request["id"])
        assert shown["status"] == "completed"
        assert [(m["state"], m["detail"]) for m in shown["mails"]] == [("failed", "No such mailbox")]
        (adele,) = await it.targets(request["id"])
        assert [(m["to"], m["state"]) for m in adele["mails"]] == [("user", "failed")]
        assert "mailFailed" in [event["event"] for event in await it.audit(request["id"])]


@pytest.mark.azure_storage
async def test_approvers_whose_mail_failed_are_seen_and_mailed_again(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        fault = it.world.faults.add(status=400, message="No such mailbox", path="*/sendMail")
        request = await it.ask(fabrikam=["alex@fabrikam.com"])
        place = f"/api/reset-requests/{request['id']}/approvals/resend"
        waiting = await it.shown(request["id"])
        assert [(a["mail"], a["detail"]) for a in waiting["approval"]["approvers"]] == [
            ("failed", "No such mailbox")
        ] * 2
        it.world.faults.remove(fault)
        again = await it.call("POST", place, 202)
        assert {a["mail"] for a in again["approval"]["approvers"]} == {"pending"}
        await it.host.idle()
        assert {a["mail"] for a in (await it.shown(request["id"]))["approval"]["approvers"]} == {"sent"}
        assert it.links(request["id"]).keys() == {"lead@msp.example", "second@msp.example"}
        await it.call("POST", place, 409)  # nothing failed any more

        it.world.mailbox.clear()
        await it.call("POST", place, 202, json={"approvers": ["LEAD@msp.example"]})
        await it.host.idle()
        assert it.links(request["id"]).keys() == {"lead@msp.example"}
        mistakes: list[dict[str, Any]] = [{"approvers": ["nobody@msp.example"]}, {"approvers": "lead"}, {"who": []}]
        for wrong in mistakes:
            await it.call("POST", place, 400, json=wrong)
        await it.approve(request["id"])
        await it.call("POST", place, 409)


async def test_after_a_day_it_is_seen_who_has_not_registered_again(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, FOLLOW)) as it:
        who = ["adele@contoso.com", "alex@contoso.com", "diego@contoso.com", "lee@contoso.com", "lynne@contoso.com"]
        request_id = await reset(it, contoso=who)
        await it.advance(minutes=5)
        it.world.register("contoso", "adele@contoso.com", "phone", phoneType="mobile")  # within minutes
        await it.advance(hours=2)
        it.world.register("contoso", "alex@contoso.com", "microsoftAuthenticator")
        waiting = await it.shown(request_id)
        assert waiting["followUp"]["endedAt"] is None
        it.world.mailbox.clear()
        await it.advance(hours=22)
        ended = await it.shown(request_id)
        states = {t["userPrincipalName"]: t["followUp"]["state"] for t in await it.targets(request_id) if t["followUp"]}
        assert states["adele@contoso.com"] == "quick"
        assert states["alex@contoso.com"] == "registered"
        assert states["diego@contoso.com"] == "exposed"
        assert states["lee@contoso.com"] == "phishingResistant"  # a passkey was out of scope
        assert "lynne@contoso.com" not in states  # nothing was taken from her
        assert ended["followUp"]["totals"] == {"quick": 1, "registered": 1, "exposed": 1, "phishingResistant": 1}
        assert ended["status"] == "completed"
        (mail,) = it.world.mailbox.to("tech@msp.example")
        assert "diego@contoso.com" in mail.content
        assert "alex@contoso.com" not in mail.content
        assert [m["kind"] for m in ended["mails"]] == ["outcome", "followUp"]
        assert (await it.audit(request_id))[-2]["event"] == "followedUp"


async def test_several_looks_find_who_registered_and_the_mail_says_what_is_suspicious(tmp_path: Path) -> None:
    terms = '[followUp]\nafter = "4h"\nlooks = 3\nauditLog = true\n'
    async with system(tmp_path, policy=policy_with(tmp_path, terms)) as it:
        request_id = await reset(it, contoso=["adele@contoso.com", "diego@contoso.com"])
        await it.advance(seconds=20)
        it.world.register(
            "contoso", "adele@contoso.com", "softwareOath", by="megan@contoso.com", address="198.51.100.9"
        )
        await it.advance(minutes=70)
        adele, diego = await it.targets(request_id)
        assert adele["followUp"]["state"] == "registeredSuspicious"
        assert adele["followUp"]["suspicions"] == ["withinAMinute", "somebodyElse"]
        assert diego["followUp"]["state"] == "notYet"
        assert (await it.shown(request_id))["followUp"]["endedAt"] is None
        looks = len([call for call in it.world.calls if call.path.endswith("/directoryAudits")])
        it.world.mailbox.clear()
        await it.advance(hours=3)
        assert len([call for call in it.world.calls if call.path.endswith("/directoryAudits")]) == 3 * looks
        assert (await it.shown(request_id))["followUp"]["totals"] == {"registeredSuspicious": 1, "exposed": 1}
        (mail,) = it.world.mailbox.to("tech@msp.example")
        assert "within a minute of the reset, by somebody else" in mail.content
        assert "from 198.51.100.9 by megan@contoso.com" in mail.content
        page = await text_of(it, f"requests/{request_id}")
        assert "Suspicious" in page
        assert "by megan@contoso.com" in page
        ran = await command(Waits(it), "targets", request_id)
        assert "Suspicious, within a minute of the reset, by somebody else" in " ".join(ran.out.split())


async def test_a_user_who_cannot_be_looked_at_is_reported_as_that(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, FOLLOW)) as it:
        request_id = await reset(it, contoso=["adele@contoso.com", "alex@contoso.com"])
        alex = it.world.user("contoso", "alex@contoso.com").id
        it.world.faults.add(status=503, path="*/methods", user=alex)
        del it.world.tenant("contoso").users[it.world.user("contoso", "adele@contoso.com").id]
        await it.advance(hours=26)
        states = [target["followUp"]["state"] for target in await it.targets(request_id)]
        assert states == ["gone", "unreadable"]


async def test_records_that_are_away_at_the_end_delay_what_follows_and_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = begin_post_completion.begin
    calls = 0

    async def away(services: Services, request_id: str) -> PostCompletionPlan:
        nonlocal calls
        calls += 1
        if calls <= 20:  # more often than one call is repeated
            raise StoreUnavailableError("away")
        return await real(services, request_id)

    async with system(tmp_path) as it:
        monkeypatch.setattr(begin_post_completion, "begin", away)
        await reset(it, contoso=["adele@contoso.com"])
        assert mails(it, "tech@msp.example", OUTCOME) == []
        await it.advance(minutes=30)
        assert calls == 21
        assert len(mails(it, "tech@msp.example", OUTCOME)) == 1


@pytest.mark.azure_storage
async def test_failed_mails_are_sent_again_and_no_mail_twice(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com", "alex@contoso.com"])
        fault = it.world.faults.add(status=400, message="No such mailbox", path="*/sendMail", count=2)
        await it.approve(request["id"])
        assert fault.hits == 2  # the requester's and one user's
        it.world.mailbox.clear()
        place = f"/api/reset-requests/{request['id']}/mails/resend"
        await it.call("POST", place, 202)
        await it.host.idle()
        assert len(mails(it, "tech@msp.example", OUTCOME)) == 1
        assert len(it.world.mailbox) == 2
        assert [m["state"] for m in (await it.shown(request["id"]))["mails"]] == ["sent"]
        assert [[m["state"] for m in t["mails"]] for t in await it.targets(request["id"])] == [["sent"], ["sent"]]
        await it.call("POST", place, 409)
        assert "mailsAskedAgain" in [event["event"] for event in await it.audit(request["id"])]
