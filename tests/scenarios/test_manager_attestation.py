"""A manager is asked by mail whether a user asked for a reset, and answers on a page."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.pages import sign_in
from tests.receiver import policy_with
from tests.scenarios.test_verification import events
from tests.security.test_approver_identity import SIGN_IN
from tests.system import System, system
from tests.triggers.principals import CONTOSO, FABRIKAM, principal

ADELE, MEGAN, ALEX = "adele@contoso.com", "megan@contoso.com", "alex@contoso.com"
POLICY = """
[verification]
required = "always"
accept = ["managerAttestation"]
"""
RECORDS = "it is about the records; the storage makes no difference"


def attesting(tmp_path: Path) -> Any:
    return system(tmp_path, policy=policy_with(tmp_path, POLICY))


def make_manager(it: System, user: str, manager: str) -> None:
    it.world.user("contoso", user).manager = it.world.user("contoso", manager).id


def link_of(it: System, mail: str) -> str:
    return next(link for sent in it.world.mailbox.to(mail) for link in sent.links if "/api/attestations?" in link)


async def answer(it: System, link: str, given: str, **headers: str) -> httpx.Response:
    page = await it.http.get(link, headers=headers)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
    done = await it.http.post(link, data=hidden | {"answer": given}, headers={"Origin": it.host.base_url} | headers)
    await it.host.idle()
    return done


@pytest.mark.azure_storage
async def test_a_manager_who_has_spoken_to_the_user_lets_the_request_go_on(tmp_path: Path) -> None:
    async with attesting(tmp_path) as it:
        make_manager(it, ADELE, MEGAN)
        request = await it.ask(contoso=[ADELE])
        link = link_of(it, MEGAN)
        page = await it.http.get(link)
        assert "Did <bdi>Adele Vance</bdi> ask for this?" in page.text
        assert (await it.http.head(link)).status_code == 200
        assert (await it.shown(request["id"]))["status"] == "planning"  # looking changes nothing

        assert (await answer(it, link, "spoken")).status_code == 200
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        (target,) = await it.targets(request["id"])
        evidence = target["verification"]["evidence"]
        manager = it.world.user("contoso", MEGAN)
        assert (evidence["kind"], evidence["by"]) == ("managerAttestation", MEGAN)
        assert evidence["byId"].endswith(f"/{manager.id}")
        shown = (await it.http.get(it.links(request["id"])["owner@contoso.com"])).text
        assert f"<b>Verified</b> by manager <bdi>{MEGAN}</bdi>" in shown
        (mail,) = (mail for mail in it.world.mailbox.to("owner@contoso.com") if request["id"] in mail.content)
        assert f"Verified by manager {MEGAN}" in mail.content
        pack = zipfile.ZipFile(io.BytesIO((await it.http.get(f"/api/reset-requests/{request['id']}/evidence")).content))
        assert evidence["id"] in pack.read("plan.jsonl").decode()
        assert MEGAN in pack.read("targets.jsonl").decode()
        again = await answer(it, link, "notTheUser")
        assert again.status_code == 409
        assert "This is answered" in again.text
        await it.approve(request["id"])
        assert (await it.shown(request["id"]))["status"] == "completed"


@pytest.mark.azure_storage
async def test_a_user_who_did_not_ask_is_refused_at_once_and_it_is_written_down_who_said_so(tmp_path: Path) -> None:
    async with attesting(tmp_path) as it:
        make_manager(it, ADELE, MEGAN)
        request = await it.ask(contoso=[ADELE])
        assert (await answer(it, link_of(it, MEGAN), "notTheUser")).status_code == 200
        (target,) = await it.targets(request["id"])
        assert (target["outcome"], target["reason"], target["verification"]["state"]) == (
            "refused",
            "unverified",
            "denied",
        )
        assert MEGAN in target["detail"]
        assert it.links(request["id"]) == {}
        assert not it.world.calls.matching(verb="DELETE")
        (denied,) = events(await it.audit(request["id"]), "verificationDenied")
        assert denied["actor"] == MEGAN


@pytest.mark.engine_only(RECORDS)
async def test_a_manager_who_asked_themselves_is_not_asked(tmp_path: Path) -> None:
    async with attesting(tmp_path) as it:
        make_manager(it, ADELE, MEGAN)
        it.world.user("contoso", "lynne@contoso.com").manager = None
        request = await it.ask(contoso=[ADELE, "lynne@contoso.com"], more={"requester": MEGAN})
        adele, lynne = await it.targets(request["id"])
        assert adele["verification"]["invitation"]["mail"] == "involved"
        assert lynne["verification"]["invitation"]["mail"] == "noManager"
        assert not it.world.mailbox.to(MEGAN)


@pytest.mark.engine_only(RECORDS)
async def test_a_mail_to_a_manager_that_failed_is_sent_again(tmp_path: Path) -> None:
    async with attesting(tmp_path) as it:
        make_manager(it, ADELE, MEGAN)
        fault = it.world.faults.add(status=400, message="No such mailbox", path="*/sendMail")
        request = await it.ask(contoso=[ADELE])
        (adele,) = await it.targets(request["id"])
        assert adele["verification"]["invitation"]["mail"] == "failed"
        async with browser_client(it.host.base_url) as browser:
            assert (await sign_in(browser, "tech@msp.example")).status_code == 303
            assert 'id="again-mails"' in (await browser.get(f"/console/requests/{request['id']}")).text
        assert it.world.mailbox.to(MEGAN) == []

        again = f"/api/reset-requests/{request['id']}/mails/resend"
        await it.call("POST", again, 202)
        await it.host.idle()
        (adele,) = await it.targets(request["id"])
        assert adele["verification"]["invitation"]["mail"] == "failed"

        fault.count = 0
        await it.call("POST", again, 202)
        await it.host.idle()
        assert (await answer(it, link_of(it, MEGAN), "spoken")).status_code == 200
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        assert len(it.world.mailbox.to(MEGAN)) == 1
        asked = [event["data"]["mail"] for event in events(await it.audit(request["id"]), "managerAsked")]
        assert asked == ["failed", "failed", "sent"]
        await it.call("POST", again, 409)


@pytest.mark.engine_only(RECORDS)
async def test_a_forged_or_another_link_answers_nothing(tmp_path: Path) -> None:
    async with attesting(tmp_path) as it:
        make_manager(it, ADELE, MEGAN)
        request = await it.ask(contoso=[ADELE])
        link = link_of(it, MEGAN)
        assert (await it.http.get(link + "x")).status_code == 404
        assert (await it.http.get(link.replace("/attestations", "/approvals"))).status_code == 404
        no_nonce = await it.http.post(link, data={"answer": "spoken"}, headers={"Origin": it.host.base_url})
        assert no_nonce.status_code == 403
        foreign = await it.http.post(link, data={"answer": "spoken"}, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert (await answer(it, link, "perhaps")).status_code == 400
        assert (await it.shown(request["id"]))["status"] == "planning"


async def test_an_answer_after_its_time_counts_for_nothing(tmp_path: Path) -> None:
    async with attesting(tmp_path) as it:
        make_manager(it, ADELE, MEGAN)
        request = await it.ask(contoso=[ADELE])
        link = link_of(it, MEGAN)
        await it.advance(hours=4, minutes=1)
        late = await answer(it, link, "spoken")
        assert late.status_code == 409
        assert "Too late" in late.text
        (target,) = await it.targets(request["id"])
        assert (target["outcome"], target["reason"]) == ("refused", "unverified")


@pytest.mark.engine_only("it is about the page; the storage makes no difference")
async def test_where_sign_in_is_on_only_the_managers_account_answers_strongly_signed_in(tmp_path: Path) -> None:
    policy = policy_with(tmp_path, POLICY)
    async with system(tmp_path, policy=policy, settings=SIGN_IN) as it:
        make_manager(it, ADELE, MEGAN)
        request = await it.ask(contoso=[ADELE])
        link, ids = link_of(it, MEGAN), {mail: it.world.user("contoso", mail).id for mail in (ALEX, MEGAN)}
        assert (await answer(it, link, "spoken")).status_code == 401
        asked = await it.http.get(link)
        assert "/.auth/login/aad?post_login_redirect_uri=/api/attestations%3Ftoken%3D" in asked.text
        stranger = principal(ALEX, tid=CONTOSO, oid=ids[ALEX])
        assert (await answer(it, link, "spoken", **stranger)).status_code == 403
        elsewhere = principal(MEGAN, tid=FABRIKAM, oid=ids[MEGAN])
        assert (await answer(it, link, "spoken", **elsewhere)).status_code == 403
        weak = principal(MEGAN, tid=CONTOSO, oid=ids[MEGAN], amr=("pwd",))
        assert (await answer(it, link, "spoken", **weak)).status_code == 401
        assert (await answer(it, link, "spoken", **principal(MEGAN, tid=CONTOSO, oid=ids[MEGAN]))).status_code == 200
        (target,) = await it.targets(request["id"])
        assert "signed in" in target["verification"]["evidence"]["detail"]
