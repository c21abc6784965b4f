"""How the targets of a request are cut into windows."""

from datetime import UTC, datetime

import pytest

from domain.request.reset_request import ResetRequest
from domain.request.windows import windows


@pytest.mark.parametrize(
    ("counts", "cut"),
    [
        ({"a": 100}, [("a", 0, 100)]),
        ({"a": 101}, [("a", 0, 100), ("a", 100, 1)]),
        ({"a": 250, "b": 3}, [("a", 0, 100), ("a", 100, 100), ("a", 200, 50), ("b", 250, 3)]),
    ],
)
def test_a_window_is_of_one_customer_and_has_at_most_a_hundred_targets(
    counts: dict[str, int], cut: list[tuple[str, int, int]]
) -> None:
    ranges: list[tuple[str, int, int]] = []
    for customer, count in counts.items():
        ranges.append((customer, sum(counts for _, _, counts in ranges), count))
    request = ResetRequest(
        id="r1",
        created_at=datetime(2026, 1, 5, tzinfo=UTC),
        source="api",
        requester="tech@msp.example",
        methods=["phone"],
        target_count=sum(counts.values()),
        ranges=ranges,
    )
    assert windows(request) == cut
