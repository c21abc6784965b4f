from typing import Any

import httpx

from localhost.simulator import World
from localhost.simulator.seeds.people import GLOBAL_ADMINISTRATOR, assignable_group, role

EVENTUAL = {"ConsistencyLevel": "eventual"}
CONTOSO = "/v1.0/users"


async def values(graph: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    reply = await graph.get(path, headers=EVENTUAL)
    assert reply.status_code == 200, reply.text
    value: list[dict[str, Any]] = reply.json()["value"]
    return value


async def test_the_unfiltered_list_names_the_type_of_each_row(world: World, graph: httpx.AsyncClient) -> None:
    rows = await values(graph, f"{CONTOSO}/grady@contoso.com/transitiveMemberOf")
    assert [row["@odata.type"] for row in rows] == ["#microsoft.graph.group", "#microsoft.graph.directoryRole"]
    rows = await values(graph, f"{CONTOSO}/grady@contoso.com/transitiveMemberOf?$select=id,roleTemplateId")
    assert [row.get("roleTemplateId") for row in rows] == [None, GLOBAL_ADMINISTRATOR[1]]
    owned = await values(graph, f"{CONTOSO}/johanna@contoso.com/ownedObjects")
    assert [row["isAssignableToRole"] for row in owned] == [True]


async def test_a_role_held_through_a_group_is_transitive(world: World, graph: httpx.AsyncClient) -> None:
    tenant = world.tenant("contoso")
    assignable_group(tenant).roles.append(role(tenant, GLOBAL_ADMINISTRATOR))
    cast = "microsoft.graph.directoryRole?$count=true&$select=displayName"
    url = f"{CONTOSO}/henrietta@contoso.com"
    assert [row["displayName"] for row in await values(graph, f"{url}/transitiveMemberOf/{cast}")] == [
        "Global Administrator"
    ]
    assert await values(graph, f"{url}/memberOf/{cast}") == []


async def test_a_cast_needs_its_namespace(graph: httpx.AsyncClient) -> None:
    url = f"{CONTOSO}/grady@contoso.com/transitiveMemberOf/directoryRole"
    assert (await graph.get(url, headers=EVENTUAL)).status_code == 400
