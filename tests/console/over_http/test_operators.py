"""Who gets into the console, and what each role sees."""

from copy import replace

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.pages import hidden, sign_in
from tests.system import System
from tests.triggers.principals import CONTOSO, SOMEBODY, STRANGER, principal
from tests.web.markup import Markup


def links(page: str) -> list[str]:
    return [anchor["href"] for anchor in Markup(page).all("a")]


async def test_app_service_sign_in_turns_test_identities_off(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await browser.get("/console/users")).status_code == 200
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    assert (await browser.get("/console/users")).status_code == 401
    assert (await browser.get("/console/sign-in")).status_code == 404


async def test_only_operators_get_in_and_those_of_a_customer_see_that_customer_only(
    it: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = await it.ask(contoso=["adele@contoso.com"])
    theirs = await it.ask(fabrikam=["alex@fabrikam.com"])
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:

        async def status(path: str, headers: dict[str, str]) -> int:
            return (await http.get(path, headers=headers)).status_code

        provider = principal("op@msp.example", "Operator")
        assert await status("/console/users", provider) == 200
        for stranger in (principal("op@msp.example"), principal("op@evil.example", "Operator", tid=STRANGER)):
            assert await status("/console/users", stranger) == 403
        own = principal("op@contoso.com", "Operator", tid=CONTOSO)
        users = await http.get("/console/users", headers=own)
        assert "adele@contoso.com" in users.text
        assert "fabrikam" not in users.text.lower()
        assert await status("/console/users/fabrikam/alex@fabrikam.com", own) == 404
        listed = (await http.get("/console/requests", headers=own)).text
        assert ours["id"] in listed
        assert theirs["id"] not in listed
        for path in ("", "/live", "/export", "/export?format=json", "/evidence", "/audit"):
            assert await status(f"/console/requests/{ours['id']}{path}", own) == 200
            assert await status(f"/console/requests/{theirs['id']}{path}", own) == 404
        assert theirs["id"] not in (await http.get("/console/audit", headers=own)).text


async def test_an_approver_sees_what_waits_and_an_auditor_sees_everything_and_neither_acts(it: System) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    open_to = {
        "owner@contoso.com": {"approvals"},
        "auditor@msp.example": {"approvals", "requests", "audit", f"requests/{request['id']}"},
        "tech@msp.example": {"approvals", "requests", "audit", f"requests/{request['id']}", "users", "methods"},
    }
    for mail, allowed in open_to.items():
        async with browser_client(it.host.base_url) as http:
            await sign_in(http, mail)
            for page in open_to["tech@msp.example"]:
                wanted = 200 if page in allowed else 403
                assert (await http.get(f"/console/{page}")).status_code == wanted, (mail, page)
            nonce = hidden((await http.get("/console/approvals")).text)
            if mail != "tech@msp.example":
                for path in ("review", f"requests/{request['id']}/act"):
                    assert (
                        await http.post(f"/console/{path}", data={"nonce": nonce, "act": "cancel"})
                    ).status_code == 403


async def test_approver_of_the_policy_needs_no_role_to_see_what_waits(
    it: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    await it.ask(contoso=["adele@contoso.com"])
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:
        theirs = await http.get("/console/approvals", headers=principal("owner@contoso.com", tid=CONTOSO))
        assert "INC0012345" in theirs.text
        # The same address is somebody else, claimed by another tenant or by another account.
        stranger = await http.get("/console/approvals", headers=principal("owner@contoso.com", tid=STRANGER))
        assert stranger.status_code == 403
        other = await http.get("/console/approvals", headers=principal("owner@contoso.com", tid=CONTOSO, oid=SOMEBODY))
        assert "INC0012345" not in other.text


async def test_principal_header_is_ignored_without_app_service(it: System) -> None:
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:
        answer = await http.get("/console/users", headers={"X-MS-CLIENT-PRINCIPAL": "e30="})
    assert answer.status_code == 303


async def test_error_page_has_no_link_to_itself(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(browser, "owner@contoso.com")
    refused = await browser.get("/console/users")
    assert "This page is not open to you" in refused.text
    assert "/console" in links(refused.text)
    assert "/console/users" not in links(refused.text)
    assert (await browser.get("/console")).headers["Location"] == "/console/start"
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    unknown = await browser.get("/console/users?search=a")
    assert unknown.status_code == 401
    assert links(unknown.text) == ["/.auth/login/aad?post_login_redirect_uri=%2Fconsole%2Fusers%3Fsearch%3Da"]
    stranger = await browser.get("/console/users", headers=principal("op@evil.example", "Operator", tid=STRANGER))
    assert stranger.status_code == 403
    assert links(stranger.text) == ["/.auth/logout?post_logout_redirect_uri=%2Fconsole"]
    alone = replace(it.services.settings, signs_in=False, console_test_sign_in=())
    monkeypatch.setattr(it.services, "settings", alone)
    nowhere = await browser.get("/console")
    assert nowhere.status_code == 401
    assert "Sign-in is not available" in nowhere.text
    assert links(nowhere.text) == []
