"""The list of users while customers are still being read: what the page says, without scripts, and what it never says too early."""

import asyncio
from collections.abc import AsyncIterator
from copy import replace
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.pages import hidden, sign_in
from tests.held import Held, held_system
from tests.triggers.principals import CONTOSO, principal
from tests.web.markup import Markup

READING = "1 of 3 customers read; 2 still being read."


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[Held]:
    async with held_system(tmp_path, "fabrikam", "tailspin") as made:
        yield made


@pytest.fixture
async def browser(held: Held) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_client(held.it.host.base_url) as http:
        await sign_in(http, "tech@msp.example")
        yield http


async def page_of(http: httpx.AsyncClient, path: str = "/console/users") -> Markup:
    answer = await http.get(path)
    assert answer.status_code == 200
    return Markup(answer.text)


def matching(page: Markup) -> dict[str, str]:
    return next(dict(button) for button in page.all("button") if button.get("value") == "matching")


async def first_of_contoso(held: Held, browser: httpx.AsyncClient) -> Markup:
    """Read contoso, then the page of all customers, of whom the others do not answer yet."""
    await page_of(browser)
    await held.until_read("contoso")
    return await page_of(browser)


async def test_what_is_read_is_shown_and_the_rest_is_counted(held: Held, browser: httpx.AsyncClient) -> None:
    page = await first_of_contoso(held, browser)
    assert READING in page.text
    assert f"At least {len(held.it.world.tenant('contoso').users)} users of 3 customers" in page.text
    assert "adele@contoso.com" in page.text
    assert "fabrikam.com" not in page.text
    assert "disabled" in matching(page)
    held.release()
    await held.until_read("fabrikam", "tailspin")
    page = await page_of(browser)
    assert "still being read" not in page.text
    assert "At least" not in page.text
    assert "disabled" not in matching(page)
    assert "adele@fabrikam.com" in page.text


async def test_without_scripts_a_link_looks_again_and_reads_nothing_twice(
    held: Held, browser: httpx.AsyncClient
) -> None:
    page = await first_of_contoso(held, browser)
    again = next(link for link in page.all("a") if link.get("href") == "/console/users" and "data-show" not in link)
    held.release()
    await held.until_read("fabrikam", "tailspin")
    assert "adele@fabrikam.com" in (await page_of(browser, again["href"])).text
    assert held.reads == {"contoso": 1, "fabrikam": 1, "tailspin": 1}


async def test_a_search_shows_what_was_found_so_far(held: Held, browser: httpx.AsyncClient) -> None:
    address = "/console/users?search=adele"
    await page_of(browser, address)
    await held.until_read("contoso")
    page = await page_of(browser, address)
    assert "At least 1 user of 3 customers" in page.text
    assert READING in page.text
    held.release()
    await held.until_read("fabrikam", "tailspin")
    assert "3 users of 3 customers" in (await page_of(browser, address)).text


async def test_nothing_found_is_not_said_before_everybody_was_searched(held: Held, browser: httpx.AsyncClient) -> None:
    address = "/console/users?search=lynne%20robbins%20of%20nowhere"
    page = await page_of(browser, address)
    assert "No user of the customers that were read so far." in page.text
    assert "No user matches." not in page.text
    held.release()
    await held.until_read("contoso", "fabrikam", "tailspin")
    assert "No user matches." in (await page_of(browser, address)).text


async def test_all_matching_users_are_exactly_those_also_when_customers_were_not_read(
    held: Held, browser: httpx.AsyncClient
) -> None:
    """The button is not offered yet; a form that is sent all the same waits for every customer."""
    page = await browser.get("/console/users?search=adele")
    form = {"nonce": hidden(page.text), "return": "/console/start", "act": "matching", "q-search": "adele"}
    sent = asyncio.create_task(browser.post("/console/selection", data=form))
    await asyncio.sleep(0)
    assert not sent.done()
    held.release()
    await sent
    assert 'aria-label="Chosen users: 3"' in (await browser.get("/console/start")).text


async def test_the_update_has_the_list_alone_and_waits_for_what_is_missing(
    held: Held, browser: httpx.AsyncClient
) -> None:
    page = await first_of_contoso(held, browser)
    address = next(part["data-fill"] for part in page.all("div") if "data-fill" in part)
    held.release()
    held.it.services.list_patience = 60.0
    update = (await browser.get(unescape(address))).text
    assert "adele@fabrikam.com" in update
    assert 'data-unread="0"' in update
    assert "data-chooser" not in update
    assert 'value="/console/users"' in update  # a form in it leads back to the page


