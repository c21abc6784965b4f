"""Errors of the console have a way on: within the frame for who may see it, with a link to what comes closest."""

import httpx
import pytest

from domain.access.approval_links import link_path
from tests.console.pages import sign_in
from tests.system import System, link_token
from tests.web.markup import Markup


def links_of(page: Markup) -> set[str]:
    """The ways on from a page: not those to itself in another language."""
    return {link["href"] for link in page.all("a") if "hreflang" not in link}


@pytest.mark.parametrize(
    ("path", "title", "way"),
    [
        ("requests/2c4e9d62-0000-4000-8000-000000000000", "Request not found", "/console/requests"),
        ("requests/2c4e9d62-0000-4000-8000-000000000000/audit", "Request not found", "/console/requests"),
        ("users/nowhere/adele", "User or customer not found", "/console/users"),
        ("reviews/2c4e9d62-0000-4000-8000-000000000000", "Plan not found", "/console/users"),
        ("deliveries?source=nothing", "Page not found", "/console/start"),
        ("no/such/page", "Page not found", "/console/start"),
    ],
)
async def test_what_is_not_there_is_said_in_the_frame_with_a_way_on(
    browser: httpx.AsyncClient, path: str, title: str, way: str
) -> None:
    answer = await browser.get(f"/console/{path}")
    page = Markup(answer.text)
    assert answer.status_code == 404
    assert title in page.text
    assert "/console/approvals" in links_of(page)  # the navigation
    assert answer.text.partition('class="ways"')[2].count(f'href="{way}"') == 1


async def test_a_mistake_in_the_address_and_a_form_that_expired_lead_back(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/console/methods?type=nothing")
    assert (answer.status_code, "/console/users" in links_of(Markup(answer.text))) == (400, True)
    before = f"{browser.base_url}/console/users?search=adele"
    expired = await browser.post("/console/review", data={"nonce": "old"}, headers={"Referer": before})
    assert expired.status_code == 403
    assert "This page has expired" in expired.text
    assert 'href="/console/users?search=adele"' in expired.text
    elsewhere = await browser.post("/console/review", data={"nonce": "old"}, headers={"Referer": "https://x.example/a"})
    assert "x.example" not in elsewhere.text


async def test_who_has_another_role_sees_what_is_open_to_them(it: System, browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "auditor@msp.example")
    answer = await browser.get("/console/users")
    page = Markup(answer.text)
    assert answer.status_code == 403
    assert {"/console/requests", "/console/audit", "/console/start"} <= links_of(page)
    assert "/console/methods" not in links_of(page)


async def test_the_root_leads_to_the_console(it: System, browser: httpx.AsyncClient) -> None:
    for method in ("GET", "HEAD"):
        answer = await browser.request(method, "/")
        assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert (await browser.get("/nothing")).status_code == 404
    assert (await browser.post("/")).status_code == 404


async def test_an_approver_whose_link_is_no_use_gets_to_what_waits_for_them(it: System) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    answer = await it.http.get("/api/approvals?token=nothing")
    assert answer.status_code == 404
    assert links_of(Markup(answer.text)) == {"#main", "/console/approvals"}
    token = link_token(it.links(request["id"])["owner@contoso.com"])
    expired = await it.http.post(
        f"/api/approvals?token={token}", data={"nonce": "old"}, headers={"Origin": it.host.base_url}
    )
    assert expired.status_code == 403
    assert links_of(Markup(expired.text)) == {"#main", link_path(token)}


async def test_an_approver_of_an_expired_request_gets_to_what_waits_for_them(it: System) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    link = it.links(request["id"])["owner@contoso.com"]
    await it.advance(days=2)
    page = Markup((await it.http.get(link)).text)
    assert "Expired" in page.text
    assert "/console/approvals" in links_of(page)


async def test_a_manager_whose_link_is_no_use_is_told_whom_to_ask(it: System) -> None:
    answer = await it.http.get("/api/attestations?token=nothing")
    assert (answer.status_code, links_of(Markup(answer.text))) == (404, {"#main"})
    assert f"Questions: {it.services.policy.notices.contact}." in Markup(answer.text).text


async def test_a_filter_on_a_customer_that_does_not_answer_is_not_said_to_match_nobody(
    it: System, browser: httpx.AsyncClient
) -> None:
    it.world.faults.add(tenant="fabrikam", path="*/users", status=503)
    for path in ("users", "methods"):
        page = Markup((await browser.get(f"/console/{path}?customer=fabrikam&search=ale")).text)
        assert "Fabrikam is not listed." in page.text, path
        assert "This customer could not be read, as said above" in page.text, path
        assert "No user matches" not in page.text, path
        assert "Nothing matches" not in page.text, path
    found = Markup((await browser.get("/console/search?q=zzzz")).text)
    assert "Nothing matches where it could be searched." in found.text


async def test_removals_are_in_the_navigation_where_audit_logs_are_read(it: System, browser: httpx.AsyncClient) -> None:
    assert "/console/removals" not in links_of(Markup((await browser.get("/console/requests")).text))
    assert "Reconciliation is off" in (await browser.get("/console/removals")).text
