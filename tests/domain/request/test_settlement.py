"""How what was seen and answered settles a method and a target, row by row."""

import pytest

from domain.methods import MethodType
from domain.outcomes import MethodOutcome, TargetOutcome
from domain.request.settlement import (
    failure_reason,
    given_up,
    mark_ambiguous,
    mark_gone,
    mark_kept_newer,
    mark_unverified,
)
from domain.request.target import Answered, Target, TargetMethod

CODES = TargetMethod(type=MethodType.SOFTWARE_OATH, id="codes", label="codes")
LOST = "Graph's answer to the removal was lost; the method is gone."
DIED = "The reset was interrupted while it removed; the method is gone."


def method(answered: str = "", **more: object) -> TargetMethod:
    return CODES.model_copy(update={"answered": Answered(answered), **more})


def target(*methods: TargetMethod, **more: object) -> Target:
    return Target(number=0, customer="contoso", asked="u1", methods=list(methods)).model_copy(update=more)


@pytest.mark.parametrize(
    ("answered", "outcome", "detail"),
    [
        ("", "alreadyGone", ""),
        ("missing", "alreadyGone", ""),
        ("removed", "deleted", ""),
        ("sent", "deleted", LOST),
        ("begun", "deleted", DIED),
    ],
)
def test_method_that_is_not_listed_any_more(answered: str, outcome: str, detail: str) -> None:
    before = method(answered, detail="what Graph said before")
    after = mark_gone(before)
    assert (after.outcome.value, after.detail) == (outcome, detail)
    assert (before.outcome, before.detail) == (MethodOutcome.PENDING, "what Graph said before")


def test_hardware_token_is_deactivated_if_we_removed_it_and_already_gone_if_not() -> None:
    token = method("removed", type=MethodType.HARDWARE_OATH)
    assert mark_gone(token).outcome is MethodOutcome.DEACTIVATED
    assert mark_gone(token.model_copy(update={"answered": Answered.NOT_ASKED})).outcome is MethodOutcome.ALREADY_GONE


def test_what_cannot_be_known_is_unverified_in_words_of_its_own() -> None:
    removed, sent = method("removed"), method("sent")
    ends = [mark_unverified(removed, listed=True), mark_unverified(removed, listed=False), mark_ambiguous(sent)]
    ends.append(mark_unverified(sent, listed=False))
    assert {end.outcome for end in ends} == {MethodOutcome.UNVERIFIED}
    assert len({end.detail for end in ends}) == 4
    assert ["still listed" in end.detail for end in ends] == [True, False, False, False]


def test_what_is_newer_than_the_plan_is_kept() -> None:
    assert mark_kept_newer(method()).outcome is MethodOutcome.KEPT_NEWER


@pytest.mark.parametrize(
    ("ends", "outcome", "reason"),
    [
        (["deleted"], TargetOutcome.RESET, ""),
        (["deleted", "unverified"], TargetOutcome.PARTIALLY_RESET, "unverified"),
        (["unverified", "failed"], TargetOutcome.PARTIALLY_RESET, "notRemoved"),
        (["failed", "refusedDefault"], TargetOutcome.FAILED, "refusedDefault"),
        (["refusedDefault", "throttled"], TargetOutcome.FAILED, "throttled"),
        (["throttled", "forbidden"], TargetOutcome.FAILED, "forbidden"),
        (["deleted"], TargetOutcome.PARTIALLY_RESET, "sessionsNotRevoked"),
    ],
)
def test_worst_method_is_the_reason(ends: list[str], outcome: TargetOutcome, reason: str) -> None:
    methods = [method(outcome=MethodOutcome(end), detail=f"is {end}") for end in ends]
    found = failure_reason(outcome, methods)
    assert found[0] == reason
    bad = {"notRemoved": "failed"}.get(reason, reason)
    assert found[1] == ("" if reason in {"", "sessionsNotRevoked"} else f"is {bad}")


def test_tokens_that_could_not_be_read_are_the_reason_and_not_said_to_be_still_there() -> None:
    unread = method(id="", outcome=MethodOutcome.FAILED, detail="They could not be read: locked")
    methods = [method(outcome=MethodOutcome.DELETED), unread]
    assert failure_reason(TargetOutcome.PARTIALLY_RESET, methods) == ("methodsUnreadable", unread.detail)


@pytest.mark.parametrize(
    ("answered", "untouched", "outcome", "end"),
    [
        ("", TargetOutcome.FAILED, "failed", "failed"),
        ("", TargetOutcome.REFUSED, "refused", "pending"),
        ("", TargetOutcome.CANCELLED, "cancelled", "pending"),
        ("removed", TargetOutcome.CANCELLED, "partiallyReset", "unverified"),
        ("begun", TargetOutcome.REFUSED, "partiallyReset", "unverified"),
        ("sent", TargetOutcome.FAILED, "partiallyReset", "unverified"),
    ],
)
def test_target_that_is_given_up_without_another_look(
    answered: str, untouched: TargetOutcome, outcome: str, end: str
) -> None:
    settled = method(outcome=MethodOutcome.FORBIDDEN, detail="not granted")
    ended = given_up(target(method(answered), settled), "stopped", "No more is tried.", untouched=untouched)
    assert (ended.outcome.value, ended.reason, ended.detail) == (outcome, "stopped", "No more is tried.")
    assert [m.outcome.value for m in ended.methods] == [end, "forbidden"]
    assert ended.methods[1] is settled
    assert ended.begun_at is None
