"""Outcomes of targets and statuses of requests: each rule as a row, and what holds for every combination."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.outcomes import GONE, MethodOutcome, RequestStatus, TargetOutcome, request_status, target_outcome

M, T = MethodOutcome, TargetOutcome
METHODS = st.lists(st.sampled_from(MethodOutcome), max_size=6)
SESSIONS = st.sampled_from([True, False, None])
TOTALS = st.dictionaries(st.sampled_from([outcome.value for outcome in T]), st.integers(0, 50))


@pytest.mark.parametrize(
    ("methods", "sessions", "outcome"),
    [
        ([], True, T.ALREADY_CLEAR),
        ([], None, T.ALREADY_CLEAR),
        ([M.KEPT_NEWER], None, T.ALREADY_CLEAR),
        ([M.DELETED], True, T.RESET),
        ([M.DEACTIVATED], None, T.RESET),
        ([M.ALREADY_GONE], None, T.RESET),
        ([M.DELETED, M.KEPT_NEWER], True, T.RESET),
        ([M.DELETED], False, T.PARTIALLY_RESET),
        ([M.ALREADY_GONE], False, T.PARTIALLY_RESET),
        ([M.DELETED, M.FORBIDDEN], True, T.PARTIALLY_RESET),
        ([M.UNVERIFIED], None, T.PARTIALLY_RESET),
        ([M.FAILED], True, T.PARTIALLY_RESET),
        ([M.FAILED], None, T.FAILED),
        ([M.FAILED], False, T.FAILED),
        ([M.ALREADY_GONE, M.THROTTLED], None, T.FAILED),
        ([], False, T.FAILED),
    ],
)
def test_outcome_of_a_target(methods: list[MethodOutcome], sessions: bool | None, outcome: TargetOutcome) -> None:
    assert target_outcome(methods, sessions_revoked=sessions) is outcome


@pytest.mark.parametrize(
    ("methods", "sessions", "outcome"),
    [
        ([], None, T.CANCELLED),
        ([M.ALREADY_GONE], None, T.CANCELLED),
        ([M.PENDING], None, T.CANCELLED),
        ([M.DELETED], None, T.RESET),
        ([M.DELETED, M.PENDING], None, T.PARTIALLY_RESET),
        ([M.PENDING], True, T.PARTIALLY_RESET),
    ],
)
def test_outcome_of_a_target_that_a_cancel_stopped(
    methods: list[MethodOutcome], sessions: bool | None, outcome: TargetOutcome
) -> None:
    assert target_outcome(methods, sessions_revoked=sessions, stopped=True) is outcome


@given(METHODS, SESSIONS, st.booleans())
def test_reset_means_that_everything_planned_is_gone(
    methods: list[MethodOutcome], sessions: bool | None, stopped: bool
) -> None:
    if target_outcome(methods, sessions_revoked=sessions, stopped=stopped) is T.RESET:
        assert all(end in GONE or end is M.KEPT_NEWER for end in methods)
        assert sessions is not False


@given(METHODS, SESSIONS, st.booleans())
def test_a_change_is_never_reported_as_untouched(
    methods: list[MethodOutcome], sessions: bool | None, stopped: bool
) -> None:
    if {M.DELETED, M.DEACTIVATED} & set(methods):
        outcome = target_outcome(methods, sessions_revoked=sessions, stopped=stopped)
        assert outcome in {T.RESET, T.PARTIALLY_RESET}


@given(METHODS, SESSIONS, st.booleans(), st.randoms())
def test_the_order_of_the_methods_does_not_matter(
    methods: list[MethodOutcome], sessions: bool | None, stopped: bool, random: Random
) -> None:
    shuffled = sorted(methods, key=lambda _: random.random())
    assert target_outcome(methods, sessions_revoked=sessions, stopped=stopped) is target_outcome(
        shuffled, sessions_revoked=sessions, stopped=stopped
    )


@pytest.mark.parametrize(
    ("totals", "status"),
    [
        ({}, RequestStatus.COMPLETED),
        ({"reset": 2, "alreadyClear": 1}, RequestStatus.COMPLETED),
        ({"reset": 2, "failed": 1}, RequestStatus.PARTIALLY_COMPLETED),
        ({"partiallyReset": 1}, RequestStatus.PARTIALLY_COMPLETED),
        ({"reset": 1, "cancelled": 1}, RequestStatus.PARTIALLY_COMPLETED),
        ({"failed": 1, "refused": 1}, RequestStatus.FAILED),
        ({"refused": 3}, RequestStatus.FAILED),
        ({"cancelled": 2}, RequestStatus.CANCELLED),
        ({"cancelled": 1, "refused": 1}, RequestStatus.CANCELLED),
    ],
)
def test_status_of_a_request(totals: dict[str, int], status: RequestStatus) -> None:
    assert request_status(totals) is status


@given(TOTALS)
def test_completed_means_that_every_target_ended_well(totals: dict[str, int]) -> None:
    well = totals.get("reset", 0) + totals.get("alreadyClear", 0)
    status = request_status(totals)
    assert (status is RequestStatus.COMPLETED) == (well == sum(totals.values()))
    assert status.ended


@given(TOTALS)
def test_cancelled_means_that_no_target_was_touched(totals: dict[str, int]) -> None:
    if request_status(totals) is RequestStatus.CANCELLED:
        assert not any(totals.get(outcome, 0) for outcome in ("reset", "alreadyClear", "partiallyReset"))
