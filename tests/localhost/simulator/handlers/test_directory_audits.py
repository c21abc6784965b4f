"""The directory audit log: who may read it, which filters it takes, and when an entry can be read."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from localhost.simulator import World

ADELE = "adele@contoso.com"
AUDITS = "/v1.0/auditLogs/directoryAudits"


async def rows(graph: httpx.AsyncClient, wanted: str = "", **more: str) -> list[dict[str, Any]]:
    answer = await graph.get(AUDITS, params=({"$filter": wanted} if wanted else {}) | more)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


async def _removed(world: World, graph: httpx.AsyncClient) -> Mapping[str, Any]:
    user = world.user("contoso", ADELE)
    method = next(m for m in user.methods.values() if m.kind.name == "softwareOath")
    path = f"/v1.0/users/{user.id}/authentication/softwareOathMethods/{method.id}"
    assert (await graph.delete(path)).status_code == 204
    world.advance(121)
    [row] = await rows(graph)
    return row


async def test_a_removal_can_be_read_after_a_while(world: World, graph: httpx.AsyncClient) -> None:
    row = await _removed(world, graph)
    assert row["activityDisplayName"] == "Admin deleted security info"
    assert row["initiatedBy"]["user"] is None
    assert row["targetResources"][0]["id"] == world.user("contoso", ADELE).id


async def test_an_entry_cannot_be_read_before(world: World, graph: httpx.AsyncClient) -> None:
    world.register("contoso", ADELE, "softwareOath")
    world.advance(119)
    assert await rows(graph) == []
    world.advance(1)
    assert {row["activityDisplayName"] for row in await rows(graph)} == {
        "User registered security info",
        "User registered all required security info",
    }


@pytest.mark.parametrize("lacking", ["AuditLog.Read.All", "Directory.Read.All"])
async def test_both_permissions_are_needed(world: World, graph: httpx.AsyncClient, lacking: str) -> None:
    world.tenant("contoso").granted = frozenset({"AuditLog.Read.All", "Directory.Read.All"} - {lacking})
    assert (await graph.get(AUDITS)).status_code == 403


@pytest.mark.parametrize(
    "wanted",
    [
        "activityDateTime ge 2026-03-02T09:00:00Z and activityDisplayName eq 'admin deleted security info'",
        "activityDateTime le 2026-03-02T09:00:00.9999999Z",
        "startswith(activityDisplayName,'Admin ')",
        "loggedByService eq 'Authentication Methods'",
        "initiatedBy/app/displayName eq 'MFA reset'",
        "targetResources/any(t: t/displayName eq 'Adele Vance')",
    ],
)
async def test_documented_filters_find_it(world: World, graph: httpx.AsyncClient, wanted: str) -> None:
    await _removed(world, graph)
    assert len(await rows(graph, wanted)) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        "activityDateTime ge 2026-03-02T09:00:01Z",
        "activityDisplayName eq 'User deleted security info'",
        "initiatedBy/user/userPrincipalName eq 'adele@contoso.com'",
    ],
)
async def test_filters_leave_the_others_out(world: World, graph: httpx.AsyncClient, wanted: str) -> None:
    await _removed(world, graph)
    assert await rows(graph, wanted) == []


@pytest.mark.parametrize(
    "query",
    [
        "$filter=activityDateTime gt 2026-03-02T09:00:00Z",
        "$filter=activityDisplayName eq 'a' or activityDisplayName eq 'b'",
        "$filter=category eq 'UserManagement'",
        "$filter=initiatedBy/app/servicePrincipalId eq 'x'",
        "$select=id",
        "$search=x",
    ],
)
async def test_what_is_not_documented_is_refused(graph: httpx.AsyncClient, query: str) -> None:
    assert (await graph.get(f"{AUDITS}?{query}")).status_code == 400


async def test_a_service_principal_is_found_by_its_application(graph: httpx.AsyncClient) -> None:
    answer = await graph.get("/v1.0/servicePrincipals", params={"$filter": "appId eq 'other'", "$select": "id,appId"})
    assert answer.json()["value"] == []
    assert (await graph.get("/v1.0/servicePrincipals")).status_code == 400
