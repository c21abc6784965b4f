from typing import Any

import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.model.method_kinds import PHONE_IDS

ADELE = "/users/adele@contoso.com/authentication"


async def send(graph: httpx.AsyncClient, *requests: dict[str, Any], version: str = "v1.0") -> dict[str, dict[str, Any]]:
    reply = await graph.post(f"/{version}/$batch", json={"requests": requests})
    assert reply.status_code == 200, reply.text
    return {answer["id"]: answer for answer in reply.json()["responses"]}


def get(name: str, url: str, *after: str) -> dict[str, Any]:
    return {"id": name, "method": "GET", "url": url, **({"dependsOn": list(after)} if after else {})}


def delete(world: World, name: str, kind: str, *after: str, user: str = "adele") -> dict[str, Any]:
    found = next(m for m in world.user("contoso", f"{user}@contoso.com").methods.values() if m.kind.name == kind)
    url = f"/users/{user}@contoso.com/authentication/{found.kind.collection}/{found.id}"
    return {"id": name, "method": "DELETE", "url": url, **({"dependsOn": list(after)} if after else {})}


def left(world: World, user: str = "adele@contoso.com") -> set[str]:
    return {method.kind.name for method in world.user("contoso", user).methods.values()} - {"password"}


async def test_each_item_has_its_own_status(graph: httpx.AsyncClient) -> None:
    answers = await send(graph, get("a", "/users/adele@contoso.com?$select=id"), get("b", "users/nobody@contoso.com"))
    assert (answers["a"]["status"], answers["b"]["status"]) == (200, 404)
    assert list(answers["a"]["body"]) == ["@odata.context", "id"]
    assert answers["b"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert answers["a"]["headers"]["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "part", [{"id": "1", "url": "/users"}, {"id": "1", "method": "GET"}, {"id": "1", "method": "GET", "url": 7}]
)
async def test_part_without_method_or_url_fails_the_whole(graph: httpx.AsyncClient, part: dict[str, Any]) -> None:
    reply = await graph.post("/v1.0/$batch", json={"requests": [get("0", "/users"), part]})
    assert (reply.status_code, reply.json()["error"]["message"]) == (400, "Invalid batch payload format.")


async def test_answers_come_in_any_order(graph: httpx.AsyncClient) -> None:
    requests = [get(str(n), "/organization") for n in range(20)]
    reply = await graph.post("/v1.0/$batch", json={"requests": requests})
    ids = [answer["id"] for answer in reply.json()["responses"]]
    assert sorted(ids, key=int) == [str(n) for n in range(20)] != ids


@pytest.mark.parametrize(
    "requests",
    [
        [get(str(n), "/organization") for n in range(21)],
        [],
        [get("a", "/organization", "b"), get("b", "/organization")],  # b comes later
        [get("a", "/organization"), get("a", "/organization")],
        [get("a", "/organization"), get("A", "/organization")],  # ids are not case-sensitive
        [{"id": "a", "method": "DELETE", "url": "/x", "body": {}}],
        # The name of the header counts as it is written.
        [{"id": "a", "method": "POST", "url": "/x", "body": {}, "headers": {"content-type": "application/json"}}],
        [get("a", "/organization") | {"body": {}, "headers": {"Content-Type": "application/json"}}],
        ["nonsense"],
    ],
)
async def test_batches_that_are_refused_as_a_whole(graph: httpx.AsyncClient, requests: list[Any]) -> None:
    assert (await graph.post("/v1.0/$batch", json={"requests": requests})).status_code == 400


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
@pytest.mark.parametrize("given", [{}, {"body": {}}, {"headers": JSON}])
async def test_a_write_needs_a_content_type_and_a_body(
    world: World, graph: httpx.AsyncClient, method: str, given: dict[str, Any]
) -> None:
    revoke = {"id": "w", "method": method, "url": "/users/adele@contoso.com/revokeSignInSessions"}
    requests = [delete(world, "1", "softwareOath"), revoke | given]
    reply = await graph.post("/v1.0/$batch", json={"requests": requests})
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (400, "BadRequest")
    assert error["message"] == "Write request id : w does not contain Content-Type header or body."
    assert "softwareOath" in left(world), "nothing of it runs"


async def test_an_empty_body_is_a_body(graph: httpx.AsyncClient) -> None:
    revoke = {"id": "w", "method": "POST", "url": "/users/adele@contoso.com/revokeSignInSessions"}
    assert (await send(graph, revoke | {"headers": JSON, "body": {}}))["w"]["body"]["value"] is True


async def test_nothing_of_a_refused_batch_runs(world: World, graph: httpx.AsyncClient) -> None:
    requests = [delete(world, "1", "softwareOath"), get("1", "/organization")]
    assert (await graph.post("/v1.0/$batch", json={"requests": requests})).status_code == 400
    assert "softwareOath" in left(world)
    assert [record.template for record in world.calls] == ["/v1.0/$batch"]


async def test_raw_html_in_one_part_makes_the_whole_unreadable(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add(path="*/users/{user}", malformed="html", count=1)
    requests = [get("a", "/organization"), get("b", "/users/adele@contoso.com")]
    reply = await graph.post("/v1.0/$batch", json={"requests": requests})
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert "<html>" in reply.text
    with pytest.raises(ValueError, match="Expecting value"):
        reply.json()
    assert len(await send(graph, *requests)) == 2


async def test_a_part_can_be_left_without_a_response(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add(path="*/users/{user}", malformed="absent", count=1)
    assert set(await send(graph, get("a", "/organization"), get("b", "/users/adele@contoso.com"))) == {"a"}


async def test_one_version_per_batch(graph: httpx.AsyncClient) -> None:
    answers = await send(graph, get("a", f"/beta{ADELE}/signInPreferences"), get("b", f"{ADELE}/signInPreferences"))
    assert (answers["a"]["status"], answers["b"]["status"]) == (400, 400)
    answers = await send(graph, get("b", f"{ADELE}/signInPreferences"), version="beta")
    assert answers["b"]["status"] == 200


async def test_plain_deletes_of_one_user_collide_without_a_word(world: World, graph: httpx.AsyncClient) -> None:
    world.user("contoso", "adele@contoso.com").preferred = None
    answers = await send(
        graph,
        delete(world, "1", "softwareOath"),
        delete(world, "2", "microsoftAuthenticator"),
        delete(world, "3", "phone", user="alex"),
    )
    assert {answer["status"] for answer in answers.values()} == {204}
    assert left(world) == {"phone", "microsoftAuthenticator"}
    assert left(world, "alex@contoso.com") == {"microsoftAuthenticator"}, "another user's is done"


async def test_deletes_one_after_the_other_are_done(world: World, graph: httpx.AsyncClient) -> None:
    answers = await send(
        graph,
        delete(world, "1", "softwareOath"),
        delete(world, "2", "phone", "1"),
        delete(world, "3", "microsoftAuthenticator", "2"),
    )
    assert [answers[name]["status"] for name in "123"] == [204, 204, 204]
    assert "body" not in answers["1"]
    assert left(world) == set()


async def test_what_depends_on_a_failure_is_not_done(world: World, graph: httpx.AsyncClient) -> None:
    answers = await send(
        graph,
        get("1", "/users/nobody@contoso.com"),
        delete(world, "2", "softwareOath", "1"),
        delete(world, "3", "phone", "2"),
        get("4", "/organization"),
    )
    assert [answers[name]["status"] for name in "1234"] == [404, 424, 424, 200]
    assert "softwareOath" in left(world)


async def test_a_throttled_item_is_429_inside_a_200(world: World, graph: httpx.AsyncClient) -> None:
    world.throttle.limit(rate=1, burst=2)
    answers = await send(graph, *(get(str(n), "/organization") for n in range(3)))
    assert sorted(answer["status"] for answer in answers.values()) == [200, 200, 429]
    refused = next(answer for answer in answers.values() if answer["status"] == 429)
    assert refused["headers"]["Retry-After"] == "1"
    assert refused["body"]["error"]["code"] == "TooManyRequests"


async def test_a_cut_connection_inside_is_a_504(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add(drop="after", path=f"*{ADELE}/*", method="DELETE")
    answers = await send(graph, delete(world, "1", "softwareOath"))
    assert answers["1"]["status"] == 504
    assert "softwareOath" not in left(world)


async def test_items_carry_bodies_and_are_logged(world: World, graph: httpx.AsyncClient) -> None:
    request = {
        "id": "1",
        "method": "POST",
        "url": "/users/lynne@contoso.com/authentication/phoneMethods",
        "headers": {"Content-Type": "application/json"},
        "body": {"phoneType": "mobile", "phoneNumber": "+1 2065550123"},
    }
    assert (await send(graph, request))["1"]["body"]["id"] == PHONE_IDS["mobile"]
    inner, outer = world.calls.matching(tenant=world.tenant("contoso").id)
    assert (inner.in_batch, inner.status, inner.template) == (
        True,
        201,
        "/v1.0/users/{user}/authentication/phoneMethods",
    )
    assert (outer.in_batch, outer.template) == (False, "/v1.0/$batch")
