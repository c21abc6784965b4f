"""The sign-in on one machine, sessions, static files, and the headers of every page."""

import re

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.pages import hidden, sign_in
from tests.system import System

PAGES = ["start", "search", "users", "methods", "requests", "approvals", "audit"]


@pytest.mark.parametrize("page", PAGES)
async def test_caller_who_is_not_signed_in_gets_to_the_sign_in_and_back(it: System, page: str) -> None:
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:
        answer = await http.get(f"/console/{page}?search=a")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/console/sign-in?return=%2Fconsole%2F{page}%3Fsearch%3Da"


async def test_sign_in_sets_a_strict_cookie_and_redirects_within_the_console(it: System) -> None:
    async with browser_client(it.host.base_url) as http:
        answer = await sign_in(http, "tech@msp.example")
        assert answer.headers["Location"] == "/console/audit"
        for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
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


async def test_unknown_identity_cannot_sign_in(it: System) -> None:
    async with browser_client(it.host.base_url) as http:
        assert (await sign_in(http, "ceo@contoso.com")).status_code == 403


@pytest.mark.parametrize("cookie", ["", "x", "k1.1.dGVjaEBtc3AuZXhhbXBsZQ." + "A" * 43])
async def test_forged_cookie_is_refused(it: System, cookie: str) -> None:
    async with httpx.AsyncClient(base_url=it.host.base_url, cookies={"mfareset-console": cookie}) as http:
        assert (await http.get("/console/users")).status_code == 303


async def test_session_ends_after_a_working_day(it: System, browser: httpx.AsyncClient) -> None:
    await it.advance(hours=11)
    assert (await browser.get("/console/users")).status_code == 303


async def test_static_files_are_cached_by_their_version(browser: httpx.AsyncClient) -> None:
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


async def test_pages_load_nothing_from_other_sites(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/console/users")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "style=" not in answer.text
    assert not re.search(r"\son[a-z]+=", answer.text)


async def test_choice_without_a_customer_is_refused(browser: httpx.AsyncClient) -> None:
    nonce = hidden((await browser.get("/console/audit")).text)
    answer = await browser.post("/console/customers", data={"nonce": nonce, "return": "/console/audit"})
    assert answer.status_code == 400
    assert "tick at least one" in answer.text
    assert "Set-Cookie" not in answer.headers
