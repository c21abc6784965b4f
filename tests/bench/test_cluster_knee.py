"""What the knee of a cluster is made of: how many requests ended a second, and what a worker costs."""

import pytest

from bench.cluster_knee import Knee, rate_between


@pytest.mark.parametrize("slow", [0.0, 5.0])
def test_beginning_and_end_do_not_count(slow: float) -> None:
    """The first requests wait for caches, and the last ones have hosts beside them with nothing to do."""
    ends = [0.0, *(slow + number / 4 for number in range(1, 19)), 2 * slow + 5]
    assert rate_between(ends, 0.1) == pytest.approx(4)


def test_what_an_idle_worker_uses_is_no_room_for_users() -> None:
    cost = {"host": 40.0, "hub": 10.0, "azurite": 99.0, "simulator": 99.0}
    found = Knee(2, 9.0, cost, idle={"host": 100.0, "hub": 400.0, "azurite": 9.0, "simulator": 9.0}, busy=90)
    assert found.of_a_core == pytest.approx((1000 - 50 - 200) / 50)
