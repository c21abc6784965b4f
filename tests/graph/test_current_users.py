"""Who users are right before they are reset: one call for those who are reset next, and no answer from it used twice."""

import time
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from graph.client import Graph
from graph.current_users import read_ahead
from graph.tokens import SecretTokens, Tokens
from localhost.simulator import World, create_app

CONTOSO = "11111111-1111-1111-1111-111111111111"
GRAPH = "http://127.0.0.1:9000"


@pytest.fixture
def world() -> World:
    return World.demo()


@pytest.fixture
async def graph(world: World) -> AsyncIterator[Graph]:
    transport = httpx.ASGITransport(create_app(world))
    http = httpx.AsyncClient(transport=transport)
    yield Graph(GRAPH, Tokens(SecretTokens(http, GRAPH, GRAPH, "client", "secret")), transport)
    await http.aclose()


class Upcoming:
    def __init__(self, world: World, count: int) -> None:
        self.users = list(world.tenant("contoso").users.values())[:count]
        self.asked = 0

    async def __call__(self) -> Mapping[str, str]:
        self.asked += 1
        return {user.id: user.upn for user in self.users}


def calls(world: World) -> list[str]:
    return [call.path for call in world.calls if "token" not in call.path]


async def test_one_call_tells_about_those_who_are_reset_next(world: World, graph: Graph) -> None:
    upcoming = Upcoming(world, 5)
    for user in upcoming.users:
        found = await read_ahead(graph.of(CONTOSO), user.id, upcoming)
        assert found is not None
        assert (found.id, found.user_principal_name) == (user.id, user.upn)
    assert upcoming.asked == 1
    assert len(calls(world)) == 1


async def test_a_second_run_for_a_user_reads_again(world: World, graph: Graph) -> None:
    upcoming = Upcoming(world, 3)
    first = upcoming.users[0]
    await read_ahead(graph.of(CONTOSO), first.id, upcoming)
    first.enabled = False
    again = await read_ahead(graph.of(CONTOSO), first.id, upcoming)
    assert again is not None
    assert not again.enabled


async def test_what_was_read_a_minute_ago_is_read_again(
    world: World, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    upcoming = Upcoming(world, 3)
    first, second = upcoming.users[:2]
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    await read_ahead(graph.of(CONTOSO), first.id, upcoming)
    second.enabled = False
    now += 60.0
    found = await read_ahead(graph.of(CONTOSO), second.id, upcoming)
    assert found is not None
    assert not found.enabled


async def test_a_lone_user_and_one_with_a_new_name_are_left_to_be_asked_for_by_id(world: World, graph: Graph) -> None:
    assert await read_ahead(graph.of(CONTOSO), Upcoming(world, 1).users[0].id, Upcoming(world, 1)) is None
    assert calls(world) == []
    upcoming = Upcoming(world, 3)
    names = await upcoming()
    renamed = upcoming.users[1]
    world.tenant("contoso").by_upn.pop(renamed.upn.lower())
    renamed.upn = "renamed@contoso.com"
    world.tenant("contoso").by_upn[renamed.upn] = renamed

    async def as_planned() -> Mapping[str, str]:
        return names

    assert await read_ahead(graph.of(CONTOSO), upcoming.users[0].id, as_planned) is not None
    assert await read_ahead(graph.of(CONTOSO), renamed.id, as_planned) is None
    assert len(calls(world)) == 1


async def test_a_server_without_the_filter_is_asked_by_id(world: World, graph: Graph) -> None:
    world.faults.add(method="GET", path="*/users", status=400)
    upcoming = Upcoming(world, 3)
    assert [await read_ahead(graph.of(CONTOSO), user.id, upcoming) for user in upcoming.users] == [None] * 3
    assert len(calls(world)) == 1
