"""What a run is concluded to, row by row: the target as it is stored, and when to run again."""

from datetime import timedelta
from typing import Any

import pytest

from domain.outcomes import MethodOutcome, TargetOutcome
from domain.request.target import Target
from graph.found import Found
from reset.result import LOOK_AGAIN, RunResult
from reset.state import LOOKS
from reset.steps import Answer, Confirmed, Finish, WriteDown, Written
from tests.reset.examples import (
    ALTERNATE,
    APP,
    CODES,
    DEFAULT,
    GONE,
    LOST,
    MOBILE,
    NO_CONSENT,
    NO_TOKEN,
    NOW,
    REJECTED,
    REVOKED,
    THROTTLED,
    TOKEN,
    UNDATED,
    WRITTEN,
    begun,
    confirmed,
    error,
    looked,
    method_of_target,
    target,
)

ASKING: tuple[Answer, ...] = (looked(APP), "go", WRITTEN)
LOST_THRICE: tuple[Answer, ...] = (GONE, "go", LOST, "go", LOST, "go", LOST)
TWO: tuple[Answer, ...] = (looked(APP, CODES), "go", WRITTEN)


def result(of: Target, *answers: Answer, **changed: Any) -> RunResult:
    # A run that has looked again as often as it may: what is lost ends it.
    step = begun(of, *answers, looks=LOOKS, **changed).step
    assert isinstance(step, Finish), step
    return step.result


def methods(of: Target) -> list[str]:
    """Each method's outcome; of one that is open, what was answered."""
    return [m.outcome.value if m.outcome.value != "pending" else f"pending {m.answered}".strip() for m in of.methods]


