"""The language of pages that links in mails lead to: chosen on the page, by people who may have no console."""

import re
from html import unescape
from pathlib import Path

import httpx

from tests.browsing import browser_client
from tests.system import System, system
from tests.triggers.approval_page.test_handlers import fields
from tests.web.markup import Markup

GERMAN = re.compile(r'<html lang="de">')


async def chosen(http: httpx.AsyncClient, page: str, tag: str) -> httpx.Response:
    """Follow the page's link to itself in another language."""
    link = re.search(rf'<a href="([^"]+)" lang="{tag}"', page)
    assert link
    return await http.get(unescape(link[1]))


async def link_of(it: System) -> str:
    request = await it.ask(contoso=["adele@contoso.com"])
    (link,) = it.links(request["id"]).values()
    return link


async def test_an_approver_chooses_the_language_on_the_page(tmp_path: Path) -> None:
    async with system(tmp_path) as it, browser_client(it.host.base_url) as http:
        link = await link_of(it)
        english = await http.get(link)
        assert '<html lang="en">' in english.text
        german = await chosen(http, english.text, "de")
        assert german.status_code == 200
        assert GERMAN.search(german.text)
        assert "zurücksetzen?" in Markup(german.text).text
        kept = german.headers["Set-Cookie"].lower()
        assert {"mfareset-language=de", "path=/", "max-age=31536000", "httponly", "samesite=lax"} <= set(
            kept.split("; ")
        )
        assert fields(german.text).keys() == fields(english.text).keys() == {"nonce"}
        # The next pages are in it, too: of the decision, and of another link.
        form = fields(german.text) | {"decision": "approve", "comment": ""}
        done = await http.post(link, data=form, headers={"Origin": it.host.base_url})
        assert (done.status_code, bool(GERMAN.search(done.text))) == (200, True)
        assert GERMAN.search((await http.get("/api/approvals?token=x")).text)
        assert GERMAN.search((await http.get("/api/attestations?token=x")).text)


async def test_choosing_on_the_page_of_a_problem_leads_back_to_it(tmp_path: Path) -> None:
    async with system(tmp_path) as it, browser_client(it.host.base_url) as http:
        for path in ("/api/approvals", "/api/attestations", "/api/approvals/x"):
            page = await http.get(path if path.endswith("x") else f"{path}?token=x")
            german = await chosen(http, page.text, "de")
            assert (german.status_code, bool(GERMAN.search(german.text))) == (404, True)
            http.cookies.clear()


async def test_a_language_that_there_is_not_changes_nothing(tmp_path: Path) -> None:
    async with system(tmp_path) as it, browser_client(it.host.base_url) as http:
        page = await http.get(await link_of(it) + "&language=xx")
        assert '<html lang="en">' in page.text
        assert "Set-Cookie" not in page.headers
