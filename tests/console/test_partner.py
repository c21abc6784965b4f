"""The page of the partner's customers, its files, the start page's warnings, and who may see them; likewise the API."""

import io
import re
import zipfile
from collections.abc import AsyncIterator
from copy import replace
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from tests.browsing import browser_client
from tests.console.pages import fetched, sign_in, text_of
from tests.partner import partner_policy
from tests.system import HOME, System, system
from tests.triggers.principals import CONTOSO, principal
from use_cases.check_partner import check_partner

NAVIGATION = "Partner customers"


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    async with system(tmp_path, policy=partner_policy(tmp_path)) as made:
        made.world.relate("home", "contoso", days=12, called="Contoso admins")
        made.world.relate("home", "fabrikam")
        made.world.relate("home", name="Northwind Traders", domain="northwind.example")
        made.world.relate("home", name="<b>Woodgrove", domain="woodgrove.example")
        yield made


async def get(it: System, path: str, mail: str = "tech@msp.example") -> httpx.Response:
    async with browser_client(it.host.base_url) as browser:
        await sign_in(browser, mail)
        return await browser.get(path)


async def test_the_page_shows_new_customers_with_their_files_first(it: System) -> None:
    page = await fetched(it, "partner")
    assert NAVIGATION in page.text
    assert "Northwind Traders" in page.text
    assert "<b>Woodgrove" in page.text  # as text
    assert "customers/northwind-traders.toml" in page.text
    assert 'domains = ["northwind.example", "northwind.onmicrosoft.com"]' in page.text
    assert "Contoso admins" not in page.text
    assert "Not in the policy (2)" in page.text
    assert "No relationship (1)" in page.text


async def test_it_says_what_ends_who_lacks_consent_and_what_is_called_otherwise(it: System) -> None:
    it.world.tenant("fabrikam").consented = False
    it.world.tenant("fabrikam").name = "Fabrikam Residences"
    text = await text_of(it, "partner?state=all")
    assert "The relationship ends Contoso admins" in text
    assert "1 role Helpdesk Administrator" in text
    assert "The customer has not consented to this service" in text
    assert "called Fabrikam in the policy" in text
    assert "Tailspin Toys" in text


async def test_the_files_of_selected_customers_come_as_an_archive_or_a_patch(it: System) -> None:
    before = it.services.policy.model_dump()
    ids = [it.world.tenant(key).id for key in ("northwind", "woodgrove")]
    chosen = "&".join(f"tenant={tenant_id}" for tenant_id in ids)
    answer = await get(it, f"/console/partner/files?{chosen}&format=zip")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="customers.zip"'
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.namelist() == ["customers/b-woodgrove.toml", "customers/northwind-traders.toml"]
    assert f'tenantId = "{ids[0]}"' in archive.read("customers/northwind-traders.toml").decode()
    patch = await get(it, f"/console/partner/files?tenant={ids[0]}&format=patch")
    assert patch.headers["Content-Disposition"] == 'attachment; filename="customers.patch"'
    assert "+++ b/customers/northwind-traders.toml" in patch.text
    assert "woodgrove" not in patch.text
    assert it.services.policy.model_dump() == before


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("tenant=x&format=zip", 404), (f"tenant={CONTOSO}", 404), (f"tenant={CONTOSO}&format=exe", 400)],
)
async def test_files_are_of_new_customers_only(it: System, query: str, status: int) -> None:
    assert (await get(it, f"/console/partner/files?{query}")).status_code == status


async def test_pages_follow_each_other(it: System) -> None:
    for number in range(60):
        it.world.relate("home", name=f"Customer {number:04d}", domain=f"c{number:04d}.example")
    first = await get(it, "/console/partner")
    [following] = re.findall(r'rel="next" href="([^"]*)"', first.text)
    rest = await get(it, following.replace("&amp;", "&"))
    assert "Customer 0000" in first.text
    assert "Northwind Traders" not in first.text
    assert "Northwind Traders" in rest.text
    assert "cursor" in unquote(following)
    assert (await get(it, "/console/partner?cursor=x")).status_code == 400
    assert (await get(it, "/console/partner?state=x")).status_code == 400


async def test_where_the_permission_is_missing_the_page_says_so(it: System) -> None:
    it.world.tenant("home").granted = frozenset({"User.Read.All"})
    assert "DelegatedAdminRelationship.Read.All is not granted" in await text_of(it, "partner")
    it.world.tenant("home").granted = None
    it.world.faults.add(status=503, path="*/tenantRelationships/*")
    assert "did not answer as needed" in await text_of(it, "partner")


async def test_the_start_page_warns_of_what_ends(it: System) -> None:
    assert "that end" not in await text_of(it, "start")
    await check_partner(it.services)
    text = await text_of(it, "start")
    assert "Relationships with customers that end" in text
    assert "The relationship ends Contoso admins" in text
    assert "Contoso admins" in await text_of(it, "start", "auditor@msp.example")
    assert "Contoso admins" not in await text_of(it, "start", "owner@contoso.com")


