"""What `records/store.py` promises, asked of every adapter."""

import asyncio
import string
from typing import Any

import pytest

from records import limits
from records.errors import InvalidNameError, StoreUnavailableError, ValueTooLargeError
from records.store import Change, Delete, Insert, Put, Replace, Row, Store
from tests.records.noise import noise

ODD = [
    "/",
    "a/b.c.d",
    "a.b/c",
    "#",
    "adele_contoso.com#EXT#@fabrikam.onmicrosoft.com",
    "?",
    "back\\slash",
    "100%",
    "%2F",
    "o'brien@contoso.com",
    "''",
    '"quoted"',
    "with  spaces ",
    " leading",
    "@p",
    "$batch",
    ".0",
    "plus+and&amp;",
    "Zoë",
    "名前",
    "😀👩‍👩‍👧",
    "x" * 200,
    "/" * 200,
    "😀" * 200,
]


async def test_a_row_that_is_not_there_is_none(store: Store) -> None:
    assert await store.get("p", "k") is None


async def test_insert_keeps_the_first(store: Store) -> None:
    assert await store.insert("p", "k", {"n": 1})
    assert not await store.insert("p", "k", {"n": 2})
    row = await store.get("p", "k")
    assert row is not None
    assert (row.partition, row.key, row.value) == ("p", "k", {"n": 1})


async def test_of_equal_inserts_at_once_exactly_one_is_first(store: Store) -> None:
    answers = await asyncio.gather(*(store.insert("p", "k", {"n": n}) for n in range(50)))
    assert answers.count(True) == 1
    row = await store.get("p", "k")
    assert row is not None
    assert row.value == {"n": answers.index(True)}


async def test_of_replaces_at_once_exactly_one_is_first(store: Store) -> None:
    await store.insert("p", "k", {})
    row = await _get(store, "k")
    answers = await asyncio.gather(*(store.replace(row, {"n": n}) for n in range(20)))
    written = [answer for answer in answers if answer]
    assert written == [await _get(store, "k")]


async def test_replace_gives_the_row_to_replace_next(store: Store) -> None:
    await store.insert("p", "k", {"n": 0})
    row: Row | None = await _get(store, "k")
    for n in range(1, 4):
        assert row is not None
        row = await store.replace(row, {"n": n})
    assert row == await _get(store, "k")
    assert row.value == {"n": 3}


async def test_replace_of_a_changed_or_missing_row_is_none(store: Store) -> None:
    await store.insert("p", "k", {"n": 0})
    old = await _get(store, "k")
    await store.put("p", "k", {"n": 1})
    assert await store.replace(old, {"n": 2}) is None
    assert (await _get(store, "k")).value == {"n": 1}
    assert await store.delete(await _get(store, "k"))
    assert await store.replace(old, {"n": 2}) is None
    assert await store.get("p", "k") is None


async def test_put_writes_over_the_whole_value(store: Store) -> None:
    await store.put("p", "k", {"text": "x" * 100_000, "more": 1})
    await store.put("p", "k", {"n": 2})
    assert (await _get(store, "k")).value == {"n": 2}


async def test_delete_of_a_changed_or_missing_row_is_false(store: Store) -> None:
    await store.insert("p", "k", {})
    old = await _get(store, "k")
    await store.put("p", "k", {"n": 1})
    assert not await store.delete(old)
    now = await _get(store, "k")
    assert await store.delete(now)
    assert not await store.delete(now)
    assert await store.get("p", "k") is None


async def test_an_etag_does_not_come_back_with_an_equal_row(store: Store) -> None:
    await store.insert("p", "k", {})
    old = await _get(store, "k")
    await store.delete(old)
    await store.insert("p", "k", {})
    assert (await _get(store, "k")).etag != old.etag
    assert not await store.delete(old)
    assert await store.replace(old, {"n": 1}) is None


async def test_apply_makes_every_kind_of_change(store: Store) -> None:
    for key in ("changed", "gone"):
        await store.insert("p", key, {"old": key})
    changes: list[Change] = [
        Insert("new", {"n": 1}),
        Replace(await _get(store, "changed"), {"n": 2}),
        Put("put", {"n": 3}),
        Delete(await _get(store, "gone")),
    ]
    assert await store.apply("p", changes)
    assert await _all(store) == {"new": {"n": 1}, "changed": {"n": 2}, "put": {"n": 3}}


@pytest.mark.parametrize("failing", ["insert", "replace", "delete", "replace of a missing", "delete of a missing"])
@pytest.mark.parametrize("last", [True, False])
async def test_apply_changes_nothing_when_one_condition_fails(store: Store, failing: str, last: bool) -> None:
    await store.insert("p", "k", {"n": 0})
    await store.insert("p", "missing", {})
    old, missing = await _get(store, "k"), await _get(store, "missing")
    await store.put("p", "k", {"n": 1})
    await store.delete(missing)
    conditions: dict[str, Change] = {
        "insert": Insert("k", {}),
        "replace": Replace(old, {}),
        "delete": Delete(old),
        "replace of a missing": Replace(missing, {}),
        "delete of a missing": Delete(missing),
    }
    changes: list[Change] = [Insert("a", {}), Put("z", {})]
    changes.insert(2 if last else 0, conditions[failing])
    assert not await store.apply("p", changes)
    assert await _all(store) == {"k": {"n": 1}}