# name, target, terms, answers -> outcome, reason, methods
ENDED: list[tuple[str, Target, dict[str, Any], tuple[Answer, ...], str, str, list[str]]] = [
    ("all gone", target(APP), {}, (*ASKING, GONE, "go", confirmed()), "reset", "", ["deleted"]),
    ("gone before", target(APP), {"revoke": False}, (looked(),), "reset", "", ["alreadyGone"]),
    ("missing", target(APP), {}, (*ASKING, error(404), "go", confirmed()), "reset", "", ["alreadyGone"]),
    (
        "a token is deactivated",
        target(TOKEN),
        {},
        (looked(TOKEN), "go", WRITTEN, GONE, "go", confirmed(TOKEN.model_copy(update={"active": False}))),
        "reset",
        "",
        ["deactivated"],
    ),
    ("nothing there", target(), {"revoke": False}, (confirmed(revocation=None),), "alreadyClear", "", []),
    (
        "registered again with a date of its own",
        target(APP),
        {"revoke": False},
        (looked(APP.model_copy(update={"created_at": NOW})),),
        "alreadyClear",
        "",
        ["keptNewer"],
    ),
    (
        "removed, and registered again",
        target(MOBILE),
        {},
        (looked(MOBILE), "go", WRITTEN, GONE, "go", confirmed(MOBILE.model_copy(update={"created_at": NOW}))),
        "reset",
        "",
        ["deleted", "keptNewer"],
    ),
    (
        "registered after the plan",
        target(APP),
        {},
        (*ASKING, GONE, "go", confirmed(CODES.model_copy(update={"id": "new"}))),
        "reset",
        "",
        ["deleted", "keptNewer"],
    ),
    (
        "forbidden",
        target(APP),
        {},
        (*ASKING, error(403), "go", confirmed(APP)),
        "partiallyReset",
        "forbidden",
        ["forbidden"],
    ),
    (
        "no longer allowed",
        target(APP),
        {"allowed": frozenset(), "revoke": False},
        (confirmed(APP, revocation=None),),
        "failed",
        "forbidden",
        ["forbidden"],
    ),
    (
        "sessions not revoked",
        target(APP),
        {},
        (*ASKING, GONE, "go", confirmed(revocation=error(403))),
        "partiallyReset",
        "sessionsNotRevoked",
        ["deleted"],
    ),
    ("no token", target(APP), {"last": True}, (NO_TOKEN,), "failed", "customerUnreachable", ["failed"]),
    ("no consent", target(APP), {}, (*ASKING, NO_CONSENT), "failed", "consentMissing", ["failed"]),
    ("token rejected", target(APP), {"last": True}, (REJECTED,), "failed", "tokenRejected", ["failed"]),
    ("methods locked", target(APP), {}, (error(423).error(),), "failed", "methodsUnreadable", ["failed"]),
    ("methods refused", target(APP), {}, (error(400).error(),), "failed", "methodsUnreadable", ["failed"]),
    ("throttled to the end", target(APP), {"last": True}, (THROTTLED,), "failed", "throttled", ["throttled"]),
    ("user not found", target(APP), {}, (error(404).error(),), "failed", "userNotFound", ["failed"]),
    (
        "lost to the end, and still there",
        target(APP),
        {"last": True},
        (*ASKING, LOST, confirmed(APP, revocation=None)),
        "partiallyReset",
        "customerUnreachable",
        ["unverified"],
    ),
    (
        "lost to the end, and gone",
        target(APP),
        {"last": True, "revoke": False},
        (*ASKING, LOST, confirmed(revocation=None)),
        "reset",
        "",
        ["deleted"],
    ),
    (
        "refused, by its words",
        target(APP),
        {"last": True, "revoke": False},
        (*ASKING, DEFAULT, confirmed(APP, revocation=None)),
        "failed",
        "refusedDefault",
        ["refusedDefault"],
    ),
    (
        "refused",
        target(APP),
        {"last": True, "revoke": False},
        (*ASKING, error(400), confirmed(APP, revocation=None)),
        "failed",
        "notRemoved",
        ["failed"],
    ),
    ("cancelled before", target(APP), {}, (looked(APP), "cancelled"), "cancelled", "cancelled", ["pending"]),
    (
        "cancelled between",
        target(APP, CODES),
        {},
        (*TWO, GONE, "cancelled", confirmed(CODES, revocation=None)),
        "partiallyReset",
        "cancelled",
        ["deleted", "pending"],
    ),
    (
        "cancelled after a run that died",
        target(method_of_target(APP, answered="begun"), begun_at=NOW, reads=len(LOOK_AGAIN)),
        {},
        (looked(APP), "cancelled"),
        "partiallyReset",
        "cancelled",
        ["pending"],
    ),
    (
        "undated, listed for long after a run that died",
        target(method_of_target(UNDATED, answered="begun"), begun_at=NOW - timedelta(minutes=2), reads=len(LOOK_AGAIN)),
        {"revoke": False},
        (looked(UNDATED),),
        "partiallyReset",
        "unverified",
        ["unverified"],
    ),
    (
        "tokens that cannot be read",
        target(TOKEN),
        {"revoke": False},
        (looked()._replace(found=Found([], hardware_unreadable=error(403).error())),),
        "failed",
        "forbidden",
        ["forbidden"],
    ),
]


@pytest.mark.parametrize(
    ("of", "changed", "answers", "outcome", "reason", "ends"), [row[1:] for row in ENDED], ids=[row[0] for row in ENDED]
)
def test_target_that_ended(
    of: Target, changed: dict[str, Any], answers: tuple[Answer, ...], outcome: str, reason: str, ends: list[str]
) -> None:
    run = result(of, *answers, **changed)
    assert (run.target.outcome.value, run.target.reason, methods(run.target)) == (outcome, reason, ends)
    assert run.retry_after is None
    assert run.progressed
    assert run.target.begun_at is None


