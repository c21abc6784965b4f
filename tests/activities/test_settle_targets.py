"""What a request ends with is settled once, wherever the process that settles it dies, and side by side with itself."""

import asyncio
import random
from typing import Any

import pytest

from activities import settle_targets
from activities.audit_targets import audit_ended
from activities.finish_request import finish
from activities.settle_targets import settle_open
from domain.methods import MethodType
from domain.outcomes import MethodOutcome, RequestStatus, TargetOutcome
from domain.request import windows
from domain.request.target import Target, TargetMethod
from tests.activities.conftest import DiedError, Works

APP: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})


@pytest.fixture(autouse=True)
def steps_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "STEP", 2)
    monkeypatch.setattr(settle_targets, "STEP", 2)


async def cancelled(works: Works) -> None:
    """A request for three users that is cancelled while the reset of two of them runs."""
    await works.planned(*(works.user(APP, name=name) for name in ("first", "second", "third")))
    for number in (1, 2):
        kept = await works.services.targets.get("r1", number)
        assert kept is not None
        assert await works.services.targets.save("r1", kept, kept.target.model_copy(update={"begun_at": works.clock()}))
    await works.services.requests.cancel("r1", "tester", works.clock())


async def settle(works: Works, start: int) -> None:
    await settle_targets._settle(works.services, "r1", start, "cancelled")


def audited(events: list[Any]) -> list[int]:
    return [target["number"] for event in events if event.event == "targetsEnded" for target in event.data["targets"]]


async def check(works: Works) -> None:
    totals = {outcome: count for outcome, count in (await works.services.targets.totals("r1")).items() if count}
    assert totals == {"cancelled": 1, "partiallyReset": 2}
    events = await works.services.audits.all("r1")
    assert sorted(audited(events)) == [1, 2]
    assert await works.services.audits.verify("r1") is None


async def test_a_request_of_several_windows_asks_for_them_and_ends_when_they_are_settled(works: Works) -> None:
    await cancelled(works)
    asked = await finish(works.services, "r1")
    assert asked == {"next": "settle", "ending": "cancelled", "rounds": [[0], [2]]}
    assert not (await works.target()).settled
    for start in (0, 2):
        await settle(works, start)
    assert await finish(works.services, "r1", "cancelled") is RequestStatus.CANCELLED
    await check(works)


async def test_nothing_is_asked_for_twice_where_a_target_stays_open(works: Works) -> None:
    await cancelled(works)
    assert await settle_open(works.services, "r1", "cancelled", "cancelled") is None
    assert await settle_open(works.services, "r1", "cancelled", "excluded") is not None


async def test_a_process_that_dies_at_any_write_leaves_nothing_open_and_nothing_audited_twice(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cancelled(works)
    apply, left = works.services.store.apply, 0

    async def dies_later(*given: Any) -> bool:
        nonlocal left
        if not left:
            raise DiedError
        left -= 1
        return await apply(*given)

    monkeypatch.setattr(works.services.store, "apply", dies_later)
    deaths = 0
    for start in (0, 2):
        for allowed in range(100):
            left = allowed % 2  # each run dies before its first write, or after it
            try:
                await settle(works, start)
                break
            except DiedError:
                deaths += 1
    assert deaths >= 4
    monkeypatch.undo()
    await check(works)


async def test_two_that_settle_the_same_window_at_once_write_it_once(works: Works) -> None:
    await cancelled(works)
    await asyncio.gather(*(settle(works, start) for start in (0, 2, 0, 2)))
    await check(works)


def test_windows_of_one_round_write_other_counts() -> None:
    assert windows.rounds(range(0, 2_600, 250)) == [[0, 1000, 2000], [250, 1250, 2250], [500, 1500, 2500], [750, 1750]]
    assert windows.rounds([]) == []


async def test_only_the_window_itself_is_settled_where_numbers_are_missing(works: Works) -> None:
    await works.planned(works.user(APP))
    await works.services.requests.cancel("r1", "tester", works.clock())
    await settle(works, 2)
    target: Target = await works.target()
    assert not target.settled


async def test_ended_targets_of_many_methods_are_audited_in_several_events(works: Works) -> None:
    """A text that cannot be compressed: 25 such users are more than a record takes."""
    await works.planned(works.user())
    source = random.Random(1)  # noqa: S311 - a text, no secret

    def methods() -> list[TargetMethod]:
        ids = [source.randbytes(900).hex() for _ in range(10)]
        return [
            TargetMethod(type=MethodType.FIDO2, id=each, label="key", outcome=MethodOutcome.DELETED) for each in ids
        ]

    [kept] = await works.services.targets.range("r1", 0, 1)
    ended = [
        kept._replace(
            target=kept.target.model_copy(
                update={"number": n, "methods": methods(), "planned": True, "outcome": TargetOutcome.RESET}
            )
        )
        for n in range(25)
    ]
    await audit_ended(works.services, "r1", ended)
    events = [event for event in await works.services.audits.all("r1") if event.event == "targetsEnded"]
    assert len(events) > 1
    assert [each["number"] for event in events for each in event.data["targets"]] == list(range(25))
