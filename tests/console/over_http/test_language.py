"""The language of the pages: chosen per person, else that of the browser."""

import re

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.pages import hidden
from tests.system import System


def lang(page: str) -> str:
    found = re.search(r'<html lang="([\w-]+)"', page)
    assert found
    return found[1]


async def choose(browser: httpx.AsyncClient, tag: str) -> httpx.Response:
    nonce = hidden((await browser.get("/console/start")).text, "nonce")
    return await browser.post("/console/language", data={"nonce": nonce, "return": "/console/audit", "language": tag})


async def test_the_browser_s_language_is_used_until_the_person_chooses_one(browser: httpx.AsyncClient) -> None:
    browser.headers["Accept-Language"] = "de-DE,de;q=0.9,en;q=0.5"
    page = (await browser.get("/console/start")).text
    assert lang(page) == "de"
    assert '<option value="de" lang="de">Deutsch</option>' in page

    answer = await choose(browser, "en")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/audit")
    page = (await browser.get("/console/start")).text
    assert lang(page) == "en"
    assert '<option value="en" lang="en" selected>English</option>' in page

    await choose(browser, "")
    assert lang((await browser.get("/console/start")).text) == "de"


async def test_the_choice_is_kept_for_a_year_and_for_links_in_mails(browser: httpx.AsyncClient) -> None:
    kept = (await choose(browser, "de")).headers["Set-Cookie"]
    parts = {"mfareset-language=de", "path=/", "max-age=31536000", "httponly", "samesite=lax"}
    assert set(kept.lower().split("; ")) == parts
    link = await browser.get("/api/approvals?token=x")
    assert link.status_code == 404
    assert lang(link.text) == "de"


@pytest.mark.parametrize("tag", ["xx", "de; Path=/x", "../de"])
async def test_another_language_than_there_is_forgets_the_choice(browser: httpx.AsyncClient, tag: str) -> None:
    kept = (await choose(browser, tag)).headers["Set-Cookie"].lower()
    assert {"mfareset-language=", "path=/", "max-age=0"} <= set(kept.split("; "))


async def test_a_cookie_of_no_language_counts_as_none(it: System) -> None:
    async with browser_client(it.host.base_url) as http:
        page = await http.get("/console/sign-in", headers={"Cookie": "mfareset-language=xx", "Accept-Language": "de"})
    assert lang(page.text) == "de"


async def test_the_form_has_to_be_the_console_s(browser: httpx.AsyncClient) -> None:
    form = {"nonce": "x", "return": "/console/start", "language": "de"}
    assert (await browser.post("/console/language", data=form)).status_code == 403
