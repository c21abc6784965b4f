"""The audit as a person reads it: sentences over all requests, filters with paging, and the raw event one click away."""

import html
import io
import json
import re
import zipfile
from datetime import timedelta

import httpx

from domain.methods import MethodType
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from tests.console.pages import sign_in
from tests.system import System
from tests.web.markup import Markup


async def shown(browser: httpx.AsyncClient, **parameters: str) -> str:
    answer = await browser.get("/console/audit", params=parameters)
    assert answer.status_code == 200, answer.text[:500]
    return re.sub(r" (?=[.,)])", "", Markup(answer.text).text)


async def test_events_are_sentences_with_the_names_of_people_and_users(it: System, browser: httpx.AsyncClient) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    await it.approve(request["id"])
    text = await shown(browser)
    assert "requested a reset of 1 user at Contoso (request INC0012345)." in text
    assert "approved request INC0012345 at Contoso." in text
    assert "Adele Vance at Contoso : Reset." in text
    assert "Request INC0012345 ended: Completed." in text
    assert "verified" in text
    owner = it.world.user("contoso", "owner@contoso.com").name
    page = Markup((await browser.get(f"/console/requests/{request['id']}/audit")).text)
    assert f"{owner} approved request" in page.text
    assert any(b.get("title") == "owner@contoso.com" for b in page.all("b"))


async def test_details_and_the_raw_event_are_on_the_page_of_the_request(it: System, browser: httpx.AsyncClient) -> None:
    request = await it.ask(contoso=["adele@contoso.com", "megan@contoso.com"])
    await it.decide(it.links(request["id"])["owner@contoso.com"], "approve", comment="Called them", without="1")
    answer = await browser.get(f"/console/requests/{request['id']}/audit")
    text = Markup(answer.text).text
    assert "Comment Called them" in text
    assert "Excluded Megan Bowen" in text
    assert "Reason Lost" in text
    raw = [
        json.loads(html.unescape(found))
        for found in re.findall(r"<pre[^>]*><code>(.*?)</code>", answer.text, re.DOTALL)
    ]
    assert raw == await it.audit(request["id"])


async def test_a_changed_event_is_said_to_be_one(it: System, browser: httpx.AsyncClient) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    store = it.services.audits._store
    row = (await store.scan(request["id"], prefix="audit:", limit=1))[0]
    await store.put(row.partition, row.key, row.value | {"actor": "nobody@msp.example"})
    assert "broken event 1 was changed" in await shown(browser)
    assert "This audit is broken: event 1 was changed" in (
        Markup((await browser.get(f"/console/requests/{request['id']}/audit")).text).text
    )


async def test_the_evidence_form_comes_before_the_events_and_includes_its_last_day(
    it: System, browser: httpx.AsyncClient
) -> None:
    request = await it.ask(contoso=["adele@contoso.com"])
    text = await shown(browser)
    assert text.index("Evidence of a customer over a period") < text.index("requested a reset of 1 user")
    assert text.count("From (UTC)") == text.count("To (inclusive, UTC)") == 2
    day = request["createdAt"][:10]
    answer = await browser.get("/console/evidence", params={"customer": "contoso", "from": day, "to": day})
    assert f"requests/{request['id']}/request.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert f"contoso-{day}-{day}.zip" in answer.headers["Content-Disposition"]
    assert (await browser.get("/console/evidence", params={"customer": "contoso", "from": day})).status_code == 400


