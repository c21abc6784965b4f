"""Reads that share batches: what is asked for at the same moment, and what waits for what."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from graph.batch import Part
from graph.batched_reads import BatchedReads
from graph.client import Graph
from graph.errors import GraphError
from graph.found import Found
from graph.registered_methods import read_registered
from graph.tokens import SecretTokens, Tokens
from localhost.simulator import World, create_app
from localhost.simulator.world.faults import Rule

CONTOSO = "11111111-1111-1111-1111-111111111111"
GRAPH = "http://127.0.0.1:9000"


class Pauses:
    """Each pause lasts until `over` is set."""

    def __init__(self) -> None:
        self.over = asyncio.Event()

    async def __call__(self, _: float) -> None:
        async with asyncio.timeout(30):
            await self.over.wait()


@pytest.fixture
def world() -> World:
    return World.demo()


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def graph(world: World, pauses: Pauses) -> AsyncIterator[Graph]:
    transport = httpx.ASGITransport(create_app(world))
    http = httpx.AsyncClient(transport=transport)
    yield Graph(GRAPH, Tokens(SecretTokens(http, GRAPH, GRAPH, "client", "secret")), transport, pauses)
    await http.aclose()


def users(world: World, count: int) -> list[str]:
    return [user.id for user in world.tenant("contoso").users.values() if len(user.methods) > 2][:count]


def batches(world: World) -> int:
    return sum(call.path.endswith("$batch") for call in world.calls)


def throttle_methods(world: World, user_id: str, times: int) -> Rule:
    return world.faults.add(user=user_id, path="*/authentication/methods", status=429, retry_after=1, count=times)


async def test_what_is_asked_for_at_the_same_moment_is_one_batch(world: World, graph: Graph) -> None:
    reads = BatchedReads(graph.of(CONTOSO))
    ids = users(world, 3)
    answers = await asyncio.gather(*(reads.read(Part(f"users/{user_id}")) for user_id in ids))
    assert [answer.body["id"] for answer in answers] == ids
    assert batches(world) == 1
    await reads.read(Part(f"users/{ids[0]}"))
    assert batches(world) == 1
    assert [call.path for call in world.calls][-1] == f"/v1.0/users/{ids[0]}"


async def test_a_list_is_read_to_its_end(world: World, graph: Graph) -> None:
    reads = BatchedReads(graph.of(CONTOSO))
    pages = await asyncio.gather(*(reads.read(Part("users?$select=id&$top=5")) for _ in range(2)))
    assert [len(page.items()) for page in pages] == [len(world.tenant("contoso").users)] * 2


async def test_a_read_without_an_answer_is_an_error_of_each_reader(world: World, graph: Graph) -> None:
    world.faults.add(path="*/$batch", drop="before")
    reads = BatchedReads(graph.of(CONTOSO))
    parts = [Part("users", attempts=False), Part("groups", attempts=False)]
    answers = await asyncio.gather(*map(reads.read, parts), return_exceptions=True)
    assert [type(answer) for answer in answers] == [GraphError, GraphError]


async def test_a_user_whose_read_is_made_again_keeps_no_other_waiting(
    world: World, graph: Graph, pauses: Pauses
) -> None:
    slow, *others = users(world, 4)
    throttle_methods(world, slow, 1)
    reading = asyncio.create_task(read_registered(graph.of(CONTOSO), [slow, *others]))
    preferences: list[str | None] = []
    async with asyncio.timeout(30):
        while len(preferences) < len(others):  # read while the methods of `slow` still wait
            await asyncio.sleep(0)
            preferences = [call.user for call in world.calls if call.path.endswith("signInPreferences")]
    assert sorted(map(str, preferences)) == sorted(others)
    pauses.over.set()
    found = await reading
    assert all(isinstance(each, Found) and each.preference is not None for each in found)


async def test_users_whose_reads_work_share_three_batches(world: World, graph: Graph) -> None:
    found = await read_registered(graph.of(CONTOSO), users(world, 5))
    assert len(found) == 5
    assert batches(world) == 3


async def test_a_user_who_cannot_be_read_is_an_error_beside_the_others(
    world: World, graph: Graph, pauses: Pauses
) -> None:
    pauses.over.set()
    broken, other = users(world, 2)
    world.faults.add(user=broken, path="*/authentication/methods", status=503)
    error, found = await read_registered(graph.of(CONTOSO), [broken, other])
    assert isinstance(error, GraphError)
    assert error.passing
    assert isinstance(found, Found)
