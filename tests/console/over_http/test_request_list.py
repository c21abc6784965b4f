"""The list of requests: filters, pages that stay right, an export, and marks that do not rely on colour."""

import csv
import html
import io
import re
from datetime import timedelta

import httpx
import pytest

from tests.console.over_http.test_audit import make_requests
from tests.console.pages import sign_in
from tests.system import System
from tests.web.markup import Markup
from web import labels
from web.icons import STATUS_ICONS


async def tickets(browser: httpx.AsyncClient, **parameters: str) -> list[str]:
    """The tickets of all pages of the list, in order."""
    found: list[str] = []
    address: str | None = str(httpx.URL("/console/requests", params=parameters))
    while address is not None:
        page = (await browser.get(address)).text
        found += re.findall(r'<th scope="row"><a [^>]*><bdi>([^<]*)</bdi>', page)
        following = re.search(r'rel="next" href="([^"]*)"', page)
        address = html.unescape(following[1]) if following else None
    return found


async def exported(browser: httpx.AsyncClient, **parameters: str) -> list[dict[str, str]]:
    answer = await browser.get("/console/requests/export", params=parameters)
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_requests_are_found_by_ticket_reason_requester_customer_status_and_day(
    it: System, browser: httpx.AsyncClient
) -> None:
    first = await it.ask(contoso=["adele@contoso.com"], more={"ticket": "INC1", "reason": "Stolen bag"})
    await it.approve(first["id"])
    await it.advance(days=2)
    await sign_in(browser, "tech@msp.example")
    await it.ask(fabrikam=["diego@fabrikam.com"], more={"ticket": "INC2", "requester": "else@msp.example"})
    today, before = f"{it.services.now():%Y-%m-%d}", f"{it.services.now() - timedelta(days=1):%Y-%m-%d}"
    for parameters, expected in (
        ({}, ["INC2", "INC1"]),
        ({"q": "inc1"}, ["INC1"]),
        ({"q": "stolen"}, ["INC1"]),
        ({"q": first["id"]}, ["INC1"]),
        ({"by": "else@"}, ["INC2"]),
        ({"customer": "fabrikam"}, ["INC2"]),
        ({"status": "completed"}, ["INC1"]),
        ({"from": today}, ["INC2"]),
        ({"to": before}, ["INC1"]),
        ({"mine": "1"}, ["INC1"]),
        ({"q": "inc1", "customer": "fabrikam"}, []),
    ):
        assert await tickets(browser, **parameters) == expected, parameters
        assert [line["ticket"] for line in await exported(browser, **parameters)] == expected, parameters
    assert (await browser.get("/console/requests?to=2026-13-01")).status_code == 400


async def test_pages_stay_right_with_a_filter_at_many_requests(it: System, browser: httpx.AsyncClient) -> None:
    await make_requests(it, 230)
    everything = [f"T{index:04d}" for index in range(229, -1, -1)]
    assert await tickets(browser) == everything
    assert await tickets(browser, by="rare@") == [f"T{index:04d}" for index in range(220, -1, -10)]
    assert await tickets(browser, customer="contoso") == everything[::2]
    assert await tickets(browser, q="T000", customer="contoso") == ["T0009", "T0007", "T0005", "T0003", "T0001"]


async def test_reading_for_a_filter_is_bounded_and_goes_on_from_where_it_stopped(
    it: System, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("use_cases.find_requests.find_requests.__kwdefaults__", {"scan": 50})
    await make_requests(it, 1, ("tailspin",), "OLD")
    await it.advance(minutes=135)
    await make_requests(it, 130)
    await sign_in(browser, "tech@msp.example")
    page = (await browser.get("/console/requests?q=T0000")).text
    assert "No request matches among the newest of these. Look at the next page." in Markup(page).text
    assert await tickets(browser, q="T0000") == ["T0000"]
    # A customer's own list is read, so what is old among all requests is on its first page.
    assert "OLD0000" not in (await browser.get("/console/requests?q=OLD")).text
    assert "OLD0000" in (await browser.get("/console/requests?q=OLD&customer=tailspin")).text


async def test_the_export_has_times_in_utc_and_counts_per_outcome(it: System, browser: httpx.AsyncClient) -> None:
    request = await it.ask(contoso=["adele@contoso.com"], more={"reason": "=cmd()"})
    await it.approve(request["id"])
    (line,) = await exported(browser)
    record = await it.services.requests.get(request["id"])
    assert record is not None
    assert record.ended_at is not None
    assert (line["request"], line["status"], line["reset"], line["failed"]) == (request["id"], "completed", "1", "0")
    assert line["createdAt"] == f"{record.created_at:%Y-%m-%dT%H:%M:%S}.{record.created_at.microsecond // 1000:03d}Z"
    assert line["endedAt"].endswith("Z")
    assert line["reason"] == "'=cmd()"


async def test_a_retry_and_its_original_are_told_apart(it: System, browser: httpx.AsyncClient) -> None:
    it.world.tenant("contoso").consented = False
    request = await it.ask(contoso=["adele@contoso.com"])
    it.world.tenant("contoso").consented = True
    await it.advance(seconds=1)
    retry = await it.call("POST", f"/api/reset-requests/{request['id']}/retry", 202)
    await it.host.idle()
    page = Markup((await browser.get("/console/requests")).text)
    assert "INC0012345 retry of the earlier request" in page.text
    assert "INC0012345 retried by the later request" in page.text
    links = [link["href"] for link in page.all("a") if link.get("class") == "quiet small"]
    assert links == [f"/console/requests/{request['id']}", f"/console/requests/{retry['id']}"]


async def test_each_status_has_its_own_icon_and_word_beside_its_colour(it: System, browser: httpx.AsyncClient) -> None:
    assert {*labels.STANDING} | {*labels.UNDO_STANDING} == {*STATUS_ICONS}
    assert len({*STATUS_ICONS.values()}) == len(STATUS_ICONS)
    assert len({*labels.STANDING.values()}) == len(labels.STANDING)
    await it.ask(contoso=["adele@contoso.com"])
    page = (await browser.get("/console/requests")).text
    assert re.search(
        r'<span class="mark awaitingApproval" aria-hidden="true"><svg [^>]*>.*?</svg></span>Waiting for approval', page
    )


async def test_an_export_holds_no_more_than_the_person_may_see(it: System, browser: httpx.AsyncClient) -> None:
    await it.ask(contoso=["adele@contoso.com"])
    await sign_in(browser, "owner@contoso.com")
    assert (await browser.get("/console/requests/export")).status_code == 403
