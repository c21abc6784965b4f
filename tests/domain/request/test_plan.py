"""The plan digest: the same for the same plan, another for every difference that an approver has to see."""

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

from domain.containment.actions import Action, ActionOutcome, Containment, ContainmentTerms
from domain.methods import STANDARD_SCOPE, MethodType
from domain.request.plan import (
    WINDOW,
    people_line,
    plan_digest,
    plan_line,
    scope_line,
    window_hash,
    window_starts,
)
from domain.request.reset_request import ResetRequest
from domain.request.target import Target, TargetMethod
from domain.verification.evidence import EvidenceKind, TargetVerification

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
REQUEST = ResetRequest(
    id="r1", created_at=NOW, source="api", methods=list(STANDARD_SCOPE), target_count=2, ranges=[("contoso", 0, 2)]
)
PHONE = TargetMethod(type=MethodType.PHONE, id="p", label="mobile •••12", number_hash="ab", created_at=NOW)
TARGET = Target(number=0, customer="contoso", asked="adele", tenant_id="t", user_id="u1", planned=True, methods=[PHONE])


def digest(request: ResetRequest = REQUEST, *targets: Target) -> str:
    every = targets or (TARGET,)
    hashes = [window_hash(every[start : start + WINDOW]) for start in window_starts(len(every))]
    return plan_digest(request.id, scope_line(request), people_line(request), hashes)


def changed(**fields: object) -> Target:
    return TARGET.model_copy(update=fields)


def with_method(**fields: object) -> Target:
    return changed(methods=[PHONE.model_copy(update=fields)])


def test_form_of_the_digest() -> None:
    """Evidence packs of old requests are verified by it, so it never changes without a new version."""
    assert scope_line(REQUEST) == (
        '{"methods":["phone","microsoftAuthenticator","softwareOath","hardwareOath"],"revokeSessions":true,"undoOf":null}'
    )
    assert plan_line(TARGET) == '[0,"t","u1","planned",[["phone","p","ab","2026-11-02T09:00:00+00:00"]]]'
    assert people_line(REQUEST) == "{}"
    line, scope, people = (
        hashlib.sha256(text.encode()).hexdigest() for text in (plan_line(TARGET), scope_line(REQUEST), "{}")
    )
    window = hashlib.sha256(f"{line}\n".encode()).hexdigest()
    text = f"plan:4:r1\n{scope}\n{people}\n{window}\n"
    assert digest() == hashlib.sha256(text.encode()).hexdigest()
    assert WINDOW == 250


@pytest.mark.parametrize(
    "target",
    [
        changed(number=1),
        changed(tenant_id="other"),
        changed(user_id="u2"),
        changed(planned=False, reason="guestUser"),
        changed(methods=[]),
        changed(methods=[PHONE, PHONE.model_copy(update={"id": "q"})]),
        with_method(type=MethodType.SOFTWARE_OATH),
        with_method(id="q"),
        with_method(number_hash="cd"),
        with_method(created_at=None),
        with_method(created_at=NOW.replace(microsecond=1)),
    ],
)
def test_every_difference_of_a_target_makes_another_digest(target: Target) -> None:
    assert digest(REQUEST, target) != digest()


@pytest.mark.parametrize(
    "fields",
    [{"methods": [MethodType.PHONE]}, {"revoke_sessions": False}, {"undo_of": "r0"}, {"id": "r2"}],
)
def test_every_difference_of_the_scope_makes_another_digest(fields: dict[str, object]) -> None:
    assert digest(REQUEST.model_copy(update=fields)) != digest()


def test_what_happens_after_the_plan_does_not_change_the_digest() -> None:
    later = with_method(outcome="deleted", detail="x", request_id="g").model_copy(update={"outcome": "reset"})
    assert digest(REQUEST, later) == digest()
    assert digest(REQUEST.model_copy(update={"status": "resetting", "reason": "other"})) == digest()


@given(st.integers(2, 2 * WINDOW), st.data())
def test_two_targets_in_another_order_make_another_digest(count: int, data: st.DataObject) -> None:
    targets = [changed(number=number) for number in range(count)]
    first = data.draw(st.integers(0, count - 2))
    other = [*targets]
    other[first], other[first + 1] = other[first + 1], other[first]
    assert digest(REQUEST, *other) != digest(REQUEST, *targets)


def test_a_target_that_is_missing_or_doubled_makes_another_digest() -> None:
    targets = [changed(number=number) for number in range(WINDOW + 1)]
    for other in (targets[:-1], targets[1:], [*targets, targets[-1]]):
        assert digest(REQUEST, *other) != digest(REQUEST, *targets)


CONTAINED = REQUEST.model_copy(update={"containment": ContainmentTerms()})


@pytest.mark.parametrize(
    "terms", [{"contain_first": True}, {"confirm_risk": True}, {"unblock": "verified"}, {"on_denied": "keep"}]
)
def test_another_term_of_a_containment_is_another_digest(terms: dict[str, object]) -> None:
    other = CONTAINED.model_copy(update={"containment": ContainmentTerms().model_copy(update=terms)})
    assert digest(other) != digest(CONTAINED)
    assert set(terms) <= set(ContainmentTerms.model_fields), "it names a field that there is not"


def test_a_containment_is_in_the_digest_where_there_is_one_and_only_there() -> None:
    assert digest(CONTAINED) != digest()
    assert "containment" not in scope_line(REQUEST)
    assert {to_camel(name) for name in ContainmentTerms.model_fields} == set(ContainmentTerms().in_digest())


def test_what_is_done_to_a_contained_user_after_the_plan_leaves_the_digest_as_it_is() -> None:
    before = changed(containment=Containment())
    waiting = TargetVerification(accept=[EvidenceKind.CALLBACK], until=NOW)
    blocked = Containment(enabled_before=True, blocked=Action(outcome=ActionOutcome.DONE, at=NOW))
    assert digest(CONTAINED, before) == digest(CONTAINED, changed(containment=blocked, verification=waiting))
