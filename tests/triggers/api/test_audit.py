"""The audit of a request over HTTP: who did what, and what a change to it looks like."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from records.store import Row, Store
from tests.system import System, system

type Tamper = Callable[[Store, list[Row]], Any]


async def _request(it: System) -> str:
    request = await it.ask(contoso=["adele@contoso.com"])
    await it.approve(request["id"])
    return str(request["id"])


async def _verified(it: System, request_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = await it.call("GET", f"/api/reset-requests/{request_id}/audit/verification")
    return answer


async def test_a_whole_audit_is_intact_and_chained(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await _request(it)
        events = await it.audit(request_id)
        assert [event["number"] for event in events] == list(range(1, len(events) + 1))
        assert events[0]["previousHash"] == "0" * 64
        for before, after in pairwise(events):
            assert after["previousHash"] == before["hash"]
        assert [event["actor"] for event in events if event["event"] == "accepted"] == ["key:api"]
        assert [event["actor"] for event in events if event["event"] == "decided"] == ["owner@contoso.com"]
        verified = await _verified(it, request_id)
        assert verified == {"requestId": request_id, "intact": True, "events": len(events), "problem": None}


async def _change(store: Store, rows: list[Row]) -> None:
    value = rows[2].value | {"actor": "somebody.else@msp.example"}
    await store.replace(rows[2], value)


async def _change_shape(store: Store, rows: list[Row]) -> None:
    await store.replace(rows[2], rows[2].value | {"note": "x"})


async def _remove(store: Store, rows: list[Row]) -> None:
    await store.delete(rows[2])


async def _remove_tail(store: Store, rows: list[Row]) -> None:
    await store.delete(rows[-1])


async def _remove_all(store: Store, rows: list[Row]) -> None:
    for row in rows:
        await store.delete(row)
    head = await store.get(rows[0].partition, "audithead")
    assert head is not None
    await store.delete(head)


async def _reorder(store: Store, rows: list[Row]) -> None:
    await store.replace(rows[1], rows[2].value)
    await store.replace(rows[2], rows[1].value)


async def _reorder_and_renumber(store: Store, rows: list[Row]) -> None:
    await store.replace(rows[1], rows[2].value | {"number": 2})
    await store.replace(rows[2], rows[1].value | {"number": 3})


async def _add(store: Store, rows: list[Row]) -> None:
    extra = rows[-1].value | {"number": len(rows) + 1}
    await store.insert(rows[0].partition, f"audit:{len(rows) + 1:08d}", extra)


@pytest.mark.parametrize(
    "tamper", [_change, _change_shape, _remove, _remove_tail, _remove_all, _reorder, _reorder_and_renumber, _add]
)
async def test_what_was_done_to_it_is_found(tmp_path: Path, tamper: Tamper) -> None:
    async with system(tmp_path) as it:
        request_id = await _request(it)
        await tamper(it.services.store, await it.services.store.scan(request_id, prefix="audit:", limit=1000))
        verified = await _verified(it, request_id)
        assert verified["intact"] is False
        assert verified["problem"]


async def test_an_event_of_another_request_does_not_fit(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        first = await it.ask(contoso=["adele@contoso.com"])
        second = await it.ask(contoso=["megan@contoso.com"])
        store = it.services.store
        (theirs,) = await store.scan(first["id"], prefix="audit:", limit=1)
        (ours,) = await store.scan(second["id"], prefix="audit:", limit=1)
        await store.replace(ours, theirs.value)
        assert (await _verified(it, second["id"]))["intact"] is False


async def test_nothing_that_the_service_does_changes_an_event(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        before = await it.audit(request["id"])
        await it.approve(request["id"])
        await it.advance(hours=1)
        after = await it.audit(request["id"])
        assert after[: len(before)] == before
        assert len(after) > len(before)
