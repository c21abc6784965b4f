import httpx
import pytest

from localhost.simulator import World
from localhost.simulator.testing import client_for

ADELE = "/v1.0/users/adele@contoso.com"
METHODS = f"{ADELE}/authentication/methods"


async def statuses(graph: httpx.AsyncClient, path: str, times: int) -> list[int]:
    return [(await graph.get(path)).status_code for _ in range(times)]


async def test_errors_a_number_of_times(world: World, graph: httpx.AsyncClient) -> None:
    rule = world.faults.add(status=503, code="ServiceUnavailable", skip=1, count=2, retry_after=0.5)
    assert await statuses(graph, METHODS, 5) == [200, 503, 503, 200, 200]
    assert rule.hits == 2


async def test_error_body_and_retry_after(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add(status=429, code="TooManyRequests", retry_after=90, count=1)
    world.faults.add(status=503, retry_after=0.5)
    first, second = await graph.get(METHODS), await graph.get(METHODS)
    assert (first.headers["retry-after"], second.headers["retry-after"]) == ("90", "0.5")
    assert first.json()["error"]["code"] == "TooManyRequests"
    assert set(first.json()["error"]["innerError"]) == {"date", "request-id", "client-request-id"}


async def test_a_body_without_wrapper(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add(status=502, wrapped=False, message="Bad gateway")
    assert (await graph.get(METHODS)).json() == {"Message": "Bad gateway"}


@pytest.mark.parametrize(
    ("rule", "hit"),
    [
        ({"tenant": "contoso"}, True),
        ({"tenant": "fabrikam.com"}, False),
        ({"user": "Adele@contoso.com"}, True),
        ({"user": "alex@contoso.com"}, False),
        ({"method": "DELETE"}, False),
        ({"path": "/v1.0/users/{user}/authentication/methods"}, True),
        ({"path": "*/adele@contoso.com/*"}, True),
        ({"path": "*/phoneMethods/*"}, False),
        ({"batch": True}, False),
        ({"probability": 0.0}, False),
    ],
)
async def test_what_a_rule_matches(world: World, graph: httpx.AsyncClient, rule: dict[str, object], hit: bool) -> None:
    world.faults.add(status=500, **rule)
    assert (await graph.get(METHODS)).status_code == (500 if hit else 200)


async def test_a_proxy_answers_with_html(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add(status=502, malformed="html")
    reply = await graph.get(METHODS)
    assert (reply.status_code, reply.headers["content-type"]) == (502, "text/html")


async def test_signing_keys_have_changed_for_a_while(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add_known("signingKeyInvalid", tenant="contoso", count=2)
    replies = [await graph.get(METHODS) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [401, 401, 200]
    error = replies[0].json()["error"]
    assert (error["code"], error["message"]) == ("InvalidAuthenticationToken", "Signing key is invalid.")


async def test_the_role_cast_fails_for_members_of_groups(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add_known("roleCastFails")
    world.user("contoso", "lee@contoso.com").groups.clear()
    cast = "transitiveMemberOf/microsoft.graph.directoryRole?$count=true"
    headers = {"ConsistencyLevel": "eventual"}
    assert (await graph.get(f"{ADELE}/{cast}", headers=headers)).status_code == 500
    assert (await graph.get(f"/v1.0/users/lee@contoso.com/{cast}", headers=headers)).status_code == 200
    assert (await graph.get(f"{ADELE}/transitiveMemberOf")).status_code == 200


@pytest.mark.parametrize("status", [423, 404, 400])
async def test_the_methods_of_one_user_are_refused(world: World, graph: httpx.AsyncClient, status: int) -> None:
    world.faults.add_known("methodsLocked", user="adele@contoso.com", status=status)
    assert (await graph.get(METHODS)).status_code == status
    assert (await graph.get("/v1.0/users/alex@contoso.com/authentication/methods")).status_code == 200
    assert (await graph.get(ADELE)).status_code == 200


@pytest.mark.parametrize(
    ("number", "status", "error"),
    [
        (7000222, 401, "invalid_client"),
        (7000215, 401, "invalid_client"),
        (53003, 400, "invalid_grant"),
        (90002, 400, "invalid_request"),
        (65001, 400, "invalid_grant"),
        (700016, 400, "unauthorized_client"),
        (7000112, 401, "unauthorized_client"),
        (50020, 400, "invalid_grant"),
    ],
)
async def test_errors_of_the_token_endpoint(world: World, number: int, status: int, error: str) -> None:
    world.faults.add(aadsts=number, tenant="fabrikam")
    form = {"client_id": "a", "client_secret": "b", "grant_type": "client_credentials", "scope": "x/.default"}
    async with client_for(world, None) as client:
        reply = await client.post("/fabrikam.com/oauth2/v2.0/token", data=form)
        other = await client.post("/contoso.com/oauth2/v2.0/token", data=form)
    body = reply.json()
    assert (reply.status_code, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert other.status_code == 200
    async with client_for(world, "fabrikam") as graph:
        assert (await graph.get("/v1.0/organization")).status_code == 200, "only the token endpoint fails"


async def test_chance_repeats_with_its_seed(world: World, graph: httpx.AsyncClient) -> None:
    world.faults.add(status=500, probability=0.5)
    world.faults.reseed(7)
    first = await statuses(graph, METHODS, 20)
    world.faults.reseed(7)
    assert await statuses(graph, METHODS, 20) == first
    assert {200, 500} == set(first)


@pytest.mark.parametrize(("drop", "done"), [("before", False), ("after", True)])
async def test_a_dropped_connection(world: World, graph: httpx.AsyncClient, drop: str, done: bool) -> None:
    user = world.user("contoso", "adele@contoso.com")
    method = next(m for m in user.methods.values() if m.kind.name == "softwareOath")
    world.faults.add(method="DELETE", drop=drop, count=1)
    with pytest.raises(httpx.RemoteProtocolError):
        await graph.delete(f"{ADELE}/authentication/softwareOathMethods/{method.id}")
    assert (method.id not in user.methods) is done
    assert world.calls.matching(verb="DELETE")[0].status == 0


async def test_an_error_after_the_change(world: World, graph: httpx.AsyncClient) -> None:
    user = world.user("contoso", "adele@contoso.com")
    method = next(m for m in user.methods.values() if m.kind.name == "softwareOath")
    world.faults.add(method="DELETE", status=504, applied=True)
    reply = await graph.delete(f"{ADELE}/authentication/softwareOathMethods/{method.id}")
    assert reply.status_code == 504
    assert method.id not in user.methods


async def test_latency_and_its_limit(world: World) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    world.faults.add(latency=0.05)
    slow = world.faults.add(latency=2.0, path="*/methods")
    async with client_for(world, sleep=sleep) as graph:
        await graph.get(ADELE)
        await graph.get(METHODS)
        slow.latency = 300
        assert (await graph.get(METHODS)).status_code == 504
        requests = [{"id": "1", "method": "GET", "url": "/organization"}]
        await graph.post("/v1.0/$batch", json={"requests": requests})
    assert slept == [0.05, 2.0, 60, 0.05], "a batch pays for the line once"


async def test_the_token_endpoint_of_one_tenant_is_down(world: World) -> None:
    world.faults.add(path="*/oauth2/v2.0/token", tenant="fabrikam", status=503)
    form = {"client_id": "a", "client_secret": "b", "grant_type": "client_credentials", "scope": "x/.default"}
    async with client_for(world, None) as client:
        down = await client.post("/fabrikam.com/oauth2/v2.0/token", data=form)
        up = await client.post("/contoso.com/oauth2/v2.0/token", data=form)
    assert (down.status_code, up.status_code) == (503, 200)


def test_unknown_fields_are_refused(world: World) -> None:
    with pytest.raises(ValueError, match="statusCode"):
        world.faults.add(statusCode=500)
