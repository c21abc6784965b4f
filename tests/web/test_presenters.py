"""How a request stands, judged by its decisions: the status follows them only when the workflow has got to it."""

from datetime import timedelta

import pytest

from domain.methods import MethodType
from domain.outcomes import MethodOutcome, RequestStatus
from domain.policy.load import Policy, parse_policy
from domain.request.reset_request import ApprovalNeeded, Approver, Decision, ResetRequest
from domain.request.target import Target, TargetMethod
from tests.system import ROOT
from tests.web.markup import Markup
from tests.web.samples import NOW
from web.pages import render
from web.presenters import plan_totals, state_view

OWNER, CFO, LEAD, SECOND = "owner@contoso.com", "cfo@contoso.com", "lead@msp.example", "second@msp.example"
MINE = Approver(approver=OWNER, customers=["contoso"])
ASKED = (MINE, Approver(approver=CFO, customers=["contoso"]), Approver(approver=LEAD, customers=["fabrikam"]))
TARGETS = [Target(number=0, customer="contoso", asked="adele@contoso.com", planned=True)]


@pytest.fixture(scope="module")
def policy() -> Policy:
    text = (ROOT / "localhost/policy.demo.toml").read_text("utf-8")
    return parse_policy(text.replace('approvers = ["owner@contoso.com"]', f'approvers = ["{OWNER}", "{CFO}"]'), None)


def request(*approvers: Approver, quorum: int = 1, undo: bool = False) -> ResetRequest:
    customers = list(dict.fromkeys(customer for entry in approvers for customer in entry.customers))
    return ResetRequest(
        id="r_1",
        status=RequestStatus.AWAITING_APPROVAL,
        created_at=NOW,
        source="tests",
        methods=[MethodType.PHONE],
        target_count=len(customers),
        ranges=[(customer, number, 1) for number, customer in enumerate(customers)],
        plan_digest="d",
        undo_of="r_0" if undo else None,
        approval=ApprovalNeeded(
            required=True, quorum=quorum, expires_at=NOW + timedelta(hours=23), approvers=list(approvers)
        ),
    )


def said(approver: str, decision: str = "approve") -> Decision:
    return Decision(approver=approver, decision="approve" if decision == "approve" else "deny", at=NOW, plan_digest="d")


def page(policy: Policy, asked: ResetRequest, *decisions: Decision, cancelled: bool = False, hours: int = 0) -> str:
    now = NOW + timedelta(hours=hours)
    view = state_view(policy, asked, MINE, TARGETS, decisions, now, cancelled=cancelled)
    return Markup(render("approval_state.html", view=view)).text


@pytest.mark.parametrize("undo", [False, True])
def test_right_after_the_decision_nothing_says_that_it_waits(policy: Policy, *, undo: bool) -> None:
    ask = request(MINE, undo=undo)
    pages = {
        "Denied An approver denied": page(policy, ask, said(OWNER, "deny")),
        "Approved All approvals that it needs are given.": page(policy, ask, said(OWNER)),
        "Expired No decision was made in time.": page(policy, ask, hours=24),
        "Cancelled The": page(policy, ask, cancelled=True),
    }
    for start, text in pages.items():
        assert start in text
        assert "Waiting for approval" not in text
        assert "have agreed" not in text
        assert "Not started yet" not in text
        assert "left" not in text
        assert "Waits for" not in text
    assert "Show how it stands now" in pages["Approved All approvals that it needs are given."]
    assert "removed before, if" not in pages["Cancelled The"]


def test_the_recorded_verdict_is_displayed_before_the_status_follows(policy: Policy) -> None:
    ask = request(MINE)
    late = ask.approval.model_copy(update={"ends_as": RequestStatus.EXPIRED})
    assert "Expired" in page(policy, ask.model_copy(update={"approval": late}), said(OWNER))


def test_withdrawn_and_cancelled_midway_have_different_statuses(policy: Policy) -> None:
    ask = request(MINE)
    for ends_as, text in (
        (RequestStatus.CANCELLED, "The request was cancelled before anything was removed."),
        (RequestStatus.RESETTING, "What was removed before, if anything, stays removed."),
    ):
        approval = ask.approval.model_copy(update={"ends_as": ends_as})
        assert text in page(policy, ask.model_copy(update={"status": RequestStatus.CANCELLED, "approval": approval}))


def test_where_it_waits_it_says_for_whom(policy: Policy) -> None:
    waiting = page(policy, request(MINE, ASKED[1]))
    assert "Waiting for approval" in waiting
    assert f"Waits for 1 of {OWNER} , {CFO}" in waiting
    assert "Show how it stands now" in waiting
    assert f"Waits for {CFO}" in page(policy, request(MINE, ASKED[1], quorum=2), said(OWNER))


def test_of_other_customers_it_says_only_that_they_wait(policy: Policy) -> None:
    assert "Waits for other customers' approvers" in page(policy, request(*ASKED), said(OWNER))
    both = page(policy, request(*ASKED))
    assert f"Waits for 1 of {OWNER} , {CFO} and other customers' approvers" in both
    assert LEAD not in both
    assert "abrikam" not in both


def test_whom_the_policy_no_longer_names_is_not_waited_for(policy: Policy) -> None:
    gone = Approver(approver="gone@contoso.com", customers=["contoso"])
    text = page(policy, request(MINE, gone, quorum=2), said(OWNER))
    assert "gone@contoso.com" not in text
    assert "Waits for nobody who could still approve" in text


def test_users_are_counted_once_the_reset_has_begun(policy: Policy) -> None:
    ask = request(MINE)
    assert "Users so far" not in page(policy, ask)
    assert "Users so far Not started yet 1" in page(policy, ask.model_copy(update={"status": RequestStatus.RESETTING}))


def test_who_registers_again_is_counted_by_what_is_taken_and_who_would_ask() -> None:
    phone = TargetMethod(type=MethodType.PHONE, id="p", label="mobile")
    one = TARGETS[0].model_copy(update={"methods": [phone]})
    unasked = one.model_copy(update={"warnings": ["passwordOnly"]})
    newer = one.model_copy(update={"methods": [phone.model_copy(update={"outcome": MethodOutcome.KEPT_NEWER})]})
    undone = one.model_copy(update={"tokens": ["p"]})
    totals = plan_totals([one, one, unasked, newer, undone, TARGETS[0]])
    assert (totals.users, totals.registering) == (6, 2)
