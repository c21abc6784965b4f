"""Approval: who has to agree, the verdict of decisions, and when to check again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.methods import STANDARD_SCOPE
from domain.policy.load import Policy
from domain.request.approval import (
    NotEnoughApproversError,
    Tally,
    Verdict,
    approval_needed,
    approvals,
    left_out,
    next_check,
    same_account,
    still_decides,
    verdict,
)
from domain.request.involved import Involved
from domain.request.reset_request import ApprovalNeeded, Approver, Decision, ResetRequest
from domain.request.target import Target

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
DIGEST = "d" * 64
PEOPLE = ("ann@msp.example", "ben@msp.example", "cat@msp.example")


def policy(*general: str, contoso: tuple[str, ...] = (), quorum: int = 1) -> Policy:
    tenant = "11111111-1111-1111-1111-11111111111"
    return Policy.model_validate(
        {
            "approval": {"approvers": general, "quorum": quorum, "stepUp": {"targets": 3, "quorum": 2}},
            "customers": {
                "contoso": {"tenantId": f"{tenant}1", "approvers": contoso},
                "fabrikam": {"tenantId": f"{tenant}2"},
            },
        }
    )


def tally(*customers: str, privileged: bool = False, name: str = "") -> Tally:
    return Tally().add(
        Target(number=number, customer=customer, asked=name or f"user{number}@x.example", privileged=privileged)
        for number, customer in enumerate(customers)
    )


def needed(
    policy: Policy,
    tally: Tally,
    *,
    exempt: bool = False,
    requester: str = "tech@x.example",
    at_least: ApprovalNeeded | None = None,
) -> ApprovalNeeded:
    involved = Involved(frozenset({requester.casefold()}))
    return approval_needed(policy, exempt=exempt, involved=involved, tally=tally, now=NOW, at_least=at_least)


def request(approvers: dict[str, list[str]], *, quorum: int = 1) -> ResetRequest:
    entries = [Approver(approver=person, customers=customers) for person, customers in approvers.items()]
    return ResetRequest(
        id="r1",
        created_at=NOW,
        source="api",
        methods=list(STANDARD_SCOPE),
        target_count=1,
        ranges=[("contoso", 0, 1)],
        plan_digest=DIGEST,
        approval=ApprovalNeeded(required=True, quorum=quorum, expires_at=NOW + timedelta(hours=24), approvers=entries),
    )


def decided(person: str, decision: str = "approve", **fields: object) -> Decision:
    base = {"approver": person, "decision": decision, "at": NOW, "plan_digest": DIGEST}
    return Decision.model_validate(base | fields)


def test_every_customer_is_asked_of_its_own_approvers() -> None:
    found = needed(policy("lead@msp.example", contoso=("it@contoso.com",)), tally("contoso", "fabrikam"))
    assert {entry.approver: entry.customers for entry in found.approvers} == {
        "it@contoso.com": ["contoso"],
        "lead@msp.example": ["fabrikam"],
    }
    assert (found.required, found.quorum, found.step_up) == (True, 1, False)
    assert found.expires_at == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("customers", "privileged", "step_up"),
    [(("contoso",), False, False), (("contoso",) * 3, False, True), (("contoso",), True, True)],
)
def test_many_or_privileged_targets_need_a_second_approver(
    customers: tuple[str, ...], privileged: bool, step_up: bool
) -> None:
    found = needed(policy(*PEOPLE), tally(*customers, privileged=privileged))
    assert (found.step_up, found.quorum) == (step_up, 2 if step_up else 1)


def test_exempt_sources_need_approval_only_after_a_step_up() -> None:
    assert not needed(policy(*PEOPLE), tally("contoso"), exempt=True).required
    assert needed(policy(*PEOPLE), tally("contoso", privileged=True), exempt=True).required


@pytest.mark.parametrize("involved", ["requester", "target"])
def test_nobody_involved_is_asked(involved: str) -> None:
    requester = "Ann@msp.example" if involved == "requester" else "tech@x.example"
    counted = tally("contoso", name="ANN@msp.example" if involved == "target" else "")
    found = needed(policy(*PEOPLE), counted, requester=requester)
    assert [entry.approver for entry in found.approvers] == ["ben@msp.example", "cat@msp.example"]


def test_refused_targets_do_not_count_but_their_users_do_not_decide() -> None:
    counted = tally("contoso")
    refused = Target(number=1, customer="fabrikam", asked=PEOPLE[0])
    counted.add([refused.model_copy(update={"outcome": "refused", "privileged": True})])
    found = needed(policy(*PEOPLE), counted)
    assert counted.targets == 1
    assert not found.step_up
    assert PEOPLE[0] not in [entry.approver for entry in found.approvers]


@given(st.lists(st.tuples(st.sampled_from(["contoso", "fabrikam"]), st.booleans()), max_size=12), st.integers(1, 5))
def test_a_tally_of_windows_is_that_of_all_targets(rows: list[tuple[str, bool]], size: int) -> None:
    targets = [
        Target(number=number, customer=customer, asked=f"User{number}@x.example", privileged=privileged)
        for number, (customer, privileged) in enumerate(rows)
    ]
    merged = Tally()
    for start in range(0, len(targets), size):
        merged.merge(Tally.from_json(Tally().add(targets[start : start + size]).to_json()))
    assert merged == Tally().add(targets)
    assert [merged.has(f"uSER{number}@x.example") for number in range(len(targets) + 1)] == [
        *[True] * len(targets),
        False,
    ]


def test_a_tally_that_is_kept_names_nobody() -> None:
    kept = str(tally("contoso", name="ann@msp.example").to_json())
    assert "ann" not in kept


def test_too_few_approvers_are_an_error_that_names_the_customer() -> None:
    with pytest.raises(NotEnoughApproversError, match="contoso needs 2 approvers and has 1 left"):
        needed(policy("ann@msp.example"), tally("contoso", privileged=True))


@pytest.mark.parametrize(
    ("decisions", "cancelled", "hours", "result"),
    [
        ([], False, 0, Verdict.WAITING),
        ([], False, 24, Verdict.EXPIRED),
        ([], True, 0, Verdict.CANCELLED),
        ([decided(PEOPLE[0])], False, 0, Verdict.WAITING),
        ([decided(PEOPLE[0]), decided(PEOPLE[1])], False, 0, Verdict.APPROVED),
        ([decided(PEOPLE[0]), decided(PEOPLE[1])], False, 25, Verdict.APPROVED),
        ([decided(PEOPLE[0]), decided(PEOPLE[1])], True, 0, Verdict.CANCELLED),
        ([decided(PEOPLE[0]), decided(PEOPLE[1], "deny")], False, 0, Verdict.DENIED),
        ([decided(PEOPLE[0]), decided(PEOPLE[1], plan_digest="e" * 64)], False, 0, Verdict.WAITING),
        ([decided(PEOPLE[0]), decided("eve@msp.example")], False, 0, Verdict.WAITING),
        ([decided(p, signed_in_as="t/o") for p in PEOPLE[:2]], False, 0, Verdict.WAITING),
    ],
)
def test_verdict_with_a_quorum_of_two(
    decisions: Sequence[Decision], cancelled: bool, hours: int, result: Verdict
) -> None:
    asked = request({person: ["contoso"] for person in PEOPLE}, quorum=2)
    assert verdict(asked, decisions, cancelled=cancelled, now=NOW + timedelta(hours=hours)) is result


def test_each_customer_needs_the_quorum_of_its_own_approvers() -> None:
    asked = request({PEOPLE[0]: ["contoso"], PEOPLE[1]: ["fabrikam"]})
    assert approvals(asked, [decided(PEOPLE[0])]) == {"contoso": 1, "fabrikam": 0}
    assert verdict(asked, [decided(PEOPLE[0])], cancelled=False, now=NOW) is Verdict.WAITING


@given(
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(["approve", "deny"])), max_size=6), st.integers(1, 3)
)
def test_a_denial_always_wins_and_no_approver_counts_twice(made: list[tuple[str, str]], quorum: int) -> None:
    asked = request({person: ["contoso"] for person in PEOPLE}, quorum=quorum)
    decisions = [decided(person, decision) for person, decision in made]
    found = verdict(asked, decisions, cancelled=False, now=NOW)
    voices = {person for person, decision in made if decision == "approve"}
    denied = any(decision == "deny" for _, decision in made)
    assert (found is Verdict.DENIED) is denied
    if not denied:
        assert (found is Verdict.APPROVED) is (len(voices) >= quorum)


def test_addresses_of_one_account_are_named() -> None:
    twice = [decided("Ann@msp.example", signed_in_as="t/o"), decided("ann2@msp.example", signed_in_as="t/o")]
    assert same_account([*twice, decided(PEOPLE[1], signed_in_as="t/p")]) == {"ann@msp.example", "ann2@msp.example"}
    assert same_account([decided(PEOPLE[0]), decided(PEOPLE[1])]) == frozenset()


def test_targets_are_left_out_only_at_the_approvers_own_customers() -> None:
    asked = request({PEOPLE[0]: ["contoso"], PEOPLE[1]: ["fabrikam"]})
    asked = asked.model_copy(update={"target_count": 4, "ranges": [("contoso", 0, 3), ("fabrikam", 3, 1)]})
    decisions = [decided("Ann@msp.example", without=[1, 2, 3]), decided("eve@msp.example", without=[3])]
    assert left_out(asked, decisions) == {"contoso": {1, 2}}


def test_a_retry_keeps_at_least_the_quorum_and_the_step_up() -> None:
    before = ApprovalNeeded(required=True, quorum=2, step_up=True)
    found = needed(policy(*PEOPLE), tally("contoso"), exempt=True, at_least=before)
    assert (found.required, found.quorum, found.step_up) == (True, 2, True)
    few = ApprovalNeeded(required=True, quorum=1)
    assert needed(policy(*PEOPLE, quorum=2), tally("contoso"), at_least=few).quorum == 2


def test_an_approver_removed_from_the_policy_no_longer_decides() -> None:
    asked = request({PEOPLE[0]: ["contoso"]})
    (entry,) = asked.approval.approvers
    assert still_decides(policy(*PEOPLE), asked, entry)
    assert not still_decides(policy(PEOPLE[1]), asked, entry)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (timedelta(0), timedelta(hours=4)),
        (timedelta(hours=4), timedelta(hours=24)),
        (timedelta(hours=30), timedelta(hours=24)),
    ],
)
def test_next_check_is_the_reminder_and_then_the_expiry(now: timedelta, due: timedelta) -> None:
    asked = request({PEOPLE[0]: ["contoso"]})
    assert next_check(asked, asked_at=NOW, remind_after=timedelta(hours=4), now=NOW + now) == NOW + due
