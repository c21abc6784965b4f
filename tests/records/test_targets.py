"""Targets and totals: counts change in the same write as the target they count, or not at all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.methods import STANDARD_SCOPE
from domain.outcomes import TargetOutcome
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from records.requests import Requests
from records.sqlite import SqliteStore
from records.store import Change, Store
from records.target_drafts import TargetDrafts
from records.targets import StoredTarget, Targets, count_key, target_key
from tests.reads import counted as reads_of

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


async def filled(store: Store, count: int) -> Targets:
    request = ResetRequest(
        id="r1",
        created_at=NOW,
        source="api",
        methods=list(STANDARD_SCOPE),
        target_count=count,
        ranges=[("c", 0, count)],
    )
    await Requests(store).create(request, [Target(number=n, customer="c", asked=f"u{n}") for n in range(count)])
    return Targets(store)


def ended(stored: StoredTarget, outcome: TargetOutcome) -> Target:
    return stored.target.model_copy(update={"outcome": outcome})


async def counted(targets: Targets) -> dict[str, int]:
    return {outcome: count for outcome, count in (await targets.totals("r1")).items() if count}


def test_keys_sort_as_numbers_do_and_neighbours_count_in_different_rows() -> None:
    assert sorted(map(target_key, (0, 9, 10, 99_999))) == list(map(target_key, (0, 9, 10, 99_999)))
    assert len({count_key(number) for number in range(8)}) == 8
    assert len({count_key(number) for number in range(10_000)}) == 80


async def test_totals_follow_each_outcome(store: Store) -> None:
    targets = await filled(store, 3)
    assert await counted(targets) == {"pending": 3}
    first, second, _ = await targets.range("r1", 0, 3)
    assert await targets.save("r1", first, ended(first, TargetOutcome.RESET))
    await targets.save_all("r1", [(second, ended(second, TargetOutcome.FAILED))])
    assert await counted(targets) == {"pending": 1, "reset": 1, "failed": 1}


async def test_a_write_over_a_target_that_changed_changes_no_total(store: Store) -> None:
    targets = await filled(store, 1)
    (stale,) = await targets.range("r1", 0, 1)
    assert await targets.save("r1", stale, ended(stale, TargetOutcome.RESET))
    assert not await targets.save("r1", stale, ended(stale, TargetOutcome.FAILED))
    assert await targets.rewrite(stale, stale.target) is None
    assert await counted(targets) == {"reset": 1}


async def test_of_a_batch_only_what_changed_meanwhile_is_left_alone(store: Store) -> None:
    targets = await filled(store, 2)
    first, second = await targets.range("r1", 0, 2)
    await targets.save("r1", first, ended(first, TargetOutcome.CANCELLED))
    await targets.save_all("r1", [(each, ended(each, TargetOutcome.RESET)) for each in (first, second)])
    assert await counted(targets) == {"cancelled": 1, "reset": 1}


async def test_a_window_is_written_in_few_calls(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call is a request to Table Storage: a window of 100 takes three transactions and one read for each."""
    targets = await filled(store, 100)
    window = await targets.range("r1", 0, 100)
    apply, transactions = store.apply, list[int]()

    async def noted(partition: str, changes: Sequence[Change]) -> bool:
        transactions.append(len(changes))
        return await apply(partition, changes)

    monkeypatch.setattr(store, "apply", noted)
    with reads_of(store) as reads:
        await targets.save_all("r1", [(each, ended(each, TargetOutcome.FAILED)) for each in window])
    assert transactions == [48, 48, 28]  # with eight rows of counts
    assert (reads.calls, reads.targets) == (3, 0)
    assert await counted(targets) == {"failed": 100}


async def test_counts_of_two_blocks_are_written_together(store: Store) -> None:
    targets = await filled(store, 1_010)
    for start in await TargetDrafts(store).starts("r1"):
        await TargetDrafts(store).write("r1", start)
    window = await targets.range("r1", 995, 10)
    with reads_of(store) as reads:
        await targets.save_all("r1", [(each, ended(each, TargetOutcome.RESET)) for each in window])
    assert reads.calls == 2
    assert await counted(targets) == {"pending": 1_000, "reset": 10}
    rows = await store.scan("r1", prefix="count:0001")
    assert sum(row.value.get("reset", 0) for row in rows) == 5


async def test_pages_begin_at_a_number(store: Store) -> None:
    targets = await filled(store, 5)
    assert [each.target.number for each in await targets.range("r1", 2, 2)] == [2, 3]
    assert await targets.get("r1", 5) is None


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 11), st.sampled_from([o for o in TargetOutcome if o is not TargetOutcome.PENDING]))
    )
)
async def test_totals_always_equal_the_count_of_the_targets(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, TargetOutcome]]
) -> None:
    store = SqliteStore.open(Path(tmp_path_factory.mktemp("totals")) / "records.db")
    targets = await filled(store, 12)
    for number, outcome in steps:
        stored = await targets.get("r1", number)
        assert stored is not None
        await targets.save("r1", stored, ended(stored, outcome))
    outcomes = [each.target.outcome.value for each in await targets.range("r1", 0, 12)]
    assert await counted(targets) == {outcome: outcomes.count(outcome) for outcome in set(outcomes)}
    await store.close()
