"""A partner's customers and relationships: pages, options, permission, statuses and names as Microsoft documents them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.handlers.partner_relationships import STATUSES
from localhost.simulator.protocol.resource_types import names
from localhost.simulator.testing import client_for

CUSTOMERS = "/v1.0/tenantRelationships/delegatedAdminCustomers"
RELATIONSHIPS = "/v1.0/tenantRelationships/delegatedAdminRelationships"


@pytest.fixture
async def partner(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(world, "home") as client:
        yield client


async def rows(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    reply = await client.get(path)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["value"]
    return found


async def test_a_relationship_has_the_properties_of_its_page(world: World, partner: httpx.AsyncClient) -> None:
    world.relate("home", "contoso", days=90, auto_extend="P180D", roles=("r1", "r2"), called="Contoso admins")
    world.relate("home", "fabrikam", days=None, status="approvalPending")
    first, waiting = await rows(partner, RELATIONSHIPS)
    documented = (
        "accessDetails activatedDateTime autoExtendDuration createdDateTime customer displayName duration endDateTime id"
        " lastModifiedDateTime status"
    )
    assert {name for name in first if not name.startswith("@")} == names(documented)
    assert first["customer"] == {"tenantId": world.tenant("contoso").id, "displayName": "Contoso"}
    assert first["accessDetails"] == {"unifiedRoles": [{"roleDefinitionId": "r1"}, {"roleDefinitionId": "r2"}]}
    assert (first["displayName"], first["status"], first["autoExtendDuration"]) == ("Contoso admins", "active", "P180D")
    assert first["endDateTime"] == "2026-05-31T09:00:00Z"
    assert (waiting["status"], waiting["endDateTime"], waiting["activatedDateTime"]) == ("approvalPending", None, None)


async def test_a_customer_is_listed_while_a_relationship_is_active(world: World, partner: httpx.AsyncClient) -> None:
    for status in sorted(STATUSES):
        world.relate("home", name=status, domain=f"{status}.example", status=status)
    world.relate("home", "contoso")
    world.relate("home", "contoso", status="expired")
    found = await rows(partner, CUSTOMERS)
    assert {row["displayName"] for row in found} == {
        "Contoso",
        "active",
        "terminationRequested",
        "terminating",
        "expiring",
    }
    assert all(row["id"] == row["tenantId"] for row in found)
    assert {row["status"] for row in await rows(partner, RELATIONSHIPS)} == STATUSES


@pytest.mark.parametrize("path", [CUSTOMERS, RELATIONSHIPS])
async def test_pages_hold_300_at_most(world: World, partner: httpx.AsyncClient, path: str) -> None:
    for number in range(305):
        world.relate("home", name=f"Customer {number}", domain=f"c{number}.example")
    first = (await partner.get(path)).json()
    assert len(first["value"]) == 300
    rest = await rows(partner, first["@odata.nextLink"].removeprefix(str(partner.base_url).rstrip("/")))
    assert len(rest) == 5
    assert len(await rows(partner, f"{path}?$top=300")) == 300
    for top in ("301", "0", "many"):
        assert (await partner.get(f"{path}?$top={top}")).status_code == 400


async def test_unknown_properties_and_options_are_refused(world: World, partner: httpx.AsyncClient) -> None:
    world.relate("home", "contoso")
    world.relate("home", "fabrikam", status="terminated")
    [row] = await rows(partner, f"{CUSTOMERS}?$select=tenantId,displayName")
    assert {name for name in row if not name.startswith("@")} == {"tenantId", "displayName"}
    for path in (
        f"{CUSTOMERS}?$select=domains",
        f"{RELATIONSHIPS}?$select=tenantId",
        f"{RELATIONSHIPS}?$expand=accessAssignments",
        f"{RELATIONSHIPS}?$search=x",
        f"{RELATIONSHIPS}?$filter=endDateTime eq 'x'",
    ):
        assert (await partner.get(path)).status_code == 400, path
    active = await rows(partner, f"{RELATIONSHIPS}?$filter=status eq 'active'")
    assert [row["customer"]["displayName"] for row in active] == ["Contoso"]
    world.relate("home", name="Alpine Ski House", domain="alpine.example")
    found = [row["displayName"] for row in await rows(partner, f"{CUSTOMERS}?$orderby=displayName")]
    assert found == ["Alpine Ski House", "Contoso"]


@pytest.mark.parametrize("path", [CUSTOMERS, RELATIONSHIPS])
async def test_it_needs_the_permission_and_a_partner(world: World, partner: httpx.AsyncClient, path: str) -> None:
    world.relate("home", "contoso")
    world.tenant("home").granted = frozenset({"Directory.Read.All"})
    assert (await partner.get(path)).status_code == 403
    world.tenant("home").granted = frozenset({"DelegatedAdminRelationship.Read.All"})
    assert len(await rows(partner, path)) == 1
    async with client_for(world, "contoso") as customer:
        assert await rows(customer, path) == []


async def test_domains_of_a_tenant_need_a_permission_of_their_own(world: World, graph: httpx.AsyncClient) -> None:
    world.tenant("contoso").domains = ("contoso.example",)
    [row] = await rows(graph, "/v1.0/organization?$select=verifiedDomains")
    assert {one["name"]: one["isDefault"] for one in row["verifiedDomains"]} == {
        "contoso.onmicrosoft.com": False,
        "contoso.com": True,
        "contoso.example": False,
    }
    world.tenant("contoso").granted = frozenset({"User.Read.All"})
    assert (await graph.get("/v1.0/organization")).status_code == 403
