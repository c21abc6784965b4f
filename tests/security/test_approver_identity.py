"""Approvers are accounts, signed in strongly enough: an address in a token, or a password alone, decides nothing."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.system import HOME, ROOT, System, system
from tests.triggers.principals import CONTOSO, SOMEBODY, principal

SIGN_IN = {"WEBSITE_AUTH_ENABLED": "True", "API_KEYS": "tests:a-function-key-of-the-tests"}
OWNER, LEAD, SECOND = "owner@contoso.com", "lead@msp.example", "second@msp.example"


def _id(it: System, tenant: str, name: str) -> str:
    (found,) = [user.id for user in it.world.tenants[tenant].users.values() if user.upn == name]
    return found


def _policy(tmp_path: Path, approval: str = "", *changes: tuple[str, str]) -> Path:
    text = (ROOT / "localhost/policy.demo.toml").read_text().replace("[approval]\n", f"[approval]\n{approval}\n", 1)
    for old, new in changes:
        text = text.replace(old, new)
    path = tmp_path / "policy.toml"
    path.write_text(text)
    return path


async def _status(it: System, link: str, headers: dict[str, str]) -> int:
    return (await it.http.get(link, headers=headers)).status_code


@pytest.mark.parametrize("claim", ["preferred_username", "email", "upn"])
async def test_an_address_in_the_token_is_no_identity(tmp_path: Path, claim: str) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        link = it.links(request["id"])[OWNER]
        for tenant in (CONTOSO, HOME):
            assert await _status(it, link, principal(OWNER, tid=tenant, oid=SOMEBODY, mail_claim=claim)) == 403
        renamed = principal("olga@contoso.com", tid=CONTOSO, oid=_id(it, CONTOSO, OWNER), mail_claim=claim)
        assert await _status(it, link, renamed) == 200


async def test_accounts_are_pinned_when_the_request_is_planned(tmp_path: Path) -> None:
    async with system(tmp_path, settings=SIGN_IN) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        link, before = it.links(request["id"])[OWNER], _id(it, CONTOSO, OWNER)
        owner = it.world.tenants[CONTOSO].users[before]
        owner.upn = "former@contoso.com"  # the address moves to another account of the customer
        adele = next(user for user in it.world.tenants[CONTOSO].users.values() if user.upn == "megan@contoso.com")
        adele.upn = OWNER
        assert await _status(it, link, principal(OWNER, tid=CONTOSO, oid=adele.id)) == 403
        assert await _status(it, link, principal("former@contoso.com", tid=CONTOSO, oid=before)) == 200


async def test_an_approver_whom_no_directory_has_cannot_be_asked_where_people_sign_in(tmp_path: Path) -> None:
    policy = _policy(tmp_path, "", (f'"{OWNER}"', '"nobody@contoso.com"'))
    async with system(tmp_path, policy=policy, settings=SIGN_IN) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        assert (await it.shown(request["id"]))["failure"] == "notEnoughApprovers"


@pytest.mark.parametrize(
    ("approval", "amr", "acrs", "allowed"),
    [
        ("", ("pwd",), (), False),
        ("", (), (), False),
        ("", ("pwd", "mfa"), (), True),
        ("", ("fido",), (), True),
        ('signIn = "any"', ("pwd",), (), True),
        ('signIn = "phishingResistant"', ("pwd", "mfa"), (), False),
        ('signIn = "phishingResistant"', ("fido", "mfa"), (), True),
        ('signIn = "phishingResistant"\nauthenticationContext = "c2"', ("pwd",), ("c1",), False),
        ('signIn = "phishingResistant"\nauthenticationContext = "c2"', ("pwd",), ("c1", "c2"), True),
    ],
)
async def test_a_weaker_session_has_to_sign_in_again(
    tmp_path: Path, approval: str, amr: tuple[str, ...], acrs: tuple[str, ...], allowed: bool
) -> None:
    async with system(tmp_path, policy=_policy(tmp_path, approval), settings=SIGN_IN) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        link = it.links(request["id"])[OWNER]
        me = principal(OWNER, tid=CONTOSO, oid=_id(it, CONTOSO, OWNER), amr=amr, acrs=acrs)
        page = await it.http.get(link, headers=me)
        posted = await it.http.post(link, data={"decision": "approve"}, headers=me | {"Origin": it.host.base_url})
        if allowed:
            assert page.status_code == 200
            return
        assert (page.status_code, posted.status_code) == (401, 401)
        assert "adele" not in page.text.lower()
        _is_challenge(page, "c2" if "c2" in approval else "")
        assert (await it.shown(request["id"]))["approval"]["decisions"] == []


def _is_challenge(page: httpx.Response, context: str) -> None:
    assert 'error="insufficient_claims"' in page.headers["WWW-Authenticate"]
    link = page.text.partition('href="/.auth/login/aad?')[2].partition('"')[0].replace("&amp;", "&")
    parameters = parse_qs(urlsplit(f"?{link}").query)
    assert parameters["post_login_redirect_uri"][0].startswith("/api/approvals?token=")
    wanted = f'"acrs":{{"essential":true,"value":"{context}"}}' if context else '"amr":{"essential":true'
    assert wanted in parameters["claims"][0]


async def test_a_session_of_long_ago_has_to_sign_in_again(tmp_path: Path) -> None:
    async with system(tmp_path, policy=_policy(tmp_path, 'maxAge = "15m"'), settings=SIGN_IN) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        link, owner = it.links(request["id"])[OWNER], _id(it, CONTOSO, OWNER)
        now = it.services.now()
        for at, status in ((now, 200), (now - timedelta(minutes=16), 401), (None, 401)):
            assert await _status(it, link, principal(OWNER, tid=CONTOSO, oid=owner, auth_time=at)) == status


async def test_the_vote_of_an_approver_who_left_the_policy_does_not_count(tmp_path: Path) -> None:
    policy = _policy(tmp_path, "", ("quorum = 1", "quorum = 2"), ('approvers = ["owner@contoso.com"]\n', ""))
    async with system(tmp_path, policy=policy) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        links = it.links(request["id"])
        await it.decide(links[LEAD], "approve")
        left = it.services.settings.policy.model_copy(
            update={
                "approval": it.services.policy.approval.model_copy(update={"approvers": (SECOND, "third@msp.example")})
            }
        )
        it.services.settings = it.services.settings._replace(policy=left)
        await it.decide(links[SECOND], "approve")
        shown = await it.shown(request["id"])
        assert shown["status"] == "awaitingApproval"
        assert "1 of 2" in (await it.http.get(links[SECOND])).text


async def test_the_local_test_sign_in_can_show_it(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(fabrikam=["alex@fabrikam.com"])
        link = it.links(request["id"])[LEAD]
        expected = {"password": 401, "mfa": 200, "phishingResistant": 200, "": 200}
        for strength, status in expected.items():
            assert await _as_test_identity(it, LEAD, strength, link) == status
        assert await _as_test_identity(it, SECOND, "mfa", link) == 403
        assert await _as_test_identity(it, SECOND, "", link) == 200  # the link alone, as one machine does


async def _as_test_identity(it: System, mail: str, strength: str, link: str) -> int:
    async with httpx.AsyncClient(base_url=it.host.base_url, timeout=60) as browser:
        page = await browser.get("/console/sign-in")
        nonce = page.text.partition('name="nonce" value="')[2].partition('"')[0]
        form = {"identity": mail, "nonce": nonce, "strength": strength, "return": "/console"}
        signed_in = await browser.post("/console/sign-in", data=form, headers={"Origin": it.host.base_url})
        assert signed_in.status_code == 303, signed_in.text
        session = {"Cookie": signed_in.headers["set-cookie"].partition(";")[0]}
        return (await browser.get(link, headers=session)).status_code
