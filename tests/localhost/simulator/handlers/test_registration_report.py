from typing import Any

import httpx

from localhost.simulator import World

URL = "/v1.0/reports/authenticationMethods/userRegistrationDetails"


async def rows(graph: httpx.AsyncClient, query: str = "") -> dict[str, dict[str, Any]]:
    value = (await graph.get(URL + query)).json()["value"]
    return {row["userPrincipalName"].split("@")[0]: row for row in value}


async def test_who_has_registered_what(graph: httpx.AsyncClient) -> None:
    found = await rows(graph)
    assert found["adele"]["methodsRegistered"] == [
        "mobilePhone",
        "microsoftAuthenticatorPush",
        "softwareOneTimePasscode",
    ]
    assert found["isaiah"]["methodsRegistered"][0] == "hardwareOneTimePasscode"
    assert (found["grady"]["isAdmin"], found["adele"]["isAdmin"]) == (True, False)
    assert (found["lynne"]["isMfaRegistered"], found["adele"]["isMfaRegistered"]) == (False, True)
    assert "patti" not in found, "disabled users have no row"


async def test_it_lags_behind(world: World, graph: httpx.AsyncClient) -> None:
    user = world.user("contoso", "joni@contoso.com")
    method = next(m for m in user.methods.values() if m.kind.name == "softwareOath")
    url = f"/v1.0/users/joni@contoso.com/authentication/softwareOathMethods/{method.id}"
    assert (await graph.delete(url)).status_code == 204
    world.advance(3000)
    assert (await rows(graph))["joni"]["methodsRegistered"] == ["softwareOneTimePasscode"]
    world.advance(world.report_delay.total_seconds() - 3000)
    graph.headers["authorization"] = f"Bearer {world.token('contoso')}"
    assert (await rows(graph))["joni"]["methodsRegistered"] == []


async def test_paged_and_filtered(graph: httpx.AsyncClient) -> None:
    body = (await graph.get(f"{URL}?$top=10")).json()
    assert (len(body["value"]), "@odata.nextLink" in body) == (10, True)
    found = await rows(graph, "?$filter=isMfaRegistered eq false")
    assert "lynne" in found
    assert not any(row["isMfaRegistered"] for row in found.values())


async def test_it_needs_a_licence(world: World, graph: httpx.AsyncClient) -> None:
    world.tenant("contoso").premium = False
    reply = await graph.get(URL)
    assert reply.status_code == 403
    assert reply.json()["error"]["code"] == "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
