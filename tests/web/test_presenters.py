"""How a request stands, judged by its decisions: the status follows them only when the workflow has got to it."""

from datetime import timedelta
from typing import Any

import pytest

from domain.methods import MethodType
from domain.outcomes import MethodOutcome, RequestStatus, TargetOutcome
from domain.policy.load import Policy, parse_policy
from domain.request.forecast import Forecast
from domain.request.reset_request import ApprovalNeeded, Approver, Decision, ResetRequest
from domain.request.target import Target, TargetMethod
from tests.system import ROOT
from tests.web.markup import Markup
from tests.web.samples import NOW
from web.pages import render
from web.presenters import plan_totals, state_view, user_view
from web.views import CustomerView, ProofView, UserGroup, UserView

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
    view = state_view(policy, asked, MINE, {"pending": 1}, decisions, now, cancelled=cancelled)
    return Markup(render("approval_state.html", view=view)).text


@pytest.mark.parametrize("undo", [False, True])
def test_right_after_the_decision_nothing_says_that_it_waits(policy: Policy, *, undo: bool) -> None:
    ask = request(MINE, undo=undo)
    pages = {
        "Denied An approver denied": page(policy, ask, said(OWNER, "deny")),
        "Approved Fully approved.": page(policy, ask, said(OWNER)),
        "Expired No decision was made in time.": page(policy, ask, hours=24),
        "Withdrawn The": page(policy, ask, cancelled=True),
    }
    for start, text in pages.items():
        assert start in text
        assert "Waiting for approval" not in text
        assert "have agreed" not in text
        assert "Not started yet" not in text
        assert "left" not in text
        assert "Waits for" not in text
    assert "Show the current status" in pages["Approved Fully approved."]
    assert "removed before, if" not in pages["Withdrawn The"]


def test_the_recorded_verdict_is_displayed_before_the_status_follows(policy: Policy) -> None:
    ask = request(MINE)
    late = ask.approval.model_copy(update={"ends_as": RequestStatus.EXPIRED})
    assert "Expired" in page(policy, ask.model_copy(update={"approval": late}), said(OWNER))


def test_withdrawn_and_cancelled_midway_have_different_statuses(policy: Policy) -> None:
    ask = request(MINE)
    for ends_as, text in (
        (RequestStatus.CANCELLED, "The request was withdrawn before anything was removed."),
        (RequestStatus.RESETTING, "What was removed before, if anything, stays removed."),
    ):
        approval = ask.approval.model_copy(update={"ends_as": ends_as})
        assert text in page(policy, ask.model_copy(update={"status": RequestStatus.CANCELLED, "approval": approval}))


def test_where_it_waits_it_says_for_whom(policy: Policy) -> None:
    waiting = page(policy, request(MINE, ASKED[1]))
    assert "Waiting for approval" in waiting
    assert f"Waits for 1 of {OWNER} , {CFO}" in waiting
    assert "Show the current status" in waiting
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
    assert "Waits for no one who could still approve" in text


def test_users_are_counted_once_the_reset_has_begun(policy: Policy) -> None:
    ask = request(MINE)
    assert "Users so far" not in page(policy, ask)
    begun = ask.model_copy(update={"status": RequestStatus.RESETTING})
    assert "0 of 1 user done" in page(policy, begun)
    assert "Users so far Not started yet 1" in page(policy, begun)


def test_counts_of_an_ended_request_are_not_called_so_far(policy: Policy) -> None:
    ended = request(MINE).model_copy(update={"status": RequestStatus.COMPLETED})
    view = state_view(policy, ended, MINE, {"reset": 1}, (said(OWNER),), NOW)
    text = Markup(render("approval_state.html", view=view)).text
    assert "Users by result Reset 1" in text
    assert "so far" not in text


def test_a_comment_keeps_its_lines(policy: Policy) -> None:
    decision = said(OWNER, "deny").model_copy(update={"comment": "Not her.\nCall <b>me</b>."})
    view = state_view(policy, request(MINE), MINE, {"pending": 1}, (decision,), NOW)
    assert "<bdi>Not her.\nCall &lt;b&gt;me&lt;/b&gt;.</bdi>" in render("approval_state.html", view=view)