async def test_filters_find_people_customers_kinds_days_and_requests(it: System, browser: httpx.AsyncClient) -> None:
    first = await it.ask(contoso=["adele@contoso.com"], more={"ticket": "INC1"})
    await it.decide(it.links(first["id"])["owner@contoso.com"], "deny", comment="Not her")
    await it.advance(days=2)
    await sign_in(browser, "tech@msp.example")
    second = await it.ask(fabrikam=["diego@fabrikam.com"], more={"ticket": "INC2"})
    await it.approve(second["id"])
    today = f"{it.services.now():%Y-%m-%d}"
    owner = it.world.user("contoso", "owner@contoso.com").name
    for parameters, there, gone in (
        ({"customer": "contoso"}, "denied request INC1", "INC2"),
        ({"kind": "decided", "customer": "contoso"}, "denied request INC1", "requested a reset"),
        ({"person": "owner@contoso"}, "denied request INC1", "INC2"),
        ({"person": owner.lower()}, "denied request INC1", "INC2"),
        ({"person": "diego"}, "at Fabrikam", "INC1"),
        ({"from": today}, "approved request INC2", "INC1"),
        ({"to": f"{it.services.now() - timedelta(days=1):%Y-%m-%d}"}, "denied request INC1", "INC2"),
        ({"request": "inc1"}, "denied request INC1", "INC2"),
        ({"request": second["id"]}, "approved request INC2", "INC1"),
        ({"person": "zzz"}, "Nothing matches.", "INC"),
    ):
        text = (await shown(browser, **parameters)).partition("Clear ")[2]
        assert there in text, parameters
        assert gone not in text, parameters
    assert (await browser.get("/console/audit?from=yesterday")).status_code == 400


async def test_dry_runs_are_shown_only_when_asked_for(it: System, browser: httpx.AsyncClient) -> None:
    await it.ask(contoso=["adele@contoso.com"], more={"dryRun": True, "ticket": "INC-DRY"})
    assert "INC-DRY" not in await shown(browser)
    assert "asked what a reset of 1 user at Contoso would do (dry run INC-DRY)." in await shown(browser, dry="1")


async def make_requests(
    it: System, number: int, customers: tuple[str, ...] = ("fabrikam", "contoso"), ticket: str = "T"
) -> None:
    """Records of so many requests, one a minute, each accepted, of the customers in turn; every tenth by the same rare person."""
    for index in range(number):
        request = ResetRequest(
            id=f"request-{ticket}{index:04d}",
            created_at=it.services.now() - timedelta(minutes=number - index),
            source="console",
            requester="rare@msp.example" if index % 10 == 0 else "often@msp.example",
            ticket=f"{ticket}{index:04d}",
            methods=[MethodType.PHONE],
            target_count=1,
            ranges=[(customers[index % len(customers)], 0, 1)],
        )
        target = Target(number=0, customer=request.customers[0], tenant_id="t", asked=f"user{index}@x.example")
        await it.services.requests.create(request, [target])
        await it.services.audits.append(
            request.id, request.created_at, request.requester, "accepted", {"requester": request.requester}
        )


async def test_pages_of_a_filter_have_each_request_once_and_in_order(it: System, browser: httpx.AsyncClient) -> None:
    await make_requests(it, 230)
    for parameters, expected in (
        ({"person": "rare@"}, [f"T{index:04d}" for index in range(220, -1, -10)]),
        ({"person": "rare@", "customer": "fabrikam"}, [f"T{index:04d}" for index in range(220, -1, -10)]),
        ({"customer": "contoso", "request": "T00"}, [f"T{index:04d}" for index in range(99, 0, -2)]),
    ):
        found: list[str] = []
        address: str | None = str(httpx.URL("/console/audit", params=parameters))
        pages = 0
        while address is not None:
            page = (await browser.get(address)).text
            found += re.findall(r'<h2 id="r\d+"><a [^>]*><bdi>(T\d+)</bdi>', page)
            following = re.search(r'rel="next" href="([^"]*)"', page)
            address = html.unescape(following[1]) if following else None
            pages += 1
        assert found == expected, parameters
        assert pages > 1, parameters


async def test_an_auditor_sees_the_audit_and_others_do_not(it: System, browser: httpx.AsyncClient) -> None:
    await it.ask(contoso=["adele@contoso.com"])
    await sign_in(browser, "auditor@msp.example")
    assert "requested a reset of 1 user" in await shown(browser)
    await sign_in(browser, "owner@contoso.com")
    assert (await browser.get("/console/audit")).status_code == 403
