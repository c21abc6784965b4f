"""Divide the targets of a request into windows, the units of planning and of resetting."""

from collections.abc import Iterable

from domain.request.reset_request import ResetRequest

# Targets per planning call and per reset window: replay grows with the square of a fan-out, 100 cost 3 ms.
WINDOW = 100
# Targets that one step settles, and targets whose counts lie in the same rows (records/targets.py).
STEP, BLOCK = 100, 1000


def windows(request: ResetRequest) -> list[tuple[str, int, int]]:
    """Return the windows of a request, each of one customer: (customer key, first number, count)."""
    return [
        (customer, first + offset, min(WINDOW, count - offset))
        for customer, first, count in request.ranges
        for offset in range(0, count, WINDOW)
    ]


def steps(count: int) -> list[int]:
    """Return the number of the first target of each step through `count` targets."""
    return list(range(0, count, STEP))


def steps_of(numbers: Iterable[int]) -> list[int]:
    """Return the number of the first target of each step that has one of `numbers`."""
    return sorted({number - number % STEP for number in numbers})


def rounds(starts: Iterable[int]) -> list[list[int]]:
    """Return the steps in rounds. Those of one round write other counts, so side by side they are not in each other's way."""
    of_blocks: dict[int, list[int]] = {}
    for start in starts:
        of_blocks.setdefault(start // BLOCK, []).append(start)
    longest = max(map(len, of_blocks.values()), default=0)
    return [[own[place] for own in of_blocks.values() if place < len(own)] for place in range(longest)]
