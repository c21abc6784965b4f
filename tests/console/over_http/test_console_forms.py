"""A form counts only from a page of the console, made for the person who sends it."""

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.pages import hidden, sign_in
from tests.system import System

POSTS = ["customers", "sign-out", "review", "requests/x/act", "reviews/x"]


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
