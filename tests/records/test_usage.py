"""Counts over instances: no two of them together let more through than the limit, and nothing is counted twice."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.request.usage import Ask, LimitReached, RecentUsers, UsageTerms
from records.requests import Requests
from records.sqlite import SqliteStore
from records.store import Store
from records.usage import UsageCounts

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TERMS = UsageTerms(users_per_hour=100, open_requests=1000, window=timedelta(hours=1))


def ask(name: str, users: int = 5, sender: str = "source:desk", customer: str = "contoso") -> Ask:
    return Ask(name, sender, {customer: users})


async def test_two_instances_let_through_no_more_than_one(store: Store) -> None:
    instances = UsageCounts(store), UsageCounts(store)
    answers = await asyncio.gather(
        *(instances[number % 2].admit(ask(f"r{number}"), TERMS, NOW) for number in range(40))
    )
    admitted = [answer for answer in answers if isinstance(answer, RecentUsers)]
    assert len(admitted) == 20
    assert sorted(answer.by_sender for answer in admitted) == [5 * before for before in range(20)]


async def test_a_repeat_beside_the_first_is_counted_once(store: Store) -> None:
    instances = UsageCounts(store), UsageCounts(store)
    await asyncio.gather(*(instances[number % 2].admit(ask("same"), TERMS, NOW) for number in range(10)))
    assert (await instances[0].recent(ask("another"), TERMS, NOW)).by_sender == 5


async def test_requests_that_arrive_together_share_writes(tmp_path: Path) -> None:
    writes = 0

    class Counting(SqliteStore):
        async def apply(self, partition, changes):  # type: ignore[no-untyped-def]
            nonlocal writes
            writes += 1
            return await super().apply(partition, changes)

    store = Counting.open(tmp_path / "records.db")
    counts = UsageCounts(store)
    await asyncio.gather(*(counts.admit(ask(f"r{number}", 1), TERMS, NOW) for number in range(50)))
    await store.close()
    assert writes <= 3


async def test_a_request_over_many_customers_is_one_request(store: Store) -> None:
    many = Ask("many", "source:desk", {f"c{number}": 1 for number in range(45)})
    counts = UsageCounts(store)
    for _ in range(2):
        assert isinstance(await counts.admit(many, TERMS, NOW), RecentUsers)
    seen = await counts.recent(many._replace(request_id="next"), TERMS, NOW)
    assert seen.by_sender == 45
    assert set(seen.by_customer.values()) == {1}
    assert len(seen.by_customer) == 45


async def test_requests_that_ended_make_room_also_where_the_end_was_lost(store: Store) -> None:
    terms = TERMS._replace(open_requests=3)
    counts, requests = UsageCounts(store), Requests(store)
    for name in ("a", "b", "c"):
        assert isinstance(await counts.admit(ask(name), terms, NOW), RecentUsers)
        await requests.create(_request(name), [])
    refused = await counts.admit(ask("d"), terms, NOW)
    assert isinstance(refused, LimitReached)
    assert refused.limit == "openRequests"
    await counts.end("source:desk", ["a"])
    assert isinstance(await counts.admit(ask("d"), terms, NOW), RecentUsers)
    await requests.create(_request("d"), [])
    await requests.update("b", lambda request: request.model_copy(update={"status": RequestStatus.DENIED}))
    assert isinstance(await counts.admit(ask("e"), terms, NOW), LimitReached)  # looked for a moment ago
    later = NOW + timedelta(minutes=1)
    assert isinstance(await counts.admit(ask("e"), terms, later), RecentUsers)
    assert isinstance(await counts.admit(ask("f"), terms, later + timedelta(minutes=1)), LimitReached)


async def test_idle_counts_are_removed(store: Store) -> None:
    counts = UsageCounts(store)
    await counts.admit(ask("a"), TERMS, NOW)
    assert await counts.purge(NOW + timedelta(hours=1)) == 1  # the customer's; the sender has an open request
    await counts.end("source:desk", ["a"])
    assert await counts.purge(NOW) == 0
    assert await counts.purge(NOW + timedelta(hours=1)) == 1


def _request(name: str) -> ResetRequest:
    return ResetRequest(id=name, created_at=NOW, source="desk", methods=["phone"], target_count=0, ranges=[])