# name, target, answers -> retry_after, fault, progressed, methods
OPEN: list[tuple[str, Target, tuple[Answer, ...], float, str, bool, list[str]]] = [
    ("not answered", target(APP), (LOST,), 0.0, "unavailable", False, ["pending"]),
    ("throttled", target(APP), (*ASKING, error(429)), 0.0, "throttled", False, ["pending"]),
    ("throttled, with a time", target(APP), (THROTTLED,), 7.0, "throttled", False, ["pending"]),
    ("lost", target(APP), (*ASKING, LOST), 0.0, "unavailable", False, ["pending sent"]),
    ("never sent", target(APP), (*ASKING, NO_TOKEN), 0.0, "unavailable", False, ["pending"]),
    (
        "lost in the middle",
        target(APP, CODES),
        (*TWO, GONE, *(("go", WRITTEN, LOST, looked(CODES)) * 2), "go", WRITTEN, LOST),
        0.0,
        "unavailable",
        True,
        ["deleted", "pending sent"],
    ),
    (
        "still listed",
        target(APP),
        (*ASKING, GONE, "go", confirmed(APP)),
        3.0,
        "notVisibleYet",
        True,
        ["pending removed"],
    ),
    (
        "still listed again",
        target(method_of_target(APP, answered="removed"), sessions_revoked=True, reads=1),
        (looked(APP),),
        10.0,
        "notVisibleYet",
        False,
        ["pending removed"],
    ),
    ("refused once", target(APP), (*ASKING, DEFAULT, "go", confirmed(APP)), 3.0, "notVisibleYet", False, ["pending"]),
    (
        "undated, after a run that died a while ago",
        target(method_of_target(UNDATED, answered="begun"), begun_at=NOW - timedelta(minutes=2), sessions_revoked=True),
        (looked(UNDATED),),
        3.0,
        "notVisibleYet",
        False,
        ["pending begun"],
    ),
    ("held", target(APP), (looked(APP), "held"), 0.0, "held", False, ["pending"]),
    (
        "held between",
        target(APP, CODES),
        (*TWO, GONE, "held", confirmed(CODES, revocation=None)),
        0.0,
        "held",
        True,
        ["deleted", "pending"],
    ),
    ("overtaken", target(APP), (looked(APP), "go", Written(done=False)), 1.0, "overtaken", False, ["pending"]),
]


@pytest.mark.parametrize(
    ("of", "answers", "retry_after", "fault", "progressed", "ends"),
    [row[1:] for row in OPEN],
    ids=[row[0] for row in OPEN],
)
def test_target_that_is_run_again(
    of: Target, answers: tuple[Answer, ...], retry_after: float, fault: str, progressed: bool, ends: list[str]
) -> None:
    run = result(of, *answers)
    assert (run.retry_after, run.fault, run.progressed, methods(run.target)) == (retry_after, fault, progressed, ends)
    assert run.target.outcome is TargetOutcome.PENDING


CHANGING: tuple[Answer, ...] = (looked(ALTERNATE, MOBILE), "go", WRITTEN, DEFAULT, "go", WRITTEN)


@pytest.mark.parametrize(
    ("answers", "changed", "in_doubt"),
    [
        ((GONE, "held", confirmed(ALTERNATE, MOBILE, revocation=None)), True, False),
        ((LOST,), True, True),
        ((error(503),), True, True),
        ((error(429),), False, False),
        ((NO_TOKEN,), False, False),
        ((error(403), "held", confirmed(ALTERNATE, MOBILE, revocation=None)), False, False),
    ],
    ids=["changed", "lost", "failed", "throttled", "never sent", "refused"],
)
def test_default_method_that_was_to_be_changed(answers: tuple[Answer, ...], changed: bool, in_doubt: bool) -> None:
    run = result(target(ALTERNATE, MOBILE), *CHANGING, *answers)
    assert run.target.default_changed is changed
    assert (run.target.begun_at is not None) is in_doubt


def test_before_the_default_method_is_changed_the_record_says_that_it_may_be() -> None:
    step = begun(target(ALTERNATE, MOBILE), *CHANGING[:-1]).step
    assert isinstance(step, WriteDown)
    assert step.target.default_changed
    assert step.target.begun_at == NOW


def test_what_was_missing_once_and_is_lost_when_asked_for_again_may_have_been_our_doing() -> None:
    before = target(method_of_target(APP, answered="missing"), reads=2, sessions_revoked=True)
    run = result(before, *ASKING, LOST)
    assert methods(run.target) == ["pending sent"]
    run = result(run.target, looked())
    assert methods(run.target) == ["deleted"]


@pytest.mark.parametrize(
    ("answers", "listed"),
    [
        ((*LOST_THRICE, confirmed(APP, revocation=None)), True),
        ((*LOST_THRICE, LOST), False),
        ((GONE, "go", Confirmed(REVOKED, LOST), LOST), False),
    ],
    ids=["read at last", "never answered", "revoked and never read"],
)
def test_only_what_a_read_lists_is_reported_as_still_listed(answers: tuple[Answer, ...], listed: bool) -> None:
    (method,) = result(target(APP), *ASKING, *answers, last=True).target.methods
    assert method.outcome is MethodOutcome.UNVERIFIED
    assert ("still listed" in method.detail) is listed