async def test_refresh_reads_anew_and_shows_what_was_before_until_then(held: Held, browser: httpx.AsyncClient) -> None:
    held.release()
    held.it.services.list_patience = 60.0
    await page_of(browser)
    held.it.world.user("contoso", "adele@contoso.com").name = "Adele Newname"
    held.it.world.user("fabrikam", "adele@fabrikam.com").name = "Adele Othername"
    assert "Adele Newname" not in (await page_of(browser)).text
    held.it.services.list_patience = 0.0
    held.hold("fabrikam")
    await page_of(browser, "/console/users?anew=1")
    await held.until_read("contoso", "tailspin")
    page = await page_of(browser)
    assert "Adele Newname" in page.text
    assert "2 of 3 customers read; 1 still being read." in page.text
    assert "Adele Othername" not in page.text
    assert "adele@fabrikam.com" in page.text
    held.release()
    await held.until_read("fabrikam")
    assert "Adele Othername" in (await page_of(browser)).text


async def test_choosing_customers_begins_to_read_them(held: Held, browser: httpx.AsyncClient) -> None:
    held.release()
    nonce = hidden((await browser.get("/console/start")).text)
    form = {"nonce": nonce, "customer": ["contoso", "tailspin"], "return": "/console/start"}
    assert (await browser.post("/console/customers", data=form)).status_code == 303
    await held.until_read("contoso", "tailspin")
    assert held.reads == {"contoso": 1, "tailspin": 1}
    page = await page_of(browser)
    assert "still being read" not in page.text
    assert "adele@tailspin" in page.text
    assert held.reads == {"contoso": 1, "tailspin": 1}


async def test_an_auditor_reads_nothing_by_choosing_customers(held: Held) -> None:
    held.release()
    async with browser_client(held.it.host.base_url) as http:
        await sign_in(http, "auditor@msp.example")
        nonce = hidden((await http.get("/console/start")).text)
        await http.post("/console/customers", data={"nonce": nonce, "all": "1"})
        assert (await http.get("/console/users")).status_code == 403
        assert (await http.get("/console/users/live")).status_code == 403
    assert held.reads == {}


async def test_what_one_person_read_is_shown_to_no_other_who_may_not_see_it(
    held: Held, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.release()
    held.it.services.list_patience = 60.0
    assert "adele@fabrikam.com" in (await page_of(browser)).text
    monkeypatch.setattr(held.it.services, "settings", replace(held.it.services.settings, signs_in=True))
    own = principal("op@contoso.com", "Operator", tid=CONTOSO)
    async with httpx.AsyncClient(base_url=held.it.host.base_url) as http:
        for path in ("/console/users", "/console/users/live", "/console/users?customer=fabrikam"):
            text = (await http.get(path, headers=own)).text
            assert "adele@contoso.com" in text
            assert "adele@fabrikam.com" not in text


async def test_after_the_sign_out_the_update_shows_nothing(held: Held, browser: httpx.AsyncClient) -> None:
    page = await browser.get("/console/users")
    held.release()
    await browser.post("/console/sign-out", data={"nonce": hidden(page.text)})
    answer = await browser.get("/console/users/live")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/console/sign-in?return=%2Fconsole%2Fusers%2Flive",
    )


async def test_the_search_at_the_top_says_which_customers_are_not_searched_yet(
    held: Held, browser: httpx.AsyncClient
) -> None:
    address = "/console/search?q=adele"
    page = await page_of(browser, address)
    assert "1 of 3 customers searched; 2 still being searched." in page.text
    assert "adele@contoso.com" in page.text
    page = await page_of(browser, "/console/search?q=nobody%20of%20these")
    assert "Nothing matches where it could be searched." in page.text
    held.release()
    await held.until_read("fabrikam", "tailspin")
    page = await page_of(browser, address)
    assert "still being searched" not in page.text
    assert "adele@fabrikam.com" in page.text


async def test_the_list_of_methods_waits_for_everybody_and_reads_nobody_twice(
    held: Held, browser: httpx.AsyncClient
) -> None:
    sent = asyncio.create_task(browser.get("/console/methods"))
    await asyncio.sleep(0)
    assert not sent.done()
    held.release()
    page = Markup((await sent).text)
    assert "adele@fabrikam.com" in page.text
    reads = held.reads
    await page_of(browser, "/console/methods")
    assert held.reads == reads
    await page_of(browser, "/console/methods?anew=1")
    assert held.reads == {customer: 1 + number for customer, number in reads.items()}
