"""Counts of a plan are recorded by name, and those of an older version are not taken for complete."""

import pytest

from web.views import PlanTotals

SOME = PlanTotals(3, 2, removed=5, deactivated=1, refusals={"protectedUser": 1, "userNotFound": 1})


def test_recorded_counts_are_the_same_counts() -> None:
    assert PlanTotals.of_counts(SOME.to_counts()) == SOME
    assert all(isinstance(count, int) for count in SOME.to_counts().values())


def test_less_has_no_reason_without_users() -> None:
    other = PlanTotals(1, 1, removed=2, deactivated=0, refusals={"userNotFound": 1})
    assert SOME.less(other) == PlanTotals(2, 1, removed=3, deactivated=1, refusals={"protectedUser": 1})


def test_counts_of_an_older_version_are_refused() -> None:
    counts = SOME.to_counts()
    without_reasons = {name: count for name, count in counts.items() if ":" not in name}
    without_forecasts = {name: count for name, count in counts.items() if name != "unforeseen"}
    for older in (without_reasons, without_forecasts):
        with pytest.raises(TypeError):
            PlanTotals.of_counts(older)
