"""Lists of pages that are kept for seconds, against a Graph that this test plays itself. No test waits: time is given."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.cursors import Spot
from graph.client import Graph
from graph.listing import UserPage, list_kept_users, read_ahead
from graph.user_page_cache import EVER, FRESH, KEPT, UserPageCache
from graph.user_pages import Query
from tests.graph.test_listing import ENDPOINT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = 60.0  # seconds: longer than anything takes here
AT_ONCE = 0.0


class Tokens:
    async def of(self, tenant_id: str) -> str:
        return tenant_id

    def now(self) -> float:
        return 0.0

    def forget(self, tenant_id: str, *, before: float) -> None: ...


class Directories:
    """Users by tenant. A tenant in `held` does not answer until its event is set, one in `away` answers 503."""

    def __init__(self) -> None:
        self.now = NOON
        self.users: dict[str, list[str]] = {"a": ["Ann", "Cid"], "b": ["Ben", "Dan"]}
        self.held: dict[str, asyncio.Event] = {}
        self.away: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.graph = Graph(ENDPOINT, Tokens(), httpx.MockTransport(self._answer), self._sleep)  # type: ignore[arg-type]
        self.cache = UserPageCache(lambda: self.now)

    async def _sleep(self, _: float) -> None: ...

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        tenant = request.headers["authorization"].removeprefix("Bearer ")
        self.calls[tenant] += 1
        if tenant in self.held:
            await self.held[tenant].wait()
        if tenant in self.away:
            return httpx.Response(503, json={"error": {"code": "ServiceUnavailable", "message": "later"}})
        top, skip = int(request.url.params["$top"]), int(request.url.params.get("$skiptoken", "0"))
        names = self.users[tenant]
        body: dict[str, Any] = {
            "@odata.count": len(names),
            "value": [
                {"id": f"{tenant}{name}", "displayName": name, "userPrincipalName": name}
                for name in names[skip : skip + top]
            ],
        }
        if skip + top < len(names):
            body["@odata.nextLink"] = f"{ENDPOINT}/v1.0/users?$skiptoken={skip + top}"
        return httpx.Response(200, text=json.dumps(body))

    def hold(self, tenant: str) -> None:
        self.held[tenant] = asyncio.Event()

    def release(self, tenant: str) -> None:
        self.held.pop(tenant).set()

    async def listed(
        self,
        *tenants: str,
        patience: float = LATER,
        after: datetime = EVER,
        spots: dict[str, Spot] | None = None,
        limit: int = 10,
    ) -> UserPage:
        named = {key: key for key in tenants or self.users}
        return await list_kept_users(
            self.cache, self.graph, named, Query(), spots, limit, patience=patience, after=after
        )


def names(page: UserPage) -> list[str]:
    return [row.user.display_name for row in page.users]


@pytest.fixture
async def them() -> AsyncIterator[Directories]:
    made = Directories()
    yield made
    for event in made.held.values():
        event.set()
    await made.cache.close()
    await made.graph.close()


async def test_what_was_read_seconds_ago_is_not_read_again(them: Directories) -> None:
    await them.listed()
    them.users["a"].append("Eve")
    them.now += FRESH
    page = await them.listed()
    assert names(page) == ["Ann", "Ben", "Cid", "Dan"]
    assert them.calls == {"a": 1, "b": 1}
    assert page.read_at == NOON
    them.now += timedelta(seconds=1)
    assert names(await them.listed()) == ["Ann", "Ben", "Cid", "Dan", "Eve"]
    assert them.calls == {"a": 2, "b": 2}


async def test_who_wants_it_anew_gets_it_anew(them: Directories) -> None:
    await them.listed()
    them.users["a"].append("Eve")
    assert names(await them.listed(after=them.now)) == ["Ann", "Ben", "Cid", "Dan", "Eve"]


async def test_all_who_look_at_the_same_time_share_one_read_of_each_customer(them: Directories) -> None:
    pages = await asyncio.gather(*(them.listed() for _ in range(5)))
    assert [names(page) for page in pages] == [["Ann", "Ben", "Cid", "Dan"]] * 5
    assert them.calls == {"a": 1, "b": 1}


async def test_a_customer_that_takes_long_is_named_and_comes_later(them: Directories) -> None:
    them.hold("b")
    await them.listed("a")
    page = await them.listed(patience=AT_ONCE)
    assert names(page) == ["Ann", "Cid"]
    assert page.unread == {"b"}
    assert page.counts == {"a": 2}
    them.release("b")
    page = await them.listed()
    assert names(page) == ["Ann", "Ben", "Cid", "Dan"]
    assert page.unread == set()
    assert page.counts == {"a": 2, "b": 2}
    assert them.calls["b"] == 1  # the read went on


async def test_the_next_page_has_everybody_of_a_customer_that_was_not_read_yet(them: Directories) -> None:
    them.hold("b")
    await them.listed("a", limit=1)
    first = await them.listed(limit=1, patience=AT_ONCE)
    assert names(first) == ["Ann"]
    assert "b" in first.unread
    them.release("b")
    seen, spots = names(first), first.spots
    while spots:
        page = await them.listed(limit=1, spots=spots)
        seen, spots = seen + names(page), page.spots
    assert sorted(seen) == ["Ann", "Ben", "Cid", "Dan"]


async def test_what_is_minutes_old_is_shown_with_its_age_until_it_is_read_again(them: Directories) -> None:
    await them.listed()
    them.users["b"] = ["Bea"]
    them.now += timedelta(minutes=2)
    them.hold("b")
    await them.listed("a")
    page = await them.listed(patience=AT_ONCE)
    assert names(page) == ["Ann", "Ben", "Cid", "Dan"]
    assert page.unread == {"b"}
    assert page.read_at == NOON
    assert page.counts == {"a": 2}  # how many match in b now is not known
    them.release("b")
    page = await them.listed()
    assert names(page) == ["Ann", "Bea", "Cid"]
    assert page.unread == set()
    assert page.read_at == them.now


async def test_what_is_older_is_not_shown(them: Directories) -> None:
    await them.listed()
    them.now += KEPT + timedelta(seconds=1)
    them.hold("a")
    them.hold("b")
    page = await them.listed(patience=AT_ONCE)
    assert (names(page), page.unread) == ([], {"a", "b"})


async def test_a_customer_that_does_not_answer_is_named_and_asked_again_soon(them: Directories) -> None:
    them.away = {"b"}
    page = await them.listed()
    assert (names(page), list(page.faults), page.unread) == (["Ann", "Cid"], ["b"], set())
    asked = them.calls["b"]
    await them.listed()
    assert them.calls["b"] == asked
    them.away = set()
    them.now += timedelta(seconds=11)
    assert names(await them.listed()) == ["Ann", "Ben", "Cid", "Dan"]


async def test_reading_ahead_saves_the_read(them: Directories) -> None:
    read_ahead(them.cache, them.graph, {"a": "a", "b": "b"}, Query(), 10)
    assert names(await them.listed()) == ["Ann", "Ben", "Cid", "Dan"]
    assert them.calls == {"a": 1, "b": 1}
    read_ahead(them.cache, them.graph, {"a": "a", "b": "b"}, Query(), 10)
    await asyncio.sleep(0)
    assert them.calls == {"a": 1, "b": 1}


async def test_a_read_that_stood_still_with_its_worker_is_made_again(them: Directories) -> None:
    them.hold("b")
    await them.listed(patience=AT_ONCE)
    del them.held["b"]  # what was under way never answers
    them.now += timedelta(minutes=3)
    assert names(await them.listed()) == ["Ann", "Ben", "Cid", "Dan"]


async def test_memory_is_bounded_and_the_oldest_goes_first(them: Directories, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.user_page_cache.MOST_ROWS", 5)
    await them.listed("a")
    await them.listed("b")
    await them.listed("b")
    assert them.calls == {"a": 1, "b": 1}
    await them.listed("a")
    assert them.calls == {"a": 2, "b": 1}
    await them.listed("b")
    assert them.calls == {"a": 2, "b": 2}


async def test_closing_ends_what_is_under_way(them: Directories) -> None:
    them.hold("b")
    read_ahead(them.cache, them.graph, {"b": "b"}, Query(), 10)
    await asyncio.sleep(0)
    await them.cache.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [task for task in others if "_read" in str(task.get_coro())]
