from typing import Any

import httpx

from localhost.simulator import World
from localhost.simulator.seeds import people

EVENTUAL = {"ConsistencyLevel": "eventual"}


async def names(graph: httpx.AsyncClient, path: str) -> list[Any]:
    reply = await graph.get(path)
    assert reply.status_code == 200, reply.text
    return [row["displayName"] for row in reply.json()["value"]]


async def test_role_assignable_groups_with_members_and_owners(graph: httpx.AsyncClient) -> None:
    url = "/v1.0/groups?$filter=isAssignableToRole eq true&$select=id,displayName"
    (group,) = (await graph.get(url)).json()["value"]
    assert group["displayName"] == "Tier 0 operators"
    base = f"/v1.0/groups/{group['id']}"
    assert await names(graph, f"{base}/members") == ["Henrietta Mueller"]
    assert await names(graph, f"{base}/transitiveMembers") == ["Henrietta Mueller"]
    assert await names(graph, f"{base}/owners") == ["Johanna Lorenz"]
    assert await names(graph, "/v1.0/groups") == ["All staff", "Tier 0 operators"]
    assert (await graph.get("/v1.0/groups/none/members")).status_code == 404


async def test_transitive_members_are_a_flat_list_with_the_groups_in_it(graph: httpx.AsyncClient, world: World) -> None:
    contoso = world.tenant("contoso")
    outer, inner = people.plain_group(contoso, "Outer"), people.plain_group(contoso, "Inner")
    outer.nested.append(inner)
    inner.nested.append(outer)  # groups may be in each other
    world.user("contoso", "adele@contoso.com").groups.append(inner)
    base = f"/v1.0/groups/{outer.id}"
    assert await names(graph, f"{base}/members") == ["Inner"]
    assert await names(graph, f"{base}/transitiveMembers") == ["Adele Vance", "Inner"]
    ids = (await graph.get(f"{base}/transitiveMembers?$select=id&$top=999")).json()["value"]
    assert [sorted(row) for row in ids] == [["@odata.type", "id"]] * 2


async def test_a_cast_needs_the_parameters_of_advanced_queries(graph: httpx.AsyncClient) -> None:
    (group,) = (await graph.get("/v1.0/groups?$filter=isAssignableToRole eq true")).json()["value"]
    path = f"/v1.0/groups/{group['id']}/transitiveMembers/microsoft.graph.user"
    assert (await graph.get(path)).status_code == 400
    answer = await graph.get(f"{path}?$count=true&$select=displayName", headers=EVENTUAL)
    assert [row["displayName"] for row in answer.json()["value"]] == ["Henrietta Mueller"]
