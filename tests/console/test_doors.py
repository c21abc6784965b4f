"""The console's doors over HTTP: who gets in, and which forms count."""

import re
from collections.abc import AsyncIterator
from copy import replace
from pathlib import Path

import httpx
import pytest

from tests.browsing import browser_client
from tests.system import System, system
from tests.triggers.principals import CONTOSO, STRANGER, principal
from tests.web.markup import Markup

PAGES = ["users", "methods", "requests", "approvals", "audit"]


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path) as made:
        yield made


@pytest.fixture
async def browser(it: System) -> AsyncIterator[httpx.AsyncClient]:
    """Signed in as the technician, without a function key."""
    async with browser_client(it.host.base_url) as http:
        assert (await sign_in(http, "tech@msp.example")).status_code == 303
        yield http


async def sign_in(http: httpx.AsyncClient, mail: str, **more: str) -> httpx.Response:
    nonce = hidden((await http.get("/console/sign-in")).text)
    return await http.post(
        "/console/sign-in", data={"identity": mail, "nonce": nonce, "return": "/console/audit"} | more
    )


def hidden(page: str, name: str = "nonce") -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("page", PAGES)
async def test_strangers_are_sent_to_the_sign_in_and_back(it: System, page: str) -> None:
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:
        answer = await http.get(f"/console/{page}?search=a")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/console/sign-in?return=%2Fconsole%2F{page}%3Fsearch%3Da"


async def test_sign_in_sets_a_strict_cookie_and_leads_back(it: System) -> None:
    async with browser_client(it.host.base_url) as http:
        answer = await sign_in(http, "tech@msp.example")
        assert answer.headers["Location"] == "/console/audit"
        for part in ("HttpOnly", "SameSite=Strict", "Path=/console"):
            assert part.lower() in answer.headers["Set-Cookie"].lower()
        for there in (
            "https://evil.example/",
            "//evil.example",
            "/console\\evil",
            "/api/health",
            "/console//evil.example",
        ):
            to = (await sign_in(http, "tech@msp.example", **{"return": there})).headers["Location"]
            assert to.startswith("/console")
            assert "\\" not in to


async def test_nobody_else_signs_in(it: System) -> None:
    async with browser_client(it.host.base_url) as http:
        assert (await sign_in(http, "ceo@contoso.com")).status_code == 403


async def test_app_service_puts_an_end_to_test_identities(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await browser.get("/console/users")).status_code == 200
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    assert (await browser.get("/console/users")).status_code == 401
    assert (await browser.get("/console/sign-in")).status_code == 404


async def test_only_operators_come_in_and_a_customers_own_see_that_customer_only(
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
        for nobody in (principal("op@msp.example"), principal("op@evil.example", "Operator", tid=STRANGER)):
            assert await status("/console/users", nobody) == 403
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


async def test_whom_the_policy_asks_needs_no_role_to_see_what_waits(
    it: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    await it.ask(contoso=["adele@contoso.com"])
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:
        theirs = await http.get("/console/approvals", headers=principal("owner@contoso.com", tid=CONTOSO))
        assert "INC0012345" in theirs.text
        # The same address, claimed by another tenant, is somebody else.
        for other in (principal("owner@contoso.com", tid=STRANGER), principal("else@contoso.com", tid=CONTOSO)):
            assert (await http.get("/console/approvals", headers=other)).status_code == 403


async def test_the_platforms_header_counts_for_nothing_without_the_platform(it: System) -> None:
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:
        answer = await http.get("/console/users", headers={"X-MS-CLIENT-PRINCIPAL": "e30="})
    assert answer.status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "k1.1.dGVjaEBtc3AuZXhhbXBsZQ." + "A" * 43])
async def test_a_made_up_cookie_is_nobody(it: System, cookie: str) -> None:
    async with httpx.AsyncClient(base_url=it.host.base_url, cookies={"mfareset-console": cookie}) as http:
        assert (await http.get("/console/users")).status_code == 303


async def test_a_session_ends(it: System, browser: httpx.AsyncClient) -> None:
    await it.advance(hours=11)
    assert (await browser.get("/console/users")).status_code == 303


POSTS = ["customers", "sign-out", "review", "requests/x/act", "reviews/x"]


@pytest.mark.parametrize("path", POSTS)
async def test_a_form_of_another_site_does_not_count(browser: httpx.AsyncClient, path: str) -> None:
    nonce = hidden((await browser.get("/console/users")).text)
    for origin in ("https://evil.example", "null", ""):
        answer = await browser.post(f"/console/{path}", data={"nonce": nonce}, headers={"Origin": origin})
        assert answer.status_code == 403


@pytest.mark.parametrize("path", POSTS)
async def test_a_form_without_this_persons_nonce_does_not_count(
    it: System, browser: httpx.AsyncClient, path: str
) -> None:
    async with browser_client(it.host.base_url) as other:
        await sign_in(other, "else@msp.example")
        theirs = hidden((await other.get("/console/users")).text)
    for nonce in ("", "nonsense", theirs):
        assert (await browser.post(f"/console/{path}", data={"nonce": nonce})).status_code == 403


