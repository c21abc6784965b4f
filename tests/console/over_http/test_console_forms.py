"""A form counts only from a page of the console, made for the person who sends it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.pages import hidden, sign_in
from tests.system import System
from tests.telemetry.recording import recording

POSTS = [
    "customers",
    "sign-out",
    "review",
    "requests/x/act",
    "reviews/x",
    "requests/x/targets/0/call-back",
    "requests/x/targets/0/verified-id",
]


@pytest.mark.parametrize("path", POSTS)
async def test_form_of_another_site_is_refused(browser: httpx.AsyncClient, path: str) -> None:
    nonce = hidden((await browser.get("/console/users")).text)
    for origin in ("https://evil.example", "null", ""):
        answer = await browser.post(f"/console/{path}", data={"nonce": nonce}, headers={"Origin": origin})
        assert answer.status_code == 403


@pytest.mark.parametrize("path", POSTS)
async def test_form_without_the_persons_nonce_is_refused(it: System, browser: httpx.AsyncClient, path: str) -> None:
    async with browser_client(it.host.base_url) as other:
        await sign_in(other, "else@msp.example")
        theirs = hidden((await other.get("/console/users")).text)
    for nonce in ("", "nonsense", theirs):
        assert (await browser.post(f"/console/{path}", data={"nonce": nonce})).status_code == 403


@pytest.mark.parametrize("path", [*POSTS, "sign-in"])
async def test_form_without_length_is_a_page_that_says_so(browser: httpx.AsyncClient, path: str) -> None:
    nonce = hidden((await browser.get("/console/users")).text)

    async def chunks() -> AsyncIterator[bytes]:
        yield f"nonce={nonce}".encode()

    with recording() as recorded:
        answer = await browser.post(f"/console/{path}", content=chunks())
    assert (answer.status_code, answer.headers["content-type"]) == (411, "text/html; charset=utf-8")
    assert "without Content-Length" in answer.text
    assert "Nothing was changed" in answer.text
    (counted,) = recorded.measured("mfareset.bodies.refused")
    assert dict(counted)["reason"] == "lengthRequired"
