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
