"""The partner relationships held against the policy: who is new, known or without one, page by page, also where tenants do not answer."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

import graph.customer_tenants
from domain.api.partner_responses import CustomerState, DiscoveredCustomer, DiscoveryPage
from domain.errors import ConflictError, InvalidInputError, NotFoundError
from domain.policy.load import parse_policy
from domain.policy.partner import Partner
from graph.errors import GraphError
from tests.activities.conftest import Works, made_works
from tests.system import HOME
from use_cases.discover_customers import discover_page, propose_all


@pytest.fixture
async def works(tmp_path: Path) -> AsyncIterator[Works]:
    async with made_works(tmp_path) as made:
        enable(made)
        yield made


def enable(works: Works, **terms: object) -> None:
    partner = Partner(tenant_id=HOME, **terms)
    works.use_policy(works.services.policy.model_copy(update={"partner": partner}))


async def page(works: Works, state: CustomerState | None = None, cursor: str = "", limit: int = 100) -> DiscoveryPage:
    return await discover_page(works.services, state, cursor, limit)


async def found(works: Works, state: CustomerState | None = None) -> dict[str, DiscoveredCustomer]:
    return {one.name: one for one in (await page(works, state)).value}


async def test_new_known_and_missing_customers_are_told_apart(works: Works) -> None:
    works.world.relate("home", "contoso")
    works.world.relate("home", name="Northwind Traders", domain="northwind.example")
    works.world.relate("home", "fabrikam", status="expired", days=-10)
    whole = await page(works)
    assert {one.name: one.state for one in whole.value} == {
        "Contoso": "known",
        "Fabrikam": "noRelationship",
        "Northwind Traders": "new",
        "Tailspin Toys": "noRelationship",
    }
    assert (whole.counts.new, whole.counts.known, whole.counts.no_relationship, whole.total) == (1, 1, 2, 4)
    assert [one.name for one in (await page(works, "new")).value] == ["Northwind Traders"]
    contoso = next(one for one in whole.value if one.customer == "contoso")
    assert (contoso.proposal, contoso.policy_name, contoso.has_access) == (None, "", True)


async def test_a_new_customer_comes_with_a_file_that_the_policy_takes(works: Works) -> None:
    works.world.relate("home", name="Northwind Traders", domain="northwind.example")
    works.world.tenant("northwind").domains = ("nw.example", "contoso.com")
    one = (await found(works))["Northwind Traders"]
    assert one.proposal
    assert one.proposal.file == "customers/northwind-traders.toml"
    assert (one.proposal.domains_read, one.proposal.taken, one.proposal.needs_approvers) == (
        True,
        ["contoso.com"],
        False,
    )
    customer = parse_policy(
        f"[approval]\napprovers=['a@b.example', 'c@b.example']\n[customers.n]\n{one.proposal.text}", None
    )
    assert customer.customers["n"].tenant_id == one.tenant_id
    # The default domain comes first.
    assert customer.customers["n"].domains == ("northwind.example", "northwind.onmicrosoft.com", "nw.example")


async def test_the_policy_in_use_never_changes(works: Works) -> None:
    works.world.relate("home", name="Northwind Traders", domain="northwind.example")
    before = works.services.policy.model_dump()
    tenant_id = works.world.tenant("northwind").id
    assert [one.key for one in await propose_all(works.services, [tenant_id])] == ["northwind-traders"]
    assert works.services.policy.model_dump() == before


async def test_a_name_that_differs_from_the_policys_is_told(works: Works) -> None:
    works.world.relate("home", "fabrikam")
    works.world.tenant("fabrikam").name = "Fabrikam Residences"
    one = (await found(works))["Fabrikam Residences"]
    assert (one.customer, one.policy_name) == ("fabrikam", "Fabrikam")


async def test_relationships_with_dates_roles_and_warnings(works: Works) -> None:
    user, helpdesk = "fe930be7-5e62-47db-91af-98c3a49a38b1", "729827e3-9c14-49f7-bb1b-9608f156bbb8"
    works.world.relate("home", "contoso", days=20, roles=("a-newer-role", user, helpdesk), called="Old")
    works.world.relate("home", "contoso", days=700, roles=("a-newer-role",), called="New")
    works.world.relate("home", "fabrikam", days=20, auto_extend="P180D")
    works.world.relate("home", "tailspin", days=-5, status="terminated")
    customers = await found(works)
    old, new = customers["Contoso"].relationships
    assert (old.name, old.status, old.auto_extends) == ("Old", "active", False)
    assert old.roles == [helpdesk, "a-newer-role", user]
    assert old.role_names == ["a-newer-role", "Helpdesk Administrator", "User Administrator"]
    assert old.ends_at == works.clock() + timedelta(days=20)
    assert new.name == "New"
    [warning] = customers["Contoso"].warnings
    assert (warning.kind, warning.relationship, warning.roles, warning.is_last) == (
        "relationshipEnding",
        "Old",
        2,
        False,
    )
    assert warning.role_names == ["Helpdesk Administrator", "User Administrator"]
    assert customers["Fabrikam"].relationships[0].auto_extends
    assert customers["Fabrikam"].warnings == []
    [ended] = customers["Tailspin Toys"].warnings
    assert (ended.kind, ended.at) == ("relationshipEnded", works.clock() - timedelta(days=5))


async def test_the_policy_says_how_long_before_the_end_there_is_a_warning(works: Works) -> None:
    works.world.relate("home", "contoso", days=40)
    assert (await found(works))["Contoso"].warnings == []
    enable(works, warn_before=timedelta(days=60))
    assert [one.kind for one in (await found(works))["Contoso"].warnings] == ["relationshipEnding"]


async def test_a_tenant_that_does_not_let_the_service_in_says_why_and_harms_no_other(works: Works) -> None:
    for customer in ("contoso", "fabrikam", "tailspin"):
        works.world.relate("home", customer)
    works.world.relate("home", name="Northwind Traders", domain="northwind.example")
    works.world.relate("home", name="Woodgrove", domain="woodgrove.example")
    works.world.tenant("contoso").consented = False
    works.world.tenant("fabrikam").granted = frozenset({"User.Read.All"})
    works.world.tenant("northwind").consented = False
    works.world.faults.add(status=500, path="*/organization", tenant="woodgrove")
    customers = await found(works)
    assert (customers["Contoso"].has_access, customers["Contoso"].reason) == (False, "consentMissing")
    assert customers["Contoso"].missing == []
    assert (customers["Fabrikam"].has_access, customers["Fabrikam"].reason) == (False, "")
    assert "User.RevokeSessions.All" in customers["Fabrikam"].missing
    assert customers["Tailspin Toys"].has_access
    for name in ("Northwind Traders", "Woodgrove"):
        proposal = customers[name].proposal
        assert proposal
        assert not proposal.domains_read
    assert f"{works.world.tenant('northwind').id}/adminconsent?client_id=" in customers["Northwind Traders"].consent_url


async def test_without_the_permission_for_domains_a_person_adds_them(works: Works) -> None:
    works.world.relate("home", name="Northwind Traders", domain="northwind.example")
    granted = frozenset(
        {"UserAuthenticationMethod.ReadWrite.All", "User.Read.All", "User.RevokeSessions.All"}
        | {"RoleManagement.Read.Directory", "GroupMember.Read.All"}
    )
    works.world.tenant("northwind").granted = granted
    one = (await found(works))["Northwind Traders"]
    assert one.has_access
    assert one.proposal
    assert not one.proposal.domains_read
    assert "could not be read" in one.proposal.text


async def test_relationships_that_wait_for_the_customer_are_no_customers_yet(works: Works) -> None:
    works.world.relate("home", name="Northwind", domain="northwind.example", status="approvalPending", days=None)
    works.world.relate("home", name="Woodgrove", domain="woodgrove.example", status="expired", days=-3)
    assert await found(works, "new") == {}


async def test_the_partners_own_tenant_is_no_customer(works: Works) -> None:
    text = "[approval]\napprovers=['a@b.example', 'c@b.example']\n[partner]\ntenantId='{0}'\n[customers.own]\ntenantId='{0}'"
    works.use_policy(parse_policy(text.format(HOME), None))
    assert await found(works) == {}


async def test_thousands_come_page_by_page_with_few_calls(works: Works) -> None:
    for number in range(1000):
        works.world.relate("home", name=f"Customer {number:04d}", domain=f"c{number:04d}.example")
    works.world.calls.clear()
    first = await page(works, "new", limit=200)
    assert (first.total, len(first.value)) == (1000, 200)
    names = [one.name for one in first.value]
    cursor = first.cursor
    while cursor:
        following = await page(works, "new", cursor, 200)
        names += [one.name for one in following.value]
        cursor = following.cursor
    assert names == [f"Customer {number:04d}" for number in range(1000)]
    lists = [call for call in works.world.calls if "/tenantRelationships/" in call.path]
    assert len(lists) == 8  # four pages of 300 each, read once for all pages


async def test_a_page_asks_a_bounded_number_of_tenants_side_by_side(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        works.world.relate("home", name=f"Customer {number:04d}", domain=f"c{number:04d}.example")
    under_way, most = 0, 0
    read = graph.customer_tenants.read_access

    async def counted(*args: object, **kwargs: object) -> object:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        try:
            return await read(*args, **kwargs)  # type: ignore[arg-type] # as it was called
        finally:
            under_way -= 1

    monkeypatch.setattr("use_cases.discover_customers.read_access", counted)
    assert len((await page(works, "new")).value) == 60
    assert 1 < most <= 16


async def test_throttling_is_waited_for_and_no_page_is_read_twice(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(700):
        works.world.relate("home", name=f"Customer {number:04d}", domain=f"c{number:04d}.example")
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)
        works.world.throttle.clear()

    monkeypatch.setattr(works.services, "pause", pause)
    works.world.throttle.limit(0.001, 2, tenant="home", path="*/delegatedAdminRelationships*", retry_after=20)
    works.world.calls.clear()
    assert (await page(works, "new", limit=1)).total == 700
    assert waited == [20]
    pages = [
        call for call in works.world.calls if call.path.endswith("/delegatedAdminRelationships") and call.status == 200
    ]
    assert len(pages) == 3


async def test_entras_throttling_of_one_tenant_is_waited_for(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    works.world.relate("home", "contoso")
    works.world.faults.add(status=429, path="/*/oauth2/v2.0/token", tenant="contoso", count=1, retry_after=9)
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(works.services, "pause", pause)
    assert (await found(works))["Contoso"].has_access
    assert waited == [9]


async def test_throttling_without_an_end_is_an_error_and_not_an_empty_list(works: Works) -> None:
    works.world.relate("home", "contoso")
    works.world.faults.add(status=429, path="*/delegatedAdminCustomers", retry_after=20)
    with pytest.raises(GraphError, match="429"):
        await page(works)


async def test_a_list_that_breaks_off_is_no_shorter_list(works: Works) -> None:
    for number in range(301):
        works.world.relate("home", name=f"Customer {number:04d}", domain=f"c{number:04d}.example")
    works.world.faults.add(status=500, path="*/delegatedAdminRelationships", skip=1)
    with pytest.raises(GraphError):
        await page(works)


async def test_the_missing_permission_is_named(works: Works) -> None:
    works.world.tenant("home").granted = frozenset({"User.Read.All"})
    with pytest.raises(ConflictError, match=r"DelegatedAdminRelationship\.Read\.All"):
        await page(works)


async def test_it_is_off_unless_the_policy_names_the_partner(tmp_path: Path) -> None:
    async with made_works(tmp_path) as works:
        with pytest.raises(NotFoundError, match="tenantId"):
            await page(works)
        assert not [call for call in works.world.calls if "tenantRelationships" in call.path]


async def test_a_cursor_is_of_its_list_alone(works: Works) -> None:
    works.world.relate("home", "contoso")
    cursor = (await page(works, limit=1)).cursor
    assert cursor
    for wrong in ("x", cursor[:-1] + "x"):
        with pytest.raises(InvalidInputError):
            await page(works, cursor=wrong)
    with pytest.raises(InvalidInputError):
        await page(works, "new", cursor)


async def test_files_are_made_of_new_customers_only(works: Works) -> None:
    works.world.relate("home", "contoso")
    with pytest.raises(NotFoundError):
        await propose_all(works.services, [works.world.tenant("contoso").id])
    with pytest.raises(NotFoundError):
        await propose_all(works.services, ["../../etc/passwd"])
