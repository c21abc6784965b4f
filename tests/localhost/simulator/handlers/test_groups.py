from typing import Any

import httpx

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
    assert await names(graph, f"{base}/transitiveMembers/microsoft.graph.user?$select=displayName") == [
        "Henrietta Mueller"
    ]
    assert await names(graph, f"{base}/owners") == ["Johanna Lorenz"]
    assert await names(graph, "/v1.0/groups") == ["All staff", "Tier 0 operators"]
    assert (await graph.get("/v1.0/groups/none/members")).status_code == 404
