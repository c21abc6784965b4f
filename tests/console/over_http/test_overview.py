"""The start page and the search: what each person sees first, and finds."""

import httpx

from tests.browsing import browser_client
from tests.console.pages import sign_in
from tests.system import System
from tests.web.markup import Markup

ADELE = "adele@contoso.com"


async def section(http: httpx.AsyncClient, heading: str, path: str = "/console/start") -> str:
    """The text of the page from this heading on, up to the next one."""
    text = Markup((await http.get(path)).text).text
    return text.partition(f" {heading} ")[2].split(" Ended in the last 24 hours ")[0]


async def test_start_is_where_the_console_begins(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/console")).headers["Location"] == "/console/start"
    text = Markup((await browser.get("/console/start")).text).text
    for empty in ("You're all caught up.", "No request failed.", "No request is in progress."):
        assert empty in text
    assert "Exposed users" not in text


async def test_each_person_sees_what_waits_for_them(it: System, browser: httpx.AsyncClient) -> None:
    request = await it.ask(contoso=[ADELE])
    approver = next(iter(it.links(request["id"])))
    assert "INC0012345" in await section(browser, "In progress")
    assert "You're all caught up." in Markup((await browser.get("/console/start")).text).text
    async with browser_client(it.host.base_url) as http:
        await sign_in(http, approver)
        text = Markup((await http.get("/console/start")).text).text
        assert "My approvals 1 INC0012345 Waiting for approval, 1 user" in text
        assert "In progress" not in text  # an approver without another role sees no other requests
        await it.approve(request["id"])
        assert "You're all caught up." in Markup((await http.get("/console/start")).text).text
    text = Markup((await browser.get("/console/start")).text).text
    assert "No request is in progress." in text
    assert "Ended in the last 24 hours 1 INC0012345 Completed" in text


async def test_a_failed_request_stays_for_a_week_unless_it_was_retried(it: System, browser: httpx.AsyncClient) -> None:
    it.world.tenant("contoso").consented = False
    request = await it.ask(contoso=[ADELE])
    text = Markup((await browser.get("/console/start")).text).text
    assert "Failed or incomplete, last 7 days 1 INC0012345" in text
    assert "Customers that could not be reached Contoso" in text
    assert "An administrator of the customer can consent again." in text
    it.world.tenant("contoso").consented = True
    await it.call("POST", f"/api/reset-requests/{request['id']}/retry", 202)
    await it.host.idle()
    text = Markup((await browser.get("/console/start")).text).text
    assert "No request failed." in text
    assert "could not be reached" not in text


async def test_search_finds_requests_users_and_customers(it: System, browser: httpx.AsyncClient) -> None:
    request = await it.ask(contoso=[ADELE])
    for question in ("INC0012345", "inc00123", "lost phone", "tech@msp"):
        assert f'href="/console/requests/{request["id"]}"' in (await browser.get(f"/console/search?q={question}")).text
    found = (await browser.get("/console/search?q=adele")).text
    assert f'href="/console/users/contoso/{it.world.user("contoso", ADELE).id}"' in found
    assert 'href="/console/users?customer=fabrikam"' in (await browser.get("/console/search?q=fabrik")).text
    assert "Nothing matches." in (await browser.get("/console/search?q=zzzz")).text
    assert "Type at least two characters" in (await browser.get("/console/search?q=a")).text
    straight = await browser.get(f"/console/search?q={request['id']}")
    assert straight.headers["Location"] == f"/console/requests/{request['id']}"


async def test_search_names_the_customer_that_does_not_answer(it: System, browser: httpx.AsyncClient) -> None:
    it.world.faults.add(tenant="fabrikam", path="*/users", status=503)
    text = Markup((await browser.get("/console/search?q=adele")).text).text
    assert "Fabrikam is not listed." in text
    assert "adele@contoso.com" in text


async def test_search_of_a_person_without_a_role_finds_nothing_of_others(it: System) -> None:
    request = await it.ask(contoso=[ADELE])
    approver = next(iter(it.links(request["id"])))
    async with browser_client(it.host.base_url) as http:
        await sign_in(http, approver)
        for question in ("INC0012345", "adele", "fabrik", request["id"]):
            answer = await http.get(f"/console/search?q={question}")
            assert (answer.status_code, "Nothing matches." in answer.text) == (200, True), question