async def test_a_review_is_its_makers_alone(it: System, browser: httpx.AsyncClient) -> None:
    user = it.world.user("contoso", "adele@contoso.com").id
    nonce = hidden((await browser.get("/console/users")).text)
    answer = await browser.post("/console/review", data={"nonce": nonce, "user": f"contoso/{user}", "act": "some"})
    await it.host.idle()
    address = answer.headers["Location"]
    assert (await browser.get(address)).status_code == 200
    async with browser_client(it.host.base_url) as other:
        await sign_in(other, "else@msp.example")
        assert (await other.get(address)).status_code == 404
        assert (await other.get(address + "/live")).status_code == 404


async def test_all_matching_is_all_or_nothing(it: System, browser: httpx.AsyncClient) -> None:
    nonce = hidden((await browser.get("/console/users")).text)
    it.world.faults.add(tenant="fabrikam", path="*/users", status=503)
    form = {"nonce": nonce, "return": "/console/users", "act": "all"}
    answer = await browser.post("/console/review", data=form)
    assert answer.headers["Location"] == "/console/users?error=customerAway"
    answer = await browser.post("/console/review", data=form | {"q-customer": "contoso", "q-search": "adele"})
    assert answer.headers["Location"].startswith("/console/reviews/")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "noUserChosen"),
        ({"user": "contoso/x", "scoped": "1"}, "noMethod"),
        ({"user": "contoso/x", "scoped": "1", "method": "fido2"}, "notOffered"),
        ({"user": "nowhere/x"}, "noUserChosen"),
    ],
)
async def test_a_choice_that_cannot_be_planned_is_said_on_the_list(
    browser: httpx.AsyncClient, fields: dict[str, str], error: str
) -> None:
    nonce = hidden((await browser.get("/console/users")).text)
    form = {"nonce": nonce, "return": "/console/users?search=a&error=old", "act": "some"} | fields
    answer = await browser.post("/console/review", data=form)
    assert answer.headers["Location"] == f"/console/users?search=a&error={error}"
    assert 'role="alert"' in (await browser.get(answer.headers["Location"])).text


async def test_static_files_are_kept_by_their_version(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/console/users")).text
    found = re.search(r'href="(/console/static/[0-9a-f]+/console\.css)"', page)
    assert found
    answer = await browser.get(found[1])
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    older = await browser.get(re.sub(r"static/[0-9a-f]+", "static/000000000000", found[1]))
    assert older.headers["Cache-Control"] == "no-cache"
    for name in ("..%2fconsole.css", "style.css", "console.py"):
        assert (await browser.get(f"/console/static/x/{name}")).status_code == 404


async def test_pages_allow_nothing_of_other_sites(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/console/users")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "style=" not in answer.text
    assert not re.search(r"\son[a-z]+=", answer.text)


async def test_a_state_that_has_not_changed_costs_no_page(it: System, browser: httpx.AsyncClient) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    address = f"/console/requests/{request['id']}/live"
    first = await browser.get(address)
    again = await browser.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    await it.approve(request["id"])
    changed = await browser.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["X-Live"] == "ended"


async def test_an_export_is_safe_to_open_in_a_spreadsheet(it: System, browser: httpx.AsyncClient) -> None:
    request = await it.ask(contoso=["=cmd|calc@contoso.com", "adele@contoso.com"])
    answer = await browser.get(f"/console/requests/{request['id']}/export")
    assert answer.headers["Content-Type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert '"contoso","","\'=cmd|calc@contoso.com"' in lines[1]
    assert sum("adele@contoso.com" in line for line in lines) == 3


def links(page: str) -> list[str]:
    return [anchor["href"] for anchor in Markup(page).all("a")]


async def test_no_problem_page_leads_back_to_itself(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(browser, "owner@contoso.com")
    refused = await browser.get("/console/users")
    assert "This page is not open to you" in refused.text
    assert links(refused.text) == ["/console"]
    assert (await browser.get("/console")).headers["Location"] == "/console/approvals"
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    nobody = await browser.get("/console/users?search=a")
    assert nobody.status_code == 401
    assert links(nobody.text) == ["/.auth/login/aad?post_login_redirect_uri=%2Fconsole%2Fusers%3Fsearch%3Da"]
    stranger = await browser.get("/console/users", headers=principal("op@evil.example", "Operator", tid=STRANGER))
    assert stranger.status_code == 403
    assert links(stranger.text) == []
    alone = replace(it.services.settings, signs_in=False, console_test_sign_in=())
    monkeypatch.setattr(it.services, "settings", alone)
    nowhere = await browser.get("/console")
    assert nowhere.status_code == 401
    assert "Sign-in is not available" in nowhere.text
    assert links(nowhere.text) == []


async def test_choosing_no_customer_changes_nothing(browser: httpx.AsyncClient) -> None:
    nonce = hidden((await browser.get("/console/audit")).text)
    answer = await browser.post("/console/customers", data={"nonce": nonce, "return": "/console/audit"})
    assert answer.status_code == 400
    assert "tick at least one" in answer.text
    assert "Set-Cookie" not in answer.headers
