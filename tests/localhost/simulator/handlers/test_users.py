from typing import Any

import httpx
import pytest

from localhost.simulator import World

EVENTUAL = {"ConsistencyLevel": "eventual"}


async def test_without_select_the_telling_fields_are_missing(graph: httpx.AsyncClient) -> None:
    user = (await graph.get("/v1.0/users/adele@contoso.com")).json()
    assert user["userPrincipalName"] == "adele@contoso.com"
    assert "accountEnabled" not in user


async def test_select(graph: httpx.AsyncClient) -> None:
    url = "/v1.0/users/ADELE@contoso.com?$select=id,accountEnabled,userType,onPremisesSyncEnabled"
    user = (await graph.get(url)).json()
    assert (user["accountEnabled"], user["userType"], user["onPremisesSyncEnabled"]) == (True, "Member", None)
    assert "displayName" not in user
    assert (await graph.get("/v1.0/users?$select=nonsense")).status_code == 400


async def test_unknown_user(graph: httpx.AsyncClient) -> None:
    reply = await graph.get("/v1.0/users/nobody@contoso.com", headers={"client-request-id": "mine"})
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (404, "Request_ResourceNotFound")
    assert error["innerError"]["client-request-id"] == "mine" == reply.headers["client-request-id"]
    assert error["innerError"]["request-id"] == reply.headers["request-id"]
    assert error["innerError"]["date"] == "2026-03-02T09:00:00"
    assert reply.headers["date"] == "Mon, 02 Mar 2026 09:00:00 GMT"


async def test_a_guest_is_found_by_id_only(world: World, graph: httpx.AsyncClient) -> None:
    upn = "kim_partner.example#EXT#@contoso.com"
    guest = world.user("contoso", upn)
    assert (await graph.get(f"/v1.0/users/{upn.replace('#', '%23')}")).status_code == 404
    assert (await graph.get(f"/v1.0/users/{guest.id}?$select=userType")).json()["userType"] == "Guest"


@pytest.mark.parametrize(("top", "pages"), [(7, [7, 7, 7, 7, 2]), (10, [10, 10, 10])])
async def test_pages(graph: httpx.AsyncClient, top: int, pages: list[int]) -> None:
    url: str | None = f"/v1.0/users?$top={top}&$select=id"
    sizes, ids = [], set()
    while url:
        body = (await graph.get(url)).json()
        sizes.append(len(body["value"]))
        ids |= {user["id"] for user in body["value"]}
        url = body.get("@odata.nextLink")
    assert sizes == pages
    assert len(ids) == 30


@pytest.mark.parametrize("top", ["0", "1000", "x"])
async def test_top_has_bounds(graph: httpx.AsyncClient, top: str) -> None:
    assert (await graph.get(f"/v1.0/users?$top={top}")).status_code == 400


async def test_search_needs_eventual_consistency(graph: httpx.AsyncClient) -> None:
    params = {"$search": '"displayName:adele"'}
    reply = await graph.get("/v1.0/users", params=params)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "Request_UnsupportedQuery")
    reply = await graph.get("/v1.0/users", params=params | {"$count": "true"}, headers=EVENTUAL)
    assert [user["displayName"] for user in reply.json()["value"]] == ["Adele Vance"]
    assert reply.json()["@odata.count"] == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"displayName:wilb"', {"alex"}),  # the start of any word
        ('"displayName:ilber"', set()),  # not the middle of one
        ('"displayName:wilb" OR "userPrincipalName:ade"', {"alex", "adele"}),
        ('"displayName:alex" AND "userPrincipalName:ade"', set()),
    ],
)
async def test_search(graph: httpx.AsyncClient, text: str, found: set[str]) -> None:
    reply = await graph.get("/v1.0/users", params={"$search": text}, headers=EVENTUAL)
    assert {user["userPrincipalName"].split("@")[0] for user in reply.json()["value"]} == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("userPrincipalName eq 'Adele@Contoso.com'", {"adele"}),
        ("startswith(displayName,'Al') and accountEnabled eq true", {"alex"}),
        ("accountEnabled eq false", {"patti"}),
        ("userType eq 'Guest'", {"kim_partner.example#EXT#"}),
        ("mail in ('alex@contoso.com', 'lee@contoso.com')", {"alex", "lee"}),
        ("(startswith(mail,'ade') or startswith(mail,'ale')) and accountEnabled eq true", {"adele", "alex"}),
    ],
)
async def test_filter(graph: httpx.AsyncClient, text: str, found: set[str]) -> None:
    reply = await graph.get("/v1.0/users", params={"$filter": text})
    assert {user["userPrincipalName"].split("@")[0] for user in reply.json()["value"]} == found