async def test_of_overlapping_applies_at_once_exactly_one_is_made(store: Store) -> None:
    answers = await asyncio.gather(
        *(store.apply("p", [Put(f"mine{n}", {}), Insert("shared", {"n": n})]) for n in range(20))
    )
    assert answers.count(True) == 1
    winner = answers.index(True)
    assert await _all(store) == {f"mine{winner}": {}, "shared": {"n": winner}}


async def test_apply_takes_a_hundred_changes_and_none(store: Store) -> None:
    assert await store.apply("p", [])
    assert await store.apply("p", [Insert(f"{n:03}", {"n": n}) for n in range(100)])
    assert len(await store.scan("p", limit=1000)) == 100
    with pytest.raises(ValueError, match="at most 100"):
        await store.apply("p", [Put(f"{n}", {}) for n in range(101)])


async def test_apply_refuses_two_changes_of_a_key_and_rows_of_elsewhere(store: Store) -> None:
    await store.insert("elsewhere", "k", {})
    row = await store.get("elsewhere", "k")
    assert row is not None
    with pytest.raises(ValueError, match="one change of a key"):
        await store.apply("p", [Put("k", {}), Insert("k", {})])
    with pytest.raises(ValueError, match="one partition"):
        await store.apply("p", [Delete(row)])


async def test_scan_is_in_key_order_within_its_partition(store: Store) -> None:
    keys = ["b", "a", "ab", "a/b", "a.b", "a-b", "B", "10", "9", "~", "a'", "a#", "a%", "a$", "a&", 'a"', "a?", "a>"]
    await store.apply("p", [Put(key, {"key": key}) for key in keys])
    await store.put("p2", "c", {})
    rows = await store.scan("p")
    assert [row.key for row in rows] == sorted(keys)
    assert [row.value["key"] for row in rows] == sorted(keys)
    assert rows[0] == await _get(store, "10")


async def test_every_printable_ascii_character_sorts_by_its_code(store: Store) -> None:
    printable = sorted(string.digits + string.ascii_letters + string.punctuation + " ")
    await store.apply("p", [Put(f"k{character}k", {}) for character in printable])
    assert [row.key[1] for row in await store.scan("p")] == printable


@pytest.mark.parametrize("prefix", ["a", "a.", "a/", "a/b", "名", "😀", "%"])
async def test_scan_of_a_prefix(store: Store, prefix: str) -> None:
    keys = ["a", "a.", "a.b", "a/", "a/b", "a/b/c", "a0", "b", "A", "名", "名前", "😀", "😀!", "%", "%25", "&"]
    await store.apply("p", [Put(key, {}) for key in keys])
    assert {row.key for row in await store.scan("p", prefix=prefix)} == {k for k in keys if k.startswith(prefix)}


async def test_scan_page_by_page_sees_every_row_once(store: Store) -> None:
    keys = [f"a/{n:03}" for n in range(100)]
    await store.apply("p", [Put(key, {}) for key in keys])
    await store.apply("p", [Put("a", {}), Put("b", {})])
    seen: list[str] = []
    while page := await store.scan("p", prefix="a/", after=seen[-1] if seen else "", limit=30):
        assert len(page) == min(30, 100 - len(seen))
        seen += [row.key for row in page]
    assert seen == keys


async def test_scan_after_a_key_that_is_not_there(store: Store) -> None:
    await store.apply("p", [Put(key, {}) for key in ("a", "c", "e")])
    assert [row.key for row in await store.scan("p", after="b")] == ["c", "e"]
    assert [row.key for row in await store.scan("p", prefix="c", after="a")] == ["c"]
    assert await store.scan("p", prefix="a", after="b") == []


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_scan_refuses_a_limit_out_of_range(store: Store, limit: int) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        await store.scan("p", limit=limit)


@pytest.mark.parametrize("name", ODD)
async def test_odd_names_are_names_like_others(store: Store, name: str) -> None:
    assert await store.insert(name, name, {"name": name})
    assert not await store.insert(name, name, {})
    row = await store.get(name, name)
    assert row is not None
    assert (row.partition, row.key, row.value) == (name, name, {"name": name})
    assert await store.scan(name) == await store.scan(name, prefix=name) == [row]
    assert await store.scan(name, after=name) == []
    replaced = await store.replace(row, {"n": 1})
    assert replaced is not None
    assert await store.delete(replaced)


async def test_odd_names_side_by_side(store: Store) -> None:
    await store.apply("p", [Put(name, {"name": name}) for name in ODD])
    rows: list[Row] = []
    while page := await store.scan("p", after=rows[-1].key if rows else "", limit=5):
        rows += page
    assert sorted(row.key for row in rows) == sorted(ODD)
    assert all(row.value == {"name": row.key} for row in rows)


