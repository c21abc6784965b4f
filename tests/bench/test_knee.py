"""The knee of the load bench: a host that only piles up what it accepts does not sustain the rate."""

from math import inf

import pytest

from bench.knee import Seen, find, not_sustained


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (Seen(200, 200, 0.04, 0.6), ""),
        (Seen(200, 190, 0.9, 1.0), ""),
        (Seen(200, 189, 0.04, 0.6), "only 189 of 200"),
        (Seen(200, 200, 1.0, 0.6), "accepting took"),
        (Seen(200, 200, 0.04, 1.1), "a backlog built up"),
        (Seen(200, 200, 0.04, inf), "a backlog built up"),
    ],
)
def test_a_rate_is_sustained_when_requests_end_as_fast_as_they_come(seen: Seen, why: str) -> None:
    reason = not_sustained(seen)
    assert (why in reason) if why else not reason


@pytest.mark.parametrize("capacity", [5.0, 17.0, 38.0, 100.0])
async def test_the_knee_is_found_within_a_twentieth(capacity: float) -> None:
    async def sustains(rate: float) -> bool:
        return rate <= capacity

    assert capacity / 1.06 < await find(5.0, sustains) <= capacity


async def test_a_first_rate_that_is_too_much_has_no_knee() -> None:
    async def never(_: float) -> bool:
        return False

    assert await find(5.0, never) == 0
