import httpx

from localhost.simulator import World
from localhost.simulator.testing import client_for

PATH = "/v1.0/organization"


async def test_a_bucket_per_tenant(world: World, graph: httpx.AsyncClient) -> None:
    world.throttle.limit(rate=2, burst=3)
    assert [(await graph.get(PATH)).status_code for _ in range(4)] == [200, 200, 200, 429]
    async with client_for(world, "fabrikam") as other:
        assert (await other.get(PATH)).status_code == 200
    world.advance(0.5)
    assert [(await graph.get(PATH)).status_code for _ in range(2)] == [200, 429]


async def test_the_answer_when_throttled(world: World, graph: httpx.AsyncClient) -> None:
    world.throttle.limit(rate=0.4, burst=1)
    await graph.get(PATH)
    reply = await graph.get(PATH)
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "3")
    assert reply.json()["error"]["code"] == "TooManyRequests"
    assert reply.headers["x-ms-throttle-limit-percentage"] == "1.80"


async def test_a_fractional_wait(world: World, graph: httpx.AsyncClient) -> None:
    world.throttle.limit(rate=4, burst=1, fractional=True)
    await graph.get(PATH)
    assert (await graph.get(PATH)).headers["retry-after"] == "0.250"


async def test_it_warns_early(world: World, graph: httpx.AsyncClient) -> None:
    world.throttle.limit(rate=1, burst=10)
    warnings = [(await graph.get(PATH)).headers.get("x-ms-throttle-limit-percentage") for _ in range(10)]
    assert warnings == [None] * 7 + ["0.80", "0.90", "1.00"]


async def test_a_limit_of_some_calls_of_one_tenant(world: World, graph: httpx.AsyncClient) -> None:
    world.throttle.limit(rate=1, burst=1, tenant="contoso", path="*/authentication/*", retry_after=30)
    url = "/v1.0/users/adele@contoso.com/authentication/methods"
    assert [(await graph.get(url)).status_code for _ in range(2)] == [200, 429]
    assert (await graph.get(url)).headers["retry-after"] == "30"
    assert (await graph.get(PATH)).status_code == 200


async def test_a_clock_that_goes_back_gives_nothing(world: World, graph: httpx.AsyncClient) -> None:
    world.throttle.limit(rate=1, burst=1)
    await graph.get(PATH)
    world.advance(-3600)
    assert (await graph.get(PATH)).status_code == 429