async def test_negation_is_an_advanced_query(graph: httpx.AsyncClient) -> None:
    text = "(startswith(mail,'ade') or startswith(mail,'ale')) and not startswith(mail,'alex')"
    params = {"$filter": text, "$count": "true"}
    reply = await graph.get("/v1.0/users", params=params, headers=EVENTUAL)
    assert [user["mail"] for user in reply.json()["value"]] == ["adele@contoso.com"]


@pytest.mark.parametrize("text", ["mail eq", "mail gt 'a'", "mail eq 'a' mail", "contains(mail,'a')", "mail = 'a'"])
async def test_bad_filters(graph: httpx.AsyncClient, text: str) -> None:
    assert (await graph.get("/v1.0/users", params={"$filter": text})).status_code == 400


async def test_sorted(graph: httpx.AsyncClient) -> None:
    params = {"$orderby": "displayName desc", "$top": "999"}
    names = [user["displayName"] for user in (await graph.get("/v1.0/users", params=params)).json()["value"]]
    assert names == sorted(names, key=str.lower, reverse=True)


async def test_users_are_counted_as_text(world: World, graph: httpx.AsyncClient) -> None:
    refused = await graph.get("/v1.0/users/$count")
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "$count is not currently supported.")
    reply = await graph.get("/v1.0/users/$count", headers=EVENTUAL)
    assert (reply.text, reply.headers["content-type"]) == ("30", "text/plain")
    some = await graph.get("/v1.0/users/$count?$filter=accountEnabled eq false", headers=EVENTUAL)
    assert some.text == "1"
    world.tenant("contoso").advanced_queries = False
    assert (await graph.get("/v1.0/users/$count", headers=EVENTUAL)).status_code == 400


async def test_a_user_by_a_key_in_quotes(world: World, graph: httpx.AsyncClient) -> None:
    world.user("contoso", "alex@contoso.com").upn = "$alex@contoso.com"
    world.tenant("contoso").by_upn["$alex@contoso.com"] = world.user("contoso", "alex@contoso.com")
    plain = await graph.get("/v1.0/users/$alex@contoso.com")
    assert (plain.status_code, plain.json()["error"]["code"]) == (400, "BadRequest")
    for key in ("('$alex@contoso.com')", "('%24alex@contoso.com')"):
        assert (await graph.get(f"/v1.0/users{key}?$select=displayName")).json()["displayName"] == "Alex Wilber"
    assert (await graph.get("/v1.0/users/a%28b%29@contoso.com")).status_code == 400
    assert (await graph.get("/v1.0/users('a%28b%29@contoso.com')")).status_code == 404
    assert (await graph.get("/v1.0/users/a%2Fb@contoso.com")).status_code == 404
    methods = await values(graph, "/v1.0/users('adele@contoso.com')/authentication/methods")
    assert len(methods) == 4
    name = "o'neill@contoso.com"
    world.tenant("contoso").by_upn[name] = world.user("contoso", "lee@contoso.com")
    assert (await graph.get("/v1.0/users('o''neill@contoso.com')")).json()["displayName"] == "Lee Gu"


