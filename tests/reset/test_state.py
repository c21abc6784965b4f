"""The removal's state: each transition as a row, and what holds on every way through."""

from datetime import timedelta
from typing import Any

import pytest

from domain.request.target import Target
from graph.found import Found
from reset.state import LOOKS
from reset.steps import Answer, Confirmed, Judged, Looked, Written
from tests.reset.examples import (
    ALTERNATE,
    APP,
    CODES,
    DEFAULT,
    GONE,
    LOST,
    MOBILE,
    NO_CONSENT,
    NOW,
    REFUSAL,
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
    words,
)

# Changes may be made, and this one is written down.
GO: tuple[Answer, ...] = ("go", WRITTEN)
# The way to the first removal of a user with an Authenticator app alone.
ASKING: tuple[Answer, ...] = (looked(APP), *GO)

# A run that has looked again as often as it may.
SPENT: dict[str, Any] = {"looks": LOOKS}

DOUBTFUL = target(method_of_target(UNDATED, answered="begun"), begun_at=NOW - timedelta(minutes=1))

ROWS: list[tuple[str, Target, dict[str, Any], tuple[Answer, ...], str]] = [
    # what a run begins with
    ("methods to remove", target(APP), {}, (), "look at user and methods"),
    ("no methods", target(), {}, (), "may I revoke and read"),
    ("no methods, sessions stay", target(), {"revoke": False}, (), "read"),
    ("no methods, sessions ended by a run before", target(sessions_revoked=True), {}, (), "read"),
    (
        "only a look is left",
        target(method_of_target(APP, answered="removed"), sessions_revoked=True),
        {},
        (),
        "look at methods",
    ),
    ("a kind that is no longer allowed", target(APP), {"allowed": frozenset()}, (), "may I revoke and read"),
    # the look
    ("there", target(APP), {}, (looked(APP),), "may I remove app"),
    ("in the plan's order", target(APP, CODES), {}, (looked(CODES, APP),), "may I remove app"),
    ("gone already", target(APP), {}, (looked(),), "may I revoke and read"),
    ("gone already, sessions stay", target(APP), {"revoke": False}, (looked(),), "finish reset"),
    ("may not be reset any more", target(APP), {}, (Looked(Found([APP]), REFUSAL),), "finish privilegedUser"),
    ("not answered", target(APP), {}, (LOST,), "finish unavailable"),
    ("not answered, in the last run", target(APP), {"last": True}, (LOST,), "finish unavailable"),
    # the user without methods
    ("look who it is", target(), {}, ("go",), "look at user"),
    ("is as in the plan", target(), {}, ("go", Judged(None)), "write down, then revoke and read"),
    ("may not be reset any more", target(), {}, ("go", Judged(REFUSAL)), "finish privilegedUser"),
    ("cancelled", target(), {}, ("cancelled",), "finish cancelled"),
    ("undated, in doubt for long", DOUBTFUL, {}, (looked(UNDATED),), "may I revoke and read"),
    (
        "undated, in doubt since now",
        DOUBTFUL.model_copy(update={"begun_at": NOW}),
        {},
        (looked(UNDATED),),
        "may I remove mobile",
    ),
    ("undated, and dated now", DOUBTFUL, {}, (looked(MOBILE),), "may I remove mobile"),
    # before the first change
    ("go", target(APP), {}, (looked(APP), "go"), "write down, then remove app"),
    ("cancelled", target(APP), {}, (looked(APP), "cancelled"), "finish cancelled"),
    ("held", target(APP), {}, (looked(APP), "held"), "finish held"),
    ("written down", target(APP), {}, ASKING, "remove app"),
    ("another run was faster", target(APP), {}, (looked(APP), "go", Written(done=False)), "finish overtaken"),
    # a removal
    ("removed", target(APP), {}, (*ASKING, GONE), "may I revoke and read"),
    ("removed, sessions stay", target(APP), {"revoke": False}, (*ASKING, GONE), "read"),
    ("removed, one is left", target(APP, CODES), {}, (looked(APP, CODES), *GO, GONE), "may I remove codes"),
    (
        "and written down by itself",
        target(APP, CODES),
        {},
        (looked(APP, CODES), *GO, GONE, "go"),
        "write down, then remove codes",
    ),
    ("cancelled between", target(APP, CODES), {}, (looked(APP, CODES), *GO, GONE, "cancelled"), "read"),
    ("held between", target(APP, CODES), {}, (looked(APP, CODES), *GO, GONE, "held"), "read"),
    ("missing", target(APP), {}, (*ASKING, error(404)), "may I revoke and read"),
    ("forbidden", target(APP), {}, (*ASKING, error(403)), "may I revoke and read"),
    ("throttled", target(APP), {}, (*ASKING, error(429)), "finish throttled"),
    ("failed", target(APP), {}, (*ASKING, error(503)), "look at methods"),
    ("failed, and there", target(APP), {}, (*ASKING, error(503), looked(APP)), "may I remove app"),
    (
        "failed thrice",
        target(APP),
        {},
        (*ASKING, *(error(503), looked(APP), *GO) * 2, error(503)),
        "finish unavailable",
    ),
    ("lost", target(APP), {}, (*ASKING, LOST), "look at methods"),
    ("lost, and gone", target(APP), {}, (*ASKING, LOST, looked()), "may I revoke and read"),
    ("lost, and cancelled then", target(APP), {}, (*ASKING, LOST, looked(APP), "cancelled"), "read"),
    ("failed, and the look is lost", target(APP), {}, (*ASKING, error(503), LOST), "finish unavailable"),
    ("lost after the last look", target(APP), SPENT, (*ASKING, LOST), "finish unavailable"),
    ("no consent", target(APP), {}, (*ASKING, NO_CONSENT), "finish consentMissing"),
    ("token rejected", target(APP), {}, (*ASKING, error(401)), "finish tokenRejected"),
    ("lost, in the last run", target(APP), SPENT | {"last": True}, (*ASKING, LOST), "read"),
    (
        "and then looked",
        target(APP),
        SPENT | {"last": True},
        (*ASKING, LOST, confirmed(APP, revocation=None)),
        "finish unavailable",
    ),
    ("and the look is lost, too", target(APP), SPENT | {"last": True}, (*ASKING, LOST, THROTTLED), "finish throttled"),
    ("no consent, in the last run", target(APP), {"last": True}, (*ASKING, NO_CONSENT), "finish consentMissing"),
    # what is refused waits for the others
    ("refused alone", target(APP), {}, (*ASKING, DEFAULT), "may I revoke and read"),
    ("refused first", target(APP, CODES), {}, (looked(APP, CODES), *GO, DEFAULT), "may I remove codes"),
    (
        "and again, once another is gone",
        target(APP, CODES),
        {},
        (looked(APP, CODES), *GO, error(400), *GO, GONE),
        "may I remove app",
    ),
    (
        "not again, where all were refused",
        target(APP, CODES),
        {},
        (looked(APP, CODES), *GO, DEFAULT, *GO, DEFAULT),
        "may I revoke and read",
    ),
    # an alternate mobile that is the default
    (
        "another is preferred",
        target(ALTERNATE, MOBILE),
        {},
        (looked(ALTERNATE, MOBILE), *GO, DEFAULT),
        "may I prefer sms",
    ),
    (
        "the app before the mobile",
        target(ALTERNATE, MOBILE, APP),
        {},
        (looked(ALTERNATE, MOBILE, APP), *GO, DEFAULT, *GO),
        "prefer push",
    ),
    (
        "nothing else to prefer",
        target(ALTERNATE),
        {},
        (looked(ALTERNATE), *GO, DEFAULT),
        "may I revoke and read",
    ),
    (
        "refused in words that say nothing",
        target(ALTERNATE, MOBILE),
        {},
        (looked(ALTERNATE, MOBILE), *GO, error(400)),
        "may I remove mobile",
    ),
    (
        "and the plan says that it is the default",
        target(method_of_target(ALTERNATE, is_default=True), MOBILE),
        {},
        (looked(ALTERNATE, MOBILE), *GO, error(400)),
        "may I prefer sms",
    ),
]
FOUR = target(APP, CODES, TOKEN, MOBILE)
REFUSED_THRICE: tuple[Answer, ...] = (
    *(looked(APP, CODES, TOKEN, MOBILE), *GO, error(400), *GO, error(400), *GO, error(400), *GO, GONE),
    *(*GO, error(400), *GO, error(400), *GO, GONE),
    *(*GO, error(400), *GO),
)
ROWS += [
    ("a third pass", FOUR, {}, REFUSED_THRICE, "remove codes"),
    ("and no fourth", FOUR, {}, (*REFUSED_THRICE, GONE), "may I revoke and read"),
]
CHANGING: tuple[Answer, ...] = (looked(ALTERNATE, MOBILE), *GO, DEFAULT, *GO)
BOTH = target(ALTERNATE, MOBILE)
ENDING: tuple[Answer, ...] = (*ASKING, GONE, "go")
ROWS += [
    ("written down before it changes", BOTH, {}, CHANGING[:-1], "write down, then prefer sms"),
    ("changed", BOTH, {}, (*CHANGING, GONE), "may I remove alternate"),
    ("and asked for again", BOTH, {}, (*CHANGING, GONE, *GO), "remove alternate"),
    ("gone then", BOTH, {}, (*CHANGING, GONE, *GO, GONE), "may I remove mobile"),
    ("refused once more: no second change", BOTH, {}, (*CHANGING, GONE, *GO, DEFAULT), "may I remove mobile"),
    ("change refused", BOTH, {}, (*CHANGING, error(403)), "may I remove mobile"),
    ("change throttled", BOTH, {}, (*CHANGING, error(429)), "finish throttled"),
    ("change lost", BOTH, {}, (*CHANGING, LOST), "may I prefer sms"),
    ("change lost after the last look", BOTH, SPENT, (*CHANGING, LOST), "finish unavailable"),
    ("cancelled before the change", BOTH, {}, (*CHANGING[:-2], "cancelled"), "read"),
    ("cancelled after it", BOTH, {}, (*CHANGING, GONE, "cancelled"), "read"),
    # the end
    ("sessions", target(APP), {}, ENDING, "revoke and read"),
    ("all gone", target(APP), {}, (*ENDING, confirmed()), "finish reset"),
    ("still listed", target(APP), {}, (*ENDING, confirmed(APP)), "finish notVisibleYet"),
    ("still listed, in the last run", target(APP), {"last": True}, (*ENDING, confirmed(APP)), "finish partiallyReset"),
    ("sessions not revoked", target(APP), {}, (*ENDING, confirmed(revocation=error(403))), "finish partiallyReset"),
    ("revocation throttled", target(APP), {}, (*ENDING, confirmed(revocation=error(429))), "finish throttled"),
    ("revoked, and then unreadable", target(APP), {}, (*ENDING, Confirmed(REVOKED, THROTTLED)), "finish throttled"),
    ("lost", target(APP), {}, (*ENDING, LOST), "may I revoke and read"),
    ("revocation failed", target(APP), {}, (*ENDING, confirmed(revocation=error(503))), "may I revoke and read"),
    ("lost, and then not", target(APP), {}, (*ENDING, LOST, "go", confirmed()), "finish reset"),
    ("lost thrice", target(APP), {}, (*ENDING, LOST, "go", LOST, "go", LOST), "finish unavailable"),
    ("lost thrice, in the last run", target(APP), {"last": True}, (*ENDING, LOST, "go", LOST, "go", LOST), "read"),
    ("cancelled before", target(APP), {}, (*ASKING, GONE, "cancelled"), "read"),
    (
        "cancelled before, all gone",
        target(APP),
        {},
        (*ASKING, GONE, "cancelled", confirmed(revocation=None)),
        "finish cancelled",
    ),
    ("held before", target(APP), {}, (*ASKING, GONE, "held", confirmed(revocation=None)), "finish held"),
]


@pytest.mark.parametrize(
    ("of", "changed", "answers", "step"),
    [row[1:] for row in ROWS],
    ids=[f"{n}: {row[0]}" for n, row in enumerate(ROWS)],
)
def test_next_step(of: Target, changed: dict[str, Any], answers: tuple[Answer, ...], step: str) -> None:
    assert words(begun(of, *answers, **changed).step) == step
