"""The index of our removals: found by user and by time, each target once, whatever runs twice or side by side."""

import asyncio
from datetime import UTC, datetime, timedelta

from domain.model import iso
from records.removals import Removal, Removals
from records.store import Store

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
WRITTEN = iso(AT)


async def all_open(removals: Removals, limit: int = 2) -> list[Removal]:
    places, after = await removals.open("t1", "", limit)
    while after:
        page, after = await removals.open("t1", after, limit)
        places += page
    found = [await removals.at("t1", place) for place in places]
    return [removal for removal in found if removal is not None]


async def test_a_target_has_one_place_and_its_first_beginning_counts(store: Store) -> None:
    removals = Removals(store)
    await removals.begin("t1", "u1", "r1", 0, AT)
    await removals.begin("t1", "u1", "r1", 0, AT + timedelta(hours=1))
    await removals.begin("t1", "u1", "r2", 0, AT + timedelta(days=1))
    await removals.begin("t2", "u1", "r3", 0, AT)
    assert {(one.request_id, one.begun_at) for one in await removals.of_user("t1", "u1")} == {
        ("r1", AT),
        ("r2", AT + timedelta(days=1)),
    }
    assert await removals.of_user("t1", "u") == []  # the beginning of an id is not the id


async def test_open_ones_come_oldest_first_until_they_are_finished(store: Store) -> None:
    removals = Removals(store)
    for number in (2, 0, 4, 1, 3):
        await removals.begin("t1", f"u{number}", "r1", number, AT + timedelta(minutes=number))
    assert [one.number for one in await all_open(removals)] == [0, 1, 2, 3, 4]
    [first] = await removals.of_user("t1", "u0")
    assert await removals.finish(first)
    assert not await removals.finish(first)  # by another worker
    assert [one.number for one in await all_open(removals)] == [1, 2, 3, 4]
    [finished] = await removals.of_user("t1", "u0")
    assert finished.done


async def test_entries_of_two_workers_are_kept_once_each(store: Store) -> None:
    removals = Removals(store)
    await removals.begin("t1", "u1", "r1", 0, AT)
    [seen] = await removals.of_user("t1", "u1")
    await asyncio.gather(
        removals.add(seen, {"a1": WRITTEN, "a2": WRITTEN}), removals.add(seen, {"a2": WRITTEN, "a3": WRITTEN})
    )
    [kept] = await removals.of_user("t1", "u1")
    assert kept.entries == dict.fromkeys(("a1", "a2", "a3"), WRITTEN)
    assert not await removals.finish(seen)  # what was judged lacks entries that came meanwhile


async def test_what_is_too_old_is_purged_open_or_done(store: Store) -> None:
    removals = Removals(store)
    for number in range(4):
        await removals.begin("t1", f"u{number}", "r1", number, AT + timedelta(days=number))
    [first] = await removals.of_user("t1", "u0")
    await removals.finish(first)
    assert await removals.purge(["t1", "t2"], AT + timedelta(days=2)) == 2
    assert [one.number for one in await all_open(removals)] == [2, 3]
    assert [len(await removals.of_user("t1", f"u{n}")) for n in range(4)] == [0, 0, 1, 1]


async def test_rows_of_a_customer_who_left_the_policy_are_purged_too(store: Store) -> None:
    await Removals(store).begin("t1", "u1", "r1", 0, AT)
    await Removals(store).begin("t2", "u2", "r1", 1, AT)
    assert await Removals(store).purge(["t2"], AT + timedelta(days=1)) == 2
    assert [await Removals(store).of_user(f"t{n}", f"u{n}") for n in (1, 2)] == [[], []]
