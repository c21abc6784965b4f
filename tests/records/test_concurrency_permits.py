"""Permits of a customer: how many targets run at once over all requests, and how that number falls and grows again."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from records.concurrency_permits import ConcurrencyPermits
from records.requests import Requests
from records.store import Store

TENANT = "11111111-1111-4111-8111-111111111111"
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LIMIT = 8


class Office:
    """Windows that take turns and give them back, each of its own running request unless stated otherwise."""

    def __init__(self, store: Store) -> None:
        self.permits = ConcurrencyPermits(store)
        self.requests = Requests(store)
        self.now = NOW

    async def open(self, *names: str) -> None:
        for name in names:
            request = ResetRequest(
                id=name,
                created_at=NOW,
                source="api",
                requester="tech@msp.example",
                methods=["phone"],
                target_count=0,
                ranges=[],
                status=RequestStatus.RESETTING,
            )
            assert await self.requests.create(request, [])

    async def take(self, request: str, window: str = "0", want: int = 100) -> int:
        return await self.permits.acquire(TENANT, request, window, want, LIMIT, self.now)

    async def give_back(
        self, request: str, ended_with: int, window: str = "0", *, throttled: bool = False, limit: int = LIMIT
    ) -> None:
        await self.permits.release(TENANT, request, window, ended_with, throttled=throttled, limit=limit)

    async def width(self) -> int:
        """How many the customer takes at once now: what somebody who is alone gets."""
        await self.open(name := f"probe-{self.now.timestamp()}")
        permits = await self.take(name)
        await self.give_back(name, permits, throttled=True)  # gave nothing up and was no clean window: changes nothing
        self.now += timedelta(seconds=1)
        return permits


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


async def test_what_a_throttled_window_gave_up_the_next_one_does_not_get(office: Office) -> None:
    await office.open("r1")
    assert await office.take("r1") == LIMIT
    await office.give_back("r1", 3, throttled=True)
    assert await office.width() == 3


async def test_a_throttled_window_that_came_back_to_its_width_neither_narrows_nor_widens(office: Office) -> None:
    await office.open("r1", "r2")
    await office.take("r1")
    await office.give_back("r1", 4, throttled=True)
    await office.take("r2")
    await office.give_back("r2", 4, throttled=True)
    assert await office.width() == 4


async def test_each_clean_window_widens_by_one_up_to_the_limit_and_no_further(office: Office) -> None:
    await office.open("r1")
    await office.take("r1")
    await office.give_back("r1", 5, throttled=True)
    seen = []
    for window in range(1, 6):
        permits = await office.take("r1", str(window))
        await office.give_back("r1", permits, str(window))
        seen.append(await office.width())
    assert seen == [6, 7, 8, 8, 8]


async def test_one_place_is_left_however_much_was_given_up(office: Office) -> None:
    await office.open("r1", "r2")
    assert [await office.take("r1", want=4), await office.take("r2", want=4)] == [4, 4]
    await office.give_back("r1", 1, throttled=True)
    await office.give_back("r2", 1, throttled=True)
    assert await office.width() == 2
    for name in ("r3", "r4", "r5"):
        await office.open(name)
        await office.take(name)
        await office.give_back(name, 0, throttled=True)
    assert await office.width() == 1


async def test_a_lower_limit_in_the_policy_holds_at_the_next_giving_back(office: Office) -> None:
    await office.open("r1")
    await office.take("r1")
    await office.give_back("r1", LIMIT, limit=2)
    assert await office.width() == 2


async def test_a_turn_that_is_given_back_twice_counts_once(office: Office) -> None:
    """The activity ran twice: the second time it must neither narrow again nor end somebody else's turn."""
    await office.open("r1", "r2")
    assert await office.take("r1", want=4) == 4
    assert await office.take("r2", want=4) == 4
    await office.give_back("r1", 2, throttled=True)
    await office.give_back("r1", 2, throttled=True)
    await office.open("r3")
    assert await office.take("r3") == 2  # six at once, of which four are the second request's
    await office.give_back("r2", 4, throttled=True)
    await office.give_back("r3", 2, throttled=True)
    assert await office.width() == 6


async def test_a_window_that_asks_twice_has_one_permit(office: Office) -> None:
    await office.open("r1", "r2")
    assert [await office.take("r1", want=5), await office.take("r1", want=5)] == [5, 5]
    assert await office.take("r2") == 3


async def test_places_of_a_request_that_ended_or_is_gone_are_free_again(office: Office) -> None:
    """It died with its turn, or its window was never ended."""
    await office.open("ended", "next")
    assert await office.take("ended", want=5) == 5
    assert await office.take("gone", want=3) == 3
    ended = RequestStatus.FAILED
    await office.requests.update("ended", lambda request: request.model_copy(update={"status": ended}))
    assert await office.take("next") == LIMIT


async def test_who_waits_is_left_room_until_it_has_not_asked_for_a_minute(office: Office) -> None:
    await office.open("large", "small", "third")
    assert await office.take("large", "0") == LIMIT
    assert await office.take("small") == 0
    await office.give_back("large", LIMIT, "0")
    assert await office.take("large", "100") == LIMIT // 2
    await office.give_back("large", LIMIT // 2, "100")
    office.now += timedelta(seconds=61)  # the small one has gone away
    assert await office.take("large", "200") == LIMIT


@pytest.mark.parametrize("narrowed", [1, 2])
async def test_every_request_gets_permits_however_narrow_the_customer(office: Office, narrowed: int) -> None:
    """Two large requests ask for their next window at once, a third one now and then: nobody is passed for ever."""
    names = ["large", "larger", "small"]
    await office.open("first", *names)
    await office.take("first")
    await office.give_back("first", narrowed, throttled=True)
    held: dict[str, str] = {}
    turns = Counter[str]()

    async def ask(name: str) -> None:
        window = str(turns[name])
        if name not in held and await office.take(name, window):
            held[name] = window

    for _ in range(30):
        for name in names:
            await ask(name)
        office.now += timedelta(seconds=8)
        for name in [*held][:1]:  # the window that runs longest ends, and its request asks for the next one at once
            turns[name] += 1
            await office.give_back(name, 1, held.pop(name), throttled=True)
            await ask(name)
    assert min(turns[name] for name in names) >= 8


async def test_who_waited_longer_is_not_passed(office: Office) -> None:
    await office.open("running", "first", "second", "third")
    assert await office.take("running", want=7) == 7
    await office.give_back("running", 7, throttled=True)
    assert await office.take("running", want=7) == 7
    assert await office.take("first", want=1) == 1
    assert [await office.take(name) for name in ("second", "third")] == [0, 0]
    await office.give_back("first", 1, throttled=True)
    assert await office.take("third") == 0  # what is free is for the second one
    assert await office.take("second") == 1


async def test_windows_that_take_and_give_back_side_by_side_lose_nothing(office: Office) -> None:
    names = [f"r{number}" for number in range(4)]
    await office.open(*names)
    got = await asyncio.gather(*(office.take(name, want=2) for name in names))
    assert sum(got) <= LIMIT
    await asyncio.gather(*(office.give_back(name, permits) for name, permits in zip(names, got, strict=True)))
    assert await office.width() == LIMIT
