"""The approver's page: looking changes nothing, and one decision of the right person counts."""

import asyncio
import logging
import re
import sqlite3
from collections.abc import Mapping
from copy import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from domain.access.approval_links import ApprovalLink, sign
from tests.system import HOME, ROOT, System, link_token, system
from tests.triggers.deliveries import deliver
from tests.triggers.principals import CONTOSO, KNOWN, SOMEBODY, STRANGER, principal
from tests.web.markup import Markup

SIGN_IN = {"WEBSITE_AUTH_ENABLED": "True", "API_KEYS": "tests:a-function-key-of-the-tests"}
OWNER = "owner@contoso.com"


def everything(tmp_path: Path) -> list[str]:
    """The whole store, row by row."""
    with sqlite3.connect(tmp_path / "records.sqlite") as file:
        lines = list(file.iterdump())
    file.close()
    return lines


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))


async def posted(it: System, link: str, headers: Mapping[str, str] | None = None, **form: str) -> httpx.Response:
    """Posts with what the page has, but for what the test gives."""
    page = await it.http.get(link, headers=dict(headers or {}))
    own = {"Origin": it.host.base_url} | dict(headers or {})
    return await it.http.post(link, data=fields(page.text) | {"comment": ""} | form, headers=own)


async def test_looking_changes_nothing_however_often(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        before, instances = everything(tmp_path), it.host.instance_ids()
        histories = [len(it.host.history(instance)) for instance in instances]
        for method in ("GET", "HEAD") * 5:
            answer = await it.http.request(method, link)
            assert answer.status_code == 200
            assert (answer.text == "") is (method == "HEAD")
        for query in ("&decision=approve", "&page=2", "&decision=deny&comment=x"):
            assert (await it.http.get(link + query)).status_code == 200
        await it.host.idle()
        assert everything(tmp_path) == before
        assert [len(it.host.history(instance)) for instance in instances] == histories
        assert len(it.world.mailbox.to()) == 1


async def test_the_page_is_not_kept_anywhere_and_tells_no_other_site(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        headers = (await it.http.get(link)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://127.0.0.1", "http://127.0.0.1.evil.example"]
)
async def test_a_post_from_elsewhere_decides_nothing(tmp_path: Path, origin: str | None) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        form = fields((await it.http.get(link)).text) | {"decision": "approve"}
        before = everything(tmp_path)
        answer = await it.http.post(link, data=form, headers={"Origin": origin} if origin else {})
        assert answer.status_code == 403
        assert everything(tmp_path) == before


async def test_a_post_needs_the_nonce_of_this_page_within_the_hour(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"])
        first, second = it.links(request["id"]).values()
        others = fields((await it.http.get(second)).text)
        before = everything(tmp_path)
        for nonce in ("", "x", others["nonce"]):
            assert (await posted(it, first, decision="approve", nonce=nonce)).status_code == 403
        stale = fields((await it.http.get(first)).text)
        it.host.clock.advance(3600)
        assert (await posted(it, first, None, decision="approve", **stale)).status_code == 403
        assert everything(tmp_path)[:5] == before[:5]
        assert not (await it.shown(request["id"]))["approval"]["decisions"]


async def test_a_denial_needs_a_comment_and_a_decision_must_be_one(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        before = everything(tmp_path)
        for form in ({"decision": "deny"}, {"decision": "deny", "comment": " \n\u200b "}, {"decision": "maybe"}):
            answer = await posted(it, link, None, **form)
            assert answer.status_code == 400
            assert 'role="alert"' in answer.text
        assert everything(tmp_path) == before
        denied = await it.decide(link, "deny", comment="Not him.\r\nCall first.")
        assert denied.status_code == 200
        shown = await it.shown(request["id"])
        assert shown["status"] == "denied"
        assert shown["approval"]["decisions"][0]["comment"] == "Not him.\nCall first."
        assert {target["outcome"] for target in await it.targets(request["id"])} == {"cancelled"}


async def test_of_fifty_decisions_at_once_one_stands(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        form = fields((await it.http.get(link)).text)
        choices = [{"decision": "approve"}, {"decision": "deny", "comment": "no"}] * 25
        posts = [it.http.post(link, data=form | choice, headers={"Origin": it.host.base_url}) for choice in choices]
        answers = await asyncio.gather(*posts)
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 49
        (winner,) = [choice["decision"] for choice, a in zip(choices, answers, strict=True) if a.status_code == 200]
        await it.host.idle()
        shown = await it.shown(request["id"])
        (decision,) = shown["approval"]["decisions"]
        assert decision["decision"] == winner
        assert shown["status"] == {"approve": "completed", "deny": "denied"}[winner]
        assert [event["event"] for event in await it.audit(request["id"])].count("decided") == 1
        later = await posted(it, link, decision="deny", comment="changed my mind")
        assert later.status_code == 409
        assert (await it.shown(request["id"]))["approval"]["decisions"] == [decision]


async def test_requester_and_targets_are_not_asked(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"], more={"requester": "LEAD@msp.example"})
        assert list(it.links(request["id"])) == ["second@msp.example"]
        # Named as a target, though there is no such user in the customer.
        own = await it.ask(fabrikam=["megan@fabrikam.com", "second@msp.example"])
        assert list(it.links(own["id"])) == ["lead@msp.example"]
        unapproved = await it.ask(contoso=["adele@contoso.com"], more={"requester": OWNER})
        shown = await it.shown(unapproved["id"])
        assert (shown["status"], shown["failure"]) == ("failed", "notEnoughApprovers")


async def test_a_quorum_is_counted_per_customer_and_repeats_count_once(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    text = (ROOT / "localhost/policy.demo.toml").read_text().replace("quorum = 1", "quorum = 2", 1)
    policy.write_text(
        text.replace('approvers = ["owner@contoso.com"]', 'approvers = ["owner@contoso.com", "cfo@contoso.com"]')
    )
    async with system(tmp_path, policy=policy) as it:
        request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
        links = it.links(request["id"])
        assert set(links) == {OWNER, "cfo@contoso.com", "lead@msp.example", "second@msp.example"}
        for approver in (OWNER, "lead@msp.example", "cfo@contoso.com"):
            assert (await it.decide(links[approver], "approve")).status_code == 200
            assert (await it.decide(links[approver], "approve")).status_code == 409
            assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        await it.decide(links["second@msp.example"], "approve")
        assert (await it.shown(request["id"]))["status"] == "completed"


async def test_an_approver_sees_and_leaves_out_their_own_customers_users_only(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com", "megan@contoso.com"], fabrikam=["alex@fabrikam.com"])
        links = it.links(request["id"])
        numbers = {target["userPrincipalName"]: target["number"] for target in await it.targets(request["id"])}
        page = (await it.http.get(links[OWNER])).text
        assert "megan@contoso.com" in page
        assert "fabrikam" not in page.lower()
        assert "contoso" not in (await it.http.get(links["lead@msp.example"])).text.lower()
        without = [str(numbers["megan@contoso.com"]), str(numbers["alex@fabrikam.com"]), "999", "-1", "x", "²"]
        answer = await it.decide(links[OWNER], "approve", without=without)
        assert answer.status_code == 200
        await it.decide(links["lead@msp.example"], "approve")
        ends = {t["userPrincipalName"]: (t["outcome"], t["reason"]) for t in await it.targets(request["id"])}
        assert ends["adele@contoso.com"][0] == "reset"
        assert ends["alex@fabrikam.com"][0] == "reset"
        assert ends["megan@contoso.com"] == ("cancelled", "excludedByApprover")
        left = it.world.user(
            CONTOSO, next(t["userId"] for t in await it.targets(request["id"]) if t["outcome"] == "cancelled")
        )
        assert left.methods
        assert (await it.shown(request["id"]))["status"] == "partiallyCompleted"


async def test_an_approver_reads_nothing_of_other_customers_decisions_and_outcomes(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com", "megan@fabrikam.com"])
        links = it.links(request["id"])
        secret = "Alex left the company"
        await it.decide(links["lead@msp.example"], "approve", comment=secret, without=["2"])
        page = (await it.http.get(links[OWNER])).text
        assert "0 of 1 given; yours is enough" in page
        other = (await it.http.get(links["second@msp.example"])).text
        assert "lead@msp.example" in other  # of the same customer
        assert "1 of 1 given" in other
        after = (await it.decide(links[OWNER], "approve", comment="Called her")).text
        later = (await it.http.get(links[OWNER])).text
        for text in (page, after, later):
            assert secret not in text
            assert "lead@msp.example" not in text
        assert "Called her" in later
        totals = later.partition("Users by result")[2]
        assert re.findall(r"<dd>(\d+)</dd>", totals) == ["1"]
        theirs = (await it.http.get(links["lead@msp.example"])).text
        assert secret in theirs
        assert "Called her" not in theirs
        assert OWNER not in theirs


async def test_whom_another_request_holds_is_refused_on_the_page_and_in_the_mail(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        await it.ask(contoso=["isaiah@contoso.com"])
        request = await it.ask(contoso=["isaiah@contoso.com", "adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        page = Markup((await it.http.get(link)).text).text
        assert "authentication of Adele Vance ?" in page
        assert "Removes 3 methods and ends" in page
        assert "2 users in the request: 1 to reset, 1 not touched." in page
        assert "isaiah@contoso.com Not touched Another request had asked for this user first and had not ended." in page
        assert "Adele Vance" in it.world.mailbox.to(OWNER)[0].subject
        # Leaving out all the users who are left is leaving out everybody.
        assert (await it.decide(link, "approve", without=["1"])).status_code == 400


@pytest.mark.parametrize(("decision", "stands"), [("deny", "Denied"), ("approve", "Approved|Resetting now|Completed")])
async def test_the_page_after_the_decision_goes_by_the_decision(tmp_path: Path, decision: str, stands: str) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        page = (await it.decide(link, decision, comment="It was not her")).text
        assert re.search(f"</span> (?:{stands})</h1>", page)
        assert "Waiting for approval" not in page
        assert "Not started yet" not in page or "Resetting now" in page  # the reset may have begun meanwhile


async def test_leaving_everybody_out_is_no_approval(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com", "megan@contoso.com"])
        (link,) = it.links(request["id"]).values()
        answer = await it.decide(link, "approve", without=["0", "1"])
        assert answer.status_code == 400
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"


async def test_reminders_then_the_end_and_the_link_shows_how_it_stands(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        assert len(it.world.mailbox.to(OWNER)) == 1
        await it.advance(hours=4, seconds=2)  # timers fire after the instant, in whole seconds
        assert len(it.world.mailbox.to(OWNER)) == 2
        await it.advance(hours=19, minutes=59, seconds=-4)
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        await it.advance(minutes=1, seconds=4)
        assert (await it.shown(request["id"]))["status"] == "expired"
        page = await it.http.get(link)
        assert page.status_code == 200
        assert "Expired" in page.text
        assert "<form" not in page.text
        assert (await it.decide(link, "approve")).status_code == 409
        assert {target["outcome"] for target in await it.targets(request["id"])} == {"cancelled"}
        assert it.world.user(CONTOSO, (await it.targets(request["id"]))[0]["userId"]).methods


async def test_a_changed_plan_voids_links_and_decisions(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"], more={"methods": ["phone"]})
        links = it.links(request["id"])
        await it.services.requests.update(request["id"], lambda r: r.model_copy(update={"plan_digest": "0" * 64}))
        page = await it.http.get(links["lead@msp.example"])
        assert "<form" not in page.text
        assert "The plan changed" in page.text
        assert (await posted(it, links["lead@msp.example"], decision="approve")).status_code == 409
        assert (await it.shown(request["id"]))["approval"]["decisions"] == []


async def test_what_is_done_to_all_users_is_part_of_what_is_approved(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"], more={"revokeSessions": False})
        await it.services.requests.update(request["id"], lambda r: r.model_copy(update={"revoke_sessions": True}))
        await it.decide(it.links(request["id"])[OWNER], "approve")
        shown = await it.shown(request["id"])
        assert (shown["status"], shown["failure"]) == ("failed", "planChanged")
        (target,) = await it.targets(request["id"])
        assert not target["sessionsRevoked"]
        assert it.world.user(CONTOSO, target["userId"]).methods


async def test_an_approval_of_another_plan_does_not_count(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    text = (ROOT / "localhost/policy.demo.toml").read_text().replace("quorum = 1", "quorum = 2", 1)
    policy.write_text(text.replace('approvers = ["owner@contoso.com"]\n', ""))
    async with system(tmp_path, policy=policy) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        links = it.links(request["id"])
        assert (await it.decide(links["lead@msp.example"], "approve")).status_code == 200
        kept = await it.services.requests.update(
            request["id"], lambda r: r.model_copy(update={"plan_digest": "0" * 64})
        )
        assert kept.approval.expires_at is not None
        second = ApprovalLink(kept.id, "second@msp.example", "0" * 64, kept.approval.expires_at)
        token = sign(it.services.settings.approval_keys, second)
        assert (await it.decide(f"/api/approvals?token={token}", "approve")).status_code == 200
        shown = await it.shown(request["id"])
        assert shown["status"] == "awaitingApproval"  # one approval of the plan there is now, two are needed
        assert it.world.user(CONTOSO, (await it.targets(request["id"]))[0]["userId"]).methods


async def test_links_of_unknown_approvers_are_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        ring = it.services.settings.approval_keys
        expires = it.services.now() + timedelta(hours=1)
        digest = (await it.shown(request["id"]))["planDigest"]
        stranger = sign(ring, ApprovalLink(request["id"], "evil@evil.example", digest, expires))
        gone = sign(ring, ApprovalLink("no-such-request", OWNER, digest, expires))
        token = link_token(link)
        with caplog.at_level(logging.DEBUG):
            for bad, status in ((stranger, 403), (gone, 404), (token[:-1], 404), (token + "x", 404), ("x" * 700, 404)):
                assert (await it.http.get(f"/api/approvals?token={bad}")).status_code == status
                headers = {"Origin": it.host.base_url}
                answer = await it.http.post(
                    f"/api/approvals?token={bad}", data={"decision": "approve"}, headers=headers
                )
                assert answer.status_code == status
            await it.decide(link, "approve")
        said = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore")))
        for secret in (token, stranger, token.split(".")[2]):
            assert secret not in said


@pytest.mark.parametrize("body", [b"\xff", b"a=1&" * 30_000, b"without=" + b"9" * 5000, b"x" * (300 * 1024), b""])
async def test_a_hostile_form_decides_nothing(tmp_path: Path, body: bytes) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        headers = {"Origin": it.host.base_url, "Content-Type": "application/x-www-form-urlencoded"}
        answer = await it.http.post(link, content=body, headers=headers)
        assert 400 <= answer.status_code < 500
        assert not (await it.shown(request["id"]))["approval"]["decisions"]


async def test_once_people_sign_in_the_approver_must_be_the_one_who_did(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        before = everything(tmp_path)
        adele = (await it.targets(request["id"]))[0]["userId"]
        unsigned: dict[str, str] = {}
        cases = [
            (unsigned, 401),
            ({"X-MS-CLIENT-PRINCIPAL": "e30="}, 401),
            (principal("lead@msp.example"), 403),
            (principal(OWNER, tid=STRANGER), 403),
            (principal("adele@contoso.com", tid=CONTOSO, oid=adele), 403),
            (principal(OWNER, tid=CONTOSO, oid=adele), 403),  # the address fits, but it is a target's account
        ]
        form = {"decision": "approve", "nonce": "x"}
        for headers, status in cases:
            for method in ("GET", "HEAD"):
                page = await it.http.request(method, link, headers=headers)
                assert page.status_code == status
                assert "adele" not in page.text.lower()
            answer = await it.http.post(link, data=form, headers={"Origin": it.host.base_url} | headers)
            assert answer.status_code == status
        assert everything(tmp_path) == before
        back = quote(link.removeprefix(it.host.base_url))
        assert f"/.auth/login/aad?post_login_redirect_uri={back}" in (await it.http.get(link)).text
        me = principal(OWNER, tid=CONTOSO)
        assert (await posted(it, link, me, decision="approve")).status_code == 200
        await it.host.idle()
        shown = await it.shown(request["id"])
        assert shown["status"] == "completed"
        (event,) = [e for e in await it.audit(request["id"]) if e["event"] == "decided"]
        assert event["data"]["signedInAs"] == f"{CONTOSO}/{KNOWN[CONTOSO, OWNER]}"


async def test_requester_cannot_decide_with_another_address(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    text = (ROOT / "localhost/policy.demo.toml").read_text()
    policy.write_text(
        text.replace(
            "[approval.stepUp]",
            f'identities = {{"lead@msp.example" = "99999999-9999-9999-9999-999999999999/{SOMEBODY}"}}\n[approval.stepUp]',
        )
    )
    async with system(tmp_path, policy=policy, settings=SIGN_IN) as it:
        body = {"targets": [{"customer": "fabrikam", "users": ["alex@fabrikam.com"]}], "requester": "x@msp.example"}
        asked_as = principal("l.ead@msp.example", "Requester")
        request = await it.call("POST", "/api/reset-requests", 202, json=body, headers=asked_as)
        await it.host.idle()
        assert "lead@msp.example" not in it.links(request["id"])


async def test_one_account_with_two_addresses_is_one_voice_and_the_pages_say_so(tmp_path: Path) -> None:
    account = f'"99999999-9999-9999-9999-999999999999/{SOMEBODY}"'
    both = f'{{"lead@msp.example" = {account}, "second@msp.example" = {account}}}'
    text = (ROOT / "localhost/policy.demo.toml").read_text().replace("quorum = 1", "quorum = 2", 1)
    policy = tmp_path / "policy.toml"
    policy.write_text(
        text.replace('approvers = ["owner@contoso.com"]\n', "").replace(
            "[approval.stepUp]", f"identities = {both}\n[approval.stepUp]"
        )
    )
    async with system(tmp_path, policy=policy, settings=SIGN_IN) as it:
        body = {"targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}], "requester": "x@msp.example"}
        request = await it.call("POST", "/api/reset-requests", 202, json=body)
        await it.host.idle()
        links, me = it.links(request["id"]), principal("lead@msp.example", oid=SOMEBODY)
        said = "with an account that approved under another address too: together they count once"
        first = await posted(it, links["lead@msp.example"], me, decision="approve")
        assert said not in first.text
        second = await posted(it, links["second@msp.example"], me, decision="approve")
        await it.host.idle()
        assert "1 of 2 approvals given" in " ".join(second.text.split())
        assert second.text.count(said) == 2
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"


async def test_while_sign_in_is_off_the_header_changes_nothing(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        (link,) = it.links(request["id"]).values()
        assert (
            await posted(it, link, principal("somebody@evil.example", tid=STRANGER), decision="approve")
        ).status_code == 200
        await it.host.idle()
        (event,) = [e for e in await it.audit(request["id"]) if e["event"] == "decided"]
        assert event["data"]["signedInAs"] == ""


async def test_an_approver_who_was_taken_out_of_the_policy_decides_nothing_and_is_mailed_nothing(
    tmp_path: Path,
) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"])
        links = it.links(request["id"])
        policy = it.services.policy
        approval = policy.approval.model_copy(update={"approvers": ("second@msp.example",)})
        it.services.settings = replace(it.services.settings, policy=policy.model_copy(update={"approval": approval}))
        page = await it.http.get(links["lead@msp.example"])
        assert page.status_code == 403
        assert "alex" not in page.text.lower()
        answer = await posted(it, links["lead@msp.example"], decision="approve", nonce="x")
        assert answer.status_code == 403
        await it.advance(hours=4, seconds=2)
        assert len(it.world.mailbox.to("lead@msp.example")) == 1
        assert len(it.world.mailbox.to("second@msp.example")) == 2
        assert (await it.shown(request["id"]))["approval"]["decisions"] == []
        await it.decide(links["second@msp.example"], "approve")
        assert (await it.shown(request["id"]))["status"] == "completed"


async def test_a_retry_of_what_needed_approval_needs_it_though_its_source_is_exempt(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    text = (ROOT / "localhost/policy.demo.toml").read_text().replace("targets = 25", "targets = 2")
    policy.write_text(text.replace('approval = "required"', 'approval = "exempt"'))
    async with system(tmp_path, policy=policy) as it:
        people = [{"organization": "fabrikam", "email": f"{name}@fabrikam.com"} for name in ("alex", "megan")]
        ticket = {"id": "INC1", "subject": "Leaver", "agent": {"email": "tech@msp.example"}, "users": people}
        first = (await deliver(it, "d1", {"ticket": ticket})).json()
        await it.host.idle()
        it.world.faults.add(user="megan@fabrikam.com", method="DELETE", status=403)
        for link in it.links(first["id"]).values():
            await it.decide(link, "approve")
        it.world.faults.clear()
        assert (await it.shown(first["id"]))["totals"]["reset"] == 1
        again = await it.call("POST", f"/api/reset-requests/{first['id']}/retry", 202)
        await it.host.idle()
        assert (await it.shown(again["id"]))["status"] == "awaitingApproval"
        # What needed no approval needs none again, once the users before do not count any more.
        await it.advance(minutes=61)
        one = (await deliver(it, "d2", {"ticket": ticket | {"users": people[:1]}})).json()
        await it.host.idle()
        assert (await it.shown(one["id"]))["status"] == "completed"


async def test_one_account_is_one_voice_under_two_addresses(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    text = (ROOT / "localhost/policy.demo.toml").read_text().replace("quorum = 1", "quorum = 2", 1)
    account = f"{HOME}/{SOMEBODY}"
    named = f'identities = {{"lead@msp.example" = "{account}", "second@msp.example" = "{account}"}}\n[approval.stepUp]'
    text = text.replace('approvers = ["owner@contoso.com"]\n', "").replace("[approval.stepUp]", named)
    policy.write_text(text)
    async with system(tmp_path, policy=policy, settings=SIGN_IN) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"])
        me = principal("lead@msp.example", oid=SOMEBODY)
        for link in it.links(request["id"]).values():
            assert (await posted(it, link, me, decision="approve")).status_code == 200
            await it.host.idle()
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