def test_a_page_without_counts_shows_no_progress(policy: Policy) -> None:
    begun = request(MINE).model_copy(update={"status": RequestStatus.RESETTING})
    view = state_view(policy, begun, MINE, None, (), NOW)
    text = Markup(render("approval_state.html", view=view)).text
    assert "Resetting now" in text
    assert "done" not in text
    assert "Users so far" not in text
    assert view.targets == 1


def test_users_are_counted_by_their_forecast_and_only_who_must_has_to_register() -> None:
    words = ("mustRegister", "mustRegister", "keepsStrongMethod", "passwordOnly", "unknown", None)
    totals = plan_totals([TARGETS[0].model_copy(update={"forecast": word and Forecast(word)}) for word in words])
    expected = {"mustRegister": 2, "keepsStrongMethod": 1, "passwordOnly": 1, "cannotRegister": 0, "unknown": 1}
    assert totals.forecasts == expected
    assert (totals.users, totals.registering) == (6, 2)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({}, "mustRegister"),
        ({"outcome": "reset"}, "mustRegister"),
        ({"outcome": "alreadyClear"}, "mustRegister"),
        ({"outcome": "partiallyReset"}, ""),
        ({"outcome": "failed"}, ""),
        ({"outcome": "refused"}, ""),
    ],
)
def test_a_forecast_is_shown_as_long_as_it_holds(change: dict[str, str], shown: str) -> None:
    target = Target.model_validate(
        TARGETS[0].model_copy(update={"forecast": Forecast.MUST_REGISTER}).to_json() | change
    )
    assert user_view(target, request(MINE)).forecast == shown


def test_a_forecast_does_not_hold_for_who_registered_meanwhile() -> None:
    newer = TargetMethod(type=MethodType.PHONE, id="p", label="mobile", outcome=MethodOutcome.KEPT_NEWER)
    update = {"forecast": Forecast.MUST_REGISTER, "methods": [newer], "outcome": TargetOutcome.RESET}
    assert not user_view(TARGETS[0].model_copy(update=update), request(MINE)).forecast


@pytest.mark.parametrize(
    ("warning", "forecast"),
    [("passwordOnly", "passwordOnly"), ("cannotRegister", "cannotRegister"), ("registeringBlocked", "cannotRegister")],
)
def test_a_record_from_before_forecasts_is_read_as_one(warning: str, forecast: str) -> None:
    stored = TARGETS[0].to_json() | {"warnings": ["guestUser", warning]}
    del stored["forecast"]
    target = Target.from_json(stored)
    assert (target.warnings, target.forecast) == (["guestUser"], forecast)


def test_a_long_page_shows_first_those_who_ask_for_a_closer_look() -> None:
    plain = [UserView(n, f"User {n}", f"user{n}@contoso.com") for n in range(25)]
    careful = [UserView(100 + n, "Admin", f"admin{n}@contoso.com", privileged=True) for n in range(12)]
    customer = CustomerView("Contoso", "contoso", (*plain, *careful), targets=37)
    assert customer.groups(customer.accepted, folds=False) == (UserGroup((*plain, *careful)),)
    first, rest = customer.groups(customer.accepted, folds=True)
    assert (first.users, first.folded) == (tuple(careful[:10]), False)
    assert (rest.users, rest.folded, rest.careful) == ((*plain, *careful[10:]), True, 2)
    assert rest.marks({3})
    assert not rest.marks({100})
    assert customer.groups((), folds=True) == ()


@pytest.mark.parametrize(
    ("of", "careful"),
    [
        ({}, False),
        ({"privileged": True}, True),
        ({"warnings": ("privilegesUnknown",)}, True),
        ({"forecast": "passwordOnly"}, True),
        ({"forecast": "mustRegister"}, False),
        ({"proof": ProofView("none")}, True),
        ({"refused": "guestUser", "privileged": True}, False),
    ],
)
def test_who_asks_for_a_closer_look(of: dict[str, Any], careful: bool) -> None:
    assert UserView(1, "Adele", "adele@contoso.com", **of).is_careful is careful
