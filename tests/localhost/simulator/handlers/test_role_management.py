"""Who holds a role or may activate one, for the whole tenant at once."""

from typing import Any

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.seeds.people import GLOBAL_ADMINISTRATOR, assignable_group, role

DIRECTORY = "/v1.0/roleManagement/directory"
GROUPS = "/v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"


async def values(graph: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    reply = await graph.get(path)
    assert reply.status_code == 200, reply.text
    value: list[dict[str, Any]] = reply.json()["value"]
    return value


async def test_assignments_name_users_and_groups(world: World, graph: httpx.AsyncClient) -> None:
    tenant = world.tenant("contoso")
    group = assignable_group(tenant)
    group.roles.append(role(tenant, GLOBAL_ADMINISTRATOR))
    rows = await values(graph, f"{DIRECTORY}/roleAssignments?$expand=principal")
    assert {row["roleDefinitionId"] for row in rows} == {GLOBAL_ADMINISTRATOR[1]}
    assert {row["principal"].get("displayName") for row in rows} == {
        "Tier 0 operators",
        "Break Glass",
        "Grady Archie",
    }
    only = await values(graph, f"{DIRECTORY}/roleAssignments?$filter=principalId eq '{group.id}'&$select=principalId")
    assert only == [{"principalId": group.id}]
    instances = await values(graph, f"{DIRECTORY}/roleAssignmentScheduleInstances")
    henrietta = world.user("contoso", "henrietta@contoso.com").id
    assert [row["memberType"] for row in instances if row["principalId"] == henrietta] == ["Group"]
    assert (await values(graph, f"{DIRECTORY}/roleDefinitions"))[0]["displayName"] == "Global Administrator"


async def test_who_is_eligible_is_in_no_list_of_members(world: World, graph: httpx.AsyncClient) -> None:
    world.make_eligible("contoso", "adele@contoso.com", role="User Administrator")
    adele = world.user("contoso", "adele@contoso.com")
    (row,) = await values(graph, f"{DIRECTORY}/roleEligibilityScheduleInstances?$expand=roleDefinition")
    assert (row["principalId"], row["roleDefinition"]["displayName"]) == (adele.id, "User Administrator")
    members = await values(graph, f"/v1.0/users/{adele.id}/transitiveMemberOf")
    assert [member["@odata.type"] for member in members] == ["#microsoft.graph.group"]


async def test_eligibility_for_groups_must_be_asked_by_group_or_principal(
    world: World, graph: httpx.AsyncClient
) -> None:
    world.make_eligible("contoso", "adele@contoso.com", group="Tier 0 operators")
    world.make_eligible("contoso", "alex@contoso.com", group="Tier 0 operators", access="owner")
    group = assignable_group(world.tenant("contoso"))
    rows = await values(graph, f"{GROUPS}?$filter=groupId eq '{group.id}'")
    assert {(row["accessId"], row["principalId"]) for row in rows} == {
        ("member", world.user("contoso", "adele@contoso.com").id),
        ("owner", world.user("contoso", "alex@contoso.com").id),
    }
    assert (await graph.get(GROUPS)).status_code == 400
    assert (await graph.get(f"{GROUPS}?$filter=accessId eq 'member'")).status_code == 400
    members = await values(graph, f"/v1.0/groups/{group.id}/members")
    assert [member["displayName"] for member in members] == ["Henrietta Mueller"]


@pytest.mark.parametrize("path", [f"{DIRECTORY}/roleEligibilityScheduleInstances", f"{GROUPS}?$filter=groupId eq 'x'"])
async def test_eligibility_needs_a_licence(world: World, graph: httpx.AsyncClient, path: str) -> None:
    world.tenant("contoso").privileged_identity_management = False
    reply = await graph.get(path)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "AadPremiumLicenseRequired")
    assert (await graph.get(f"{DIRECTORY}/roleAssignments")).status_code == 200


async def test_missing_permissions(world: World, graph: httpx.AsyncClient) -> None:
    world.tenant("contoso").granted = frozenset({"User.Read.All"})
    reply = await graph.get(f"{DIRECTORY}/roleEligibilityScheduleInstances")
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
    reply = await graph.get(f"{GROUPS}?$filter=groupId eq 'x'")
    assert (reply.status_code, "PermissionScopeNotGranted" in reply.json()["error"]["message"]) == (403, True)