@pytest.mark.parametrize("name", ["", "x" * 201, "tab\t", "nul\0", "\x7f", "\x9f", "\ud83d", "a\uffff"])
async def test_what_is_not_a_name_is_refused(store: Store, name: str) -> None:
    for call in (store.get(name, "k"), store.get("p", name), store.insert(name, "k", {}), store.put("p", name, {})):
        with pytest.raises(InvalidNameError):
            await call
    with pytest.raises(InvalidNameError):
        await store.apply("p", [Put("k", {}), Insert(name, {})])
    assert await store.get("p", "k") is None


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"": {"": [[], {}, None, True, False, 0, -1, 1.5, 2**53, "", "2026-01-01T00:00:00Z"]}},
        {"odata.type": "Edm.Int64", "PartitionKey": "x", "mark": "y", "json0": "z"},
        {"text": "\0\n\u2028\"'\\ Zoë 名前 😀"},
    ],
)
async def test_values_come_back_as_they_were(store: Store, value: dict[str, Any]) -> None:
    await store.put("p", "k", value)
    assert (await _get(store, "k")).value == value


async def test_a_known_row_is_given_back_until_it_changes(store: Store) -> None:
    await store.put("p", "k", {"n": 1})
    known = await _get(store, "k")
    assert await store.get("p", "k", known=known) is known
    await store.put("p", "k", {"n": 1})  # written again, though with the same value
    again = await store.get("p", "k", known=known)
    assert again is not known
    assert again == await _get(store, "k")
    await store.put("p", "k", {"n": 2})
    changed = await store.get("p", "k", known=again)
    assert changed is not None
    assert changed.value == {"n": 2}
    assert await store.delete(changed)
    assert await store.get("p", "k", known=changed) is None


@pytest.mark.parametrize("character", ["x", '"', "\\", "é", "😀"])
async def test_what_is_compressed_comes_back_as_it_was(store: Store, character: str) -> None:
    each = len(limits.pack({"text": character})) - len(limits.pack({"text": ""}))
    for length in (limits.MAX_VALUE // each - 20, limits.MAX_VALUE // each + 20):
        await store.put("p", "k", {"text": character * length})
        assert (await _get(store, "k")).value == {"text": character * length}
        assert [row.value for row in await store.scan("p")] == [{"text": character * length}]


async def test_values_that_take_256_kib_are_kept_and_larger_ones_refused(store: Store) -> None:
    most = limits.MAX_VALUE - len(limits.pack({"text": ""}))
    await store.put("p", "k", {"text": noise(most)})
    assert (await _get(store, "k")).value == {"text": noise(most)}
    assert len((await store.scan("p"))[0].value["text"]) == most
    with pytest.raises(ValueTooLargeError):
        await store.put("p", "k", {"text": noise(most + 2048)})
    assert (await _get(store, "k")).value == {"text": noise(most)}


async def test_json_of_4_mib_is_kept_where_it_can_be_compressed_and_more_is_refused(store: Store) -> None:
    most = limits.MAX_JSON - len(limits.pack({"text": ""}))
    await store.put("p", "k", {"text": "x" * most})
    assert (await _get(store, "k")).value == {"text": "x" * most}
    with pytest.raises(ValueTooLargeError):
        await store.put("p", "k", {"text": "x" * (most + 1)})


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # aiohttp's, from 1 MiB on
@pytest.mark.parametrize("character", ["x", '"', "😀"])
async def test_the_largest_apply_is_made_and_a_larger_one_refused(store: Store, character: str) -> None:
    each = len(limits.pack({"text": character})) - len(limits.pack({"text": ""}))
    most = (limits.MAX_APPLY // 100 - len(limits.pack({"text": ""}))) // each
    names = [f"{'😀' * 197}{n:03}" for n in range(100)]
    assert await store.apply("p", [Insert(name, {"text": character * most}) for name in names])
    assert len(await store.scan("p", limit=1000)) == 100
    with pytest.raises(ValueTooLargeError):
        await store.apply("p", [Put(name, {"text": character * (most + 10)}) for name in names])
    assert (await _get(store, names[0])).value == {"text": character * most}


async def test_a_closed_store_refuses_every_call(store: Store) -> None:
    await store.insert("p", "k", {})
    row = await _get(store, "k")
    await store.close()
    for call in (
        store.get("p", "k"),
        store.insert("p", "k2", {}),
        store.replace(row, {}),
        store.put("p", "k", {}),
        store.delete(row),
        store.apply("p", [Put("k", {})]),
        store.scan("p"),
    ):
        with pytest.raises(StoreUnavailableError, match="closed"):
            await call


async def test_close_finishes_the_writes_under_way(store: Store) -> None:
    writes = [asyncio.create_task(store.insert("p", f"{n}", {})) for n in range(20)]
    await asyncio.wait(writes, return_when=asyncio.FIRST_COMPLETED)
    await store.close()
    assert await asyncio.gather(*writes) == [True] * 20


async def _get(store: Store, key: str) -> Row:
    row = await store.get("p", key)
    assert row is not None
    return row


async def _all(store: Store) -> dict[str, dict[str, Any]]:
    return {row.key: row.value for row in await store.scan("p", limit=1000)}