async def test_the_start_page_says_that_they_could_not_be_read(it: System) -> None:
    it.world.tenant("home").granted = frozenset({"User.Read.All"})
    with pytest.raises(Exception, match="DelegatedAdminRelationship"):
        await check_partner(it.services)
    assert "could not be read lately" in await text_of(it, "start")


@pytest.mark.parametrize("who", ["auditor@msp.example", "owner@contoso.com"])
async def test_only_operators_see_it(it: System, who: str) -> None:
    assert NAVIGATION in await text_of(it, "users")
    assert NAVIGATION not in await text_of(it, "approvals", who)
    assert (await get(it, "/console/partner", who)).status_code == 403
    assert (await get(it, f"/console/partner/files?tenant={CONTOSO}", who)).status_code == 403


async def test_operators_of_some_customers_do_not(it: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    theirs, ours = (
        principal("op@contoso.com", "Operator", tid=CONTOSO),
        principal("op@msp.example", "Operator", tid=HOME),
    )
    tenant_id = it.world.tenant("northwind").id
    await check_partner(it.services)
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:
        pages = ("/console/partner", f"/console/partner/files?tenant={tenant_id}")
        assert [(await http.get(page, headers=theirs)).status_code for page in pages] == [404, 404]
        assert [(await http.get(page, headers=ours)).status_code for page in pages] == [200, 200]
        assert NAVIGATION not in (await http.get("/console/users", headers=theirs)).text
        # The warnings about their own customers are theirs to see.
        assert "Contoso admins" in (await http.get("/console/start", headers=theirs)).text


@pytest.mark.parametrize(
    ("role", "status"), [("Operator", 200), ("Auditor", 403), ("Requester", 403), ("Approver", 403)]
)
async def test_the_api_is_for_operators_of_all_customers(
    it: System, monkeypatch: pytest.MonkeyPatch, role: str, status: int
) -> None:
    monkeypatch.setattr(it.services, "settings", replace(it.services.settings, signs_in=True))
    async with httpx.AsyncClient(base_url=it.host.base_url) as http:
        headers = {"x-functions-key": it.host.key}
        answer = await http.get("/api/partner-customers", headers=headers | principal("op@msp.example", role))
        assert answer.status_code == status
        theirs = await http.get(
            "/api/partner-customers", headers=headers | principal("op@contoso.com", role, tid=CONTOSO)
        )
        assert theirs.status_code == 403


async def test_the_api_has_pages_states_and_says_what_is_wrong(it: System) -> None:
    page = await it.call("GET", "/api/partner-customers", params={"state": "new", "limit": 1})
    assert [one["name"] for one in page["value"]] == ["<b>Woodgrove"]
    assert (page["partnerTenantId"], page["warnDays"], page["total"]) == (HOME, 30, 2)
    assert page["counts"] == {"new": 2, "known": 2, "noRelationship": 1}
    rest = await it.call("GET", "/api/partner-customers", params={"state": "new", "cursor": page["cursor"]})
    assert [one["name"] for one in rest["value"]] == ["Northwind Traders"]
    await it.call("GET", "/api/partner-customers", 400, params={"state": "x"})
    await it.call("GET", "/api/partner-customers", 400, params={"cursor": "x"})
    it.world.tenant("home").granted = frozenset()
    problem = await it.call("GET", "/api/partner-customers", 409)
    assert "DelegatedAdminRelationship.Read.All" in problem["detail"]


async def test_where_it_is_off_there_is_nothing_of_it(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        assert NAVIGATION not in await text_of(it, "start")
        assert (await get(it, "/console/partner")).status_code == 404
        assert (await get(it, f"/console/partner/files?tenant={CONTOSO}")).status_code == 404
        await it.call("GET", "/api/partner-customers", 404)
        assert not [call for call in it.world.calls if "tenantRelationships" in call.path]


async def test_no_customer_is_asked_for_the_permission(it: System) -> None:
    for one in (await it.call("GET", "/api/customer-access"))["value"]:
        it.world.tenants[one["tenantId"]].granted = frozenset()
    found = (await it.call("GET", "/api/customer-access"))["value"]
    asked = {lacking["permission"] for one in found for lacking in one["missing"]}
    assert "User.Read.All" in asked
    assert not [name for name in asked if name.startswith("DelegatedAdminRelationship")]
    assert all("scope" not in one["consentUrl"] for one in found)
    page = await it.call("GET", "/api/partner-customers")
    missing = {name for one in page["value"] for name in one["missing"]}
    assert missing
    assert not [name for name in missing if name.startswith("DelegatedAdminRelationship")]
