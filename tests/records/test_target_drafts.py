"""Targets of a long request: kept as drafts when it is accepted, written afterwards, each once, whatever is interrupted."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.outcomes import TargetOutcome
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from records.errors import StoreUnavailableError
from records.people import People
from records.requests import Requests
from records.store import Change, Row, Store
from records.target_drafts import TargetDrafts
from records.targets import DRAFT, Targets
from tests.reads import counted

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def made(users: int, name: str = "user") -> tuple[ResetRequest, list[Target]]:
    targets = [Target(number=n, customer="contoso", asked=f"{name}{n}@contoso.com") for n in range(users)]
    request = ResetRequest(
        id="r1",
        created_at=AT,
        source="api",
        requester="tech@msp.example",
        methods=["phone"],
        target_count=users,
        ranges=[("contoso", 0, users)],
    )
    return request, targets


async def read_all(store: Store) -> list[Target]:
    found: list[Target] = []
    while page := await Targets(store).range("r1", len(found), 500):
        found += [kept.target for kept in page]
    return found


@pytest.mark.parametrize("number", [-1, 1000, 10**20, True, "5"])
async def test_a_number_that_is_none_of_a_drafts_leaves_a_target_that_cannot_be_read(
    store: Store, number: object
) -> None:
    request, targets = made(203)
    assert await Requests(store).create(request, targets)
    draft = (await store.scan("r1", prefix=DRAFT))[0]
    values = [dict(value) for value in draft.value["targets"]]
    values[5]["number"] = number
    await store.replace(draft, {"targets": values})
    for start in await TargetDrafts(store).starts("r1"):
        await TargetDrafts(store).write("r1", start)
    written = await read_all(store)
    assert [target.number for target in written] == list(range(203))
    assert [target.number for target in written if target.reason == "recordUnreadable"] == [5]


@pytest.mark.parametrize(("users", "drafts"), [(200, 0), (201, 2), (1010, 6)])
async def test_only_what_is_long_is_written_later_and_its_totals_count_at_once(
    store: Store, users: int, drafts: int
) -> None:
    request, targets = made(users)
    assert await Requests(store).create(request, targets)
    starts = await TargetDrafts(store).starts("r1")
    assert starts == list(range(0, users, 200)) if drafts else not starts
    assert len(starts) == drafts
    assert (await Targets(store).totals("r1"))[TargetOutcome.PENDING.value] == users
    for start in starts:
        await TargetDrafts(store).write("r1", start)
    assert await read_all(store) == targets
    assert (await Targets(store).totals("r1"))[TargetOutcome.PENDING.value] == users
    assert await TargetDrafts(store).starts("r1") == []


async def test_drafts_are_cut_by_size_where_names_are_long(store: Store) -> None:
    request, targets = made(300, "\u00e4" * 1000)
    assert await Requests(store).create(request, targets)
    for start in await TargetDrafts(store).starts("r1"):
        await TargetDrafts(store).write("r1", start)
    assert await read_all(store) == targets


async def test_a_repeat_of_what_was_interrupted_writes_the_rest_and_takes_nothing_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, targets = made(250)
    await Requests(store).create(request, targets)
    real, left = store.apply, 2

    async def dies(partition: str, changes: list[Change]) -> Any:
        nonlocal left
        if not left:
            raise StoreUnavailableError("away")
        left -= 1
        return await real(partition, changes)

    monkeypatch.setattr(store, "apply", dies)
    with pytest.raises(StoreUnavailableError):
        await TargetDrafts(store).write("r1", 0)
    monkeypatch.undo()
    kept = await Targets(store).get("r1", 3)
    assert kept is not None
    await Targets(store).save("r1", kept, kept.target.settle(TargetOutcome.REFUSED, "guestUser", ""))
    for start in [*await TargetDrafts(store).starts("r1"), 0]:
        await TargetDrafts(store).write("r1", start)
    assert [target.outcome for target in await read_all(store) if target.settled] == [TargetOutcome.REFUSED]
    assert len(await read_all(store)) == 250
    assert not await Requests(store).create(request, targets)


async def test_an_equal_call_that_comes_late_makes_no_draft_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, targets = made(250)
    await Requests(store).create(request, targets)
    for start in await TargetDrafts(store).starts("r1"):
        await TargetDrafts(store).write("r1", start)
    real = store.get

    async def not_yet(partition: str, key: str) -> Row | None:
        return None if key == "request" else await real(partition, key)

    monkeypatch.setattr(store, "get", not_yet)  # it looked before the first call was done
    assert not await Requests(store).create(request, targets)
    assert await TargetDrafts(store).starts("r1") == []


async def test_a_person_in_a_draft_is_in_a_request_that_has_not_ended(store: Store) -> None:
    request, targets = made(250)
    await Requests(store).create(request, targets)
    assert (await People(store).forget("contoso", "USER7@contoso.com")).busy == ["r1"]
    assert (await People(store).forget("fabrikam", "user7@contoso.com")).busy == []


@pytest.mark.parametrize("name", ["user", "\u00e4" * 1000])
@pytest.mark.parametrize(("start", "count"), [(0, 1), (0, 50), (199, 2), (400, 200), (730, 90), (999, 500), (1010, 5)])
async def test_a_page_of_the_drafts_has_the_targets_that_it_should(
    store: Store, name: str, start: int, count: int
) -> None:
    request, targets = made(1010, name)
    await Requests(store).create(request, targets)
    drafts = TargetDrafts(store)
    assert await drafts.targets("r1", start, count) == targets[start : start + count]
    await drafts.write("r1", 0)
    first = (await drafts.starts("r1"))[0]
    assert await drafts.targets("r1", start, count) == targets[max(start, first) : start + count]


async def test_a_page_of_the_drafts_reads_few_of_them(store: Store) -> None:
    request, targets = made(4_000)
    await Requests(store).create(request, targets)
    with counted(store) as reads:
        assert await TargetDrafts(store).targets("r1", 100, 100) == targets[100:200]
    assert (reads.calls, reads.rows) == (1, 5)