async def test_the_manager_is_expanded(graph: httpx.AsyncClient) -> None:
    alex = (await graph.get("/v1.0/users/alex@contoso.com?$select=id&$expand=manager($select=displayName)")).json()
    assert alex["manager"] == {"@odata.type": "#microsoft.graph.user", "displayName": "Adele Vance"}
    adele = (await graph.get("/v1.0/users/adele@contoso.com?$expand=manager")).json()
    assert "manager" not in adele
    listed = await values(graph, "/v1.0/users?$top=2&$expand=manager($levels=1;$select=id)")
    assert [("manager" in user) for user in listed] == [False, True]


async def values(graph: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    value: list[dict[str, Any]] = (await graph.get(path, headers=EVENTUAL)).json()["value"]
    return value


@pytest.mark.parametrize("version", ["v1.0", "beta"])
async def test_privileged_users(graph: httpx.AsyncClient, version: str) -> None:
    base = f"/{version}/users"
    roles = await values(
        graph, f"{base}/grady@contoso.com/transitiveMemberOf/microsoft.graph.directoryRole?$count=true"
    )
    assert [role["displayName"] for role in roles] == ["Global Administrator"]
    assert (
        await values(graph, f"{base}/adele@contoso.com/transitiveMemberOf/microsoft.graph.directoryRole?$count=true")
        == []
    )
    groups = await values(graph, f"{base}/henrietta@contoso.com/transitiveMemberOf/microsoft.graph.group?$count=true")
    assert [group["isAssignableToRole"] for group in groups] == [True, None]
    owned = await values(graph, f"{base}/johanna@contoso.com/ownedObjects/microsoft.graph.group")
    assert [group["isAssignableToRole"] for group in owned] == [True]


async def test_manager(graph: httpx.AsyncClient) -> None:
    manager = (await graph.get("/v1.0/users/alex@contoso.com/manager")).json()
    assert manager["userPrincipalName"] == "adele@contoso.com"
    assert (await graph.get("/v1.0/users/adele@contoso.com/manager")).status_code == 404


async def test_revoke_sessions(world: World, graph: httpx.AsyncClient) -> None:
    reply = await graph.post("/v1.0/users/adele@contoso.com/revokeSignInSessions", json={})
    assert (reply.status_code, reply.json()["value"]) == (200, True)
    assert world.user("contoso", "adele@contoso.com").sessions_revoked_at == world.clock()


async def test_revoking_has_no_effect_on_guests(world: World, graph: httpx.AsyncClient) -> None:
    guest = next(user for user in world.tenant("contoso").users.values() if user.type == "Guest")
    reply = await graph.post(f"/v1.0/users/{guest.id}/revokeSignInSessions", json={})
    assert reply.json()["value"] is True
    assert guest.sessions_revoked_at is None


async def test_the_short_form_of_casts_that_the_sdk_writes(world: World, graph: httpx.AsyncClient) -> None:
    url = "/v1.0/users/grady@contoso.com/transitiveMemberOf/graph.directoryRole?$count=true"
    assert len(await values(graph, url)) == 1
    assert next(iter(world.calls)).template.endswith("/microsoft.graph.directoryRole")
    action = "/v1.0/users/adele@contoso.com/microsoft.graph.revokeSignInSessions"
    assert (await graph.post(action, json={})).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/octet-stream"}])
@pytest.mark.parametrize(
    "path",
    [
        "/v1.0/users/adele@contoso.com/revokeSignInSessions",
        "/beta/users/isaiah@contoso.com/authentication/hardwareOathMethods/any/deactivate",
    ],
)
async def test_a_write_needs_a_json_content_type(
    world: World, graph: httpx.AsyncClient, headers: dict[str, str], path: str
) -> None:
    reply = await graph.post(path, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert reply.json()["error"]["message"].startswith("A supported MIME type could not be found")
    assert world.user("contoso", "adele@contoso.com").sessions_revoked_at is None
