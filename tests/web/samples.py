"""Views that the tests of pages and mails share: one of everything an approver can meet."""

from copy import replace
from datetime import UTC, datetime, timedelta

from domain.bootstrap.access_pass import AccessPassMade
from web.attestation import AttestationView
from web.views import (
    ApprovalView,
    CustomerView,
    DecisionView,
    FollowedView,
    FollowUpView,
    MethodView,
    NoticeView,
    OutcomeView,
    PageView,
    PassView,
    PlanTotals,
    StateView,
    UserView,
)

NOW = datetime(2026, 11, 24, 10, 43, tzinfo=UTC)
ADDRESS = "/api/approvals?token=k1.eyJyIjoiMTIzIn0.c2ln"
LINK = f"https://mfa.msp.example{ADDRESS}"

ADELE = UserView(
    number=0,
    display_name="Adele Vance",
    user_principal_name="adele@contoso.com",
    methods=(
        MethodView("softwareOath", "softwareOath"),
        MethodView("phone", "mobile •••34"),
        MethodView("microsoftAuthenticator", "Pixel 8", is_default=True),
        MethodView("fido2", "YubiKey 5C", fate="keep", reason="notInScope"),
        MethodView("windowsHelloForBusiness", "LAPTOP-7", fate="keep", reason="notInScope"),
    ),
)
GRADY = UserView(
    number=1,
    display_name="Grady Archie",
    user_principal_name="grady@contoso.com",
    methods=(MethodView("hardwareOath", "•••8841", fate="deactivate"), MethodView("phone", "office •••07")),
    forecast="passwordOnly",
    access_pass=PassView("offered", "requested", timedelta(hours=1)),
)
BREAKGLASS = UserView(
    number=2, display_name="Break Glass", user_principal_name="breakglass@contoso.com", refused="protectedUser"
)
LYNNE = UserView(
    number=3,
    display_name="Lynne Robbins",
    user_principal_name="lynne.robbins@fabrikam.com",
    methods=(MethodView("microsoftAuthenticator", "iPhone 15", is_default=True),),
    warnings=("privilegedUser",),
    privileged=True,
)
UNKNOWN = UserView(number=4, display_name="", user_principal_name="nobody@fabrikam.com", refused="userNotFound")

CUSTOMERS = (
    CustomerView("Contoso", "contoso", (ADELE, GRADY, BREAKGLASS), targets=3),
    CustomerView("Fabrikam", "fabrikam", (LYNNE, UNKNOWN), targets=2),
)

APPROVAL = ApprovalView(
    request_id="r_01JDEXAMPLE",
    asked_by="sam@msp.example",
    source="helpdesk",
    ticket="INC0012345",
    reason="Lost phones after the break-in at the Contoso office",
    approver="lead@msp.example",
    created_at=NOW,
    expires_at=NOW + timedelta(hours=24),
    now=NOW + timedelta(minutes=20),
    customers=CUSTOMERS,
    totals=PlanTotals(
        users=3,
        refused=2,
        removed=5,
        deactivated=1,
        privileged=1,
        registering=2,
        password_only=1,
        refusals={"protectedUser": 1, "userNotFound": 1},
    ),
    targets=5,
    hidden=(("nonce", "n0nce-Value_42"), ("digest", "ab12")),
)
ONE_USER = replace(
    APPROVAL,
    customers=(CustomerView("Contoso", "contoso", (ADELE,), targets=1),),
    totals=PlanTotals(users=1, refused=0, removed=3, deactivated=0, registering=1),
    targets=1,
    reason="New phone",
)
CAREFUL = replace(
    APPROVAL,
    quorum=2,
    approvals=1,
    step_up=("privilegedUser",),
    decisions=(DecisionView("owner@contoso.com", "approve", NOW + timedelta(minutes=9), left_out=1),),
)


def large(page: int = 1, users: int = 200) -> ApprovalView:
    """One page of a request for 10,000 users."""
    first = (page - 1) * users
    crowd = tuple(
        UserView(n, f"User Number {n}", f"user{n}@contoso.com", (MethodView("phone", "mobile •••34", is_default=True),))
        for n in range(first, first + users)
    )
    return replace(
        APPROVAL,
        customers=(CustomerView("Contoso", "contoso", crowd, targets=10_000),),
        totals=PlanTotals(users=10_000, refused=0, removed=10_000, deactivated=0, registering=10_000),
        targets=10_000,
        step_up=("manyTargets",),
        page=PageView(page, 50),
        address=ADDRESS,
    )


STATE = StateView(
    request_id=APPROVAL.request_id,
    status="resetting",
    asked_by=APPROVAL.asked_by,
    ticket=APPROVAL.ticket,
    reason=APPROVAL.reason,
    now=APPROVAL.now,
    targets=5,
    totals={"pending": 2, "reset": 1, "refused": 2},
    refused=2,
    expires_at=APPROVAL.expires_at,
    approvals=1,
    decisions=(DecisionView("lead@msp.example", "approve", NOW + timedelta(minutes=20), "Called Sam back, fine.", 1),),
    notice="approved",
)


def _ended(user: UserView, outcome: str, *ends: str, reason: str = "", revoked: bool | None = True) -> UserView:
    methods = tuple(
        replace(method, outcome=end) for method, end in zip(user.methods, ends + ("pending",) * 9, strict=False)
    )
    return replace(user, outcome=outcome, methods=methods, reason=reason, sessions_revoked=revoked)


OUTCOME = OutcomeView(
    request_id=APPROVAL.request_id,
    status="partiallyCompleted",
    asked_by=APPROVAL.asked_by,
    ticket=APPROVAL.ticket,
    reason=APPROVAL.reason,
    ended_at=NOW + timedelta(minutes=25),
    targets=5,
    totals={"reset": 1, "partiallyReset": 1, "refused": 2, "failed": 1},
    customers=(
        CustomerView(
            "Contoso",
            "contoso",
            (
                _ended(ADELE, "reset", "deleted", "alreadyGone", "deleted"),
                _ended(GRADY, "partiallyReset", "forbidden", "deleted", reason="forbidden"),
                replace(BREAKGLASS, outcome="refused", reason="protectedUser"),
            ),
            targets=3,
        ),
        CustomerView(
            "Fabrikam",
            "fabrikam",
            (
                _ended(LYNNE, "failed", "throttled", reason="throttled", revoked=False),
                replace(UNKNOWN, outcome="refused", reason="userNotFound"),
            ),
            targets=2,
        ),
    ),
    decisions=STATE.decisions,
)

NOTICE = NoticeView(
    user=OUTCOME.customers[0].users[0],
    customer="Contoso",
    at=OUTCOME.ended_at,
    contact="the MSP service desk, +1 555 0100",
    ticket="INC0012345",
)

ATTESTATION = AttestationView(
    request_id=APPROVAL.request_id,
    user="Adele Vance",
    user_principal_name="adele@contoso.com",
    customer="Contoso",
    manager="megan@contoso.com",
    asked_by=APPROVAL.asked_by,
    ticket="INC0012345",
    reason=APPROVAL.reason,
    contact="the MSP service desk, +1 555 0100",
    until=NOW + timedelta(hours=4),
    now=NOW,
    state="waiting",
    address="/api/attestations?token=k1.abc.def",
    hidden=(("nonce", "k1.1.abc"),),
)

PASS = PassView("offered", "cannotRegister", timedelta(hours=1))
MADE = AccessPassMade(
    access_pass="3+vwUwZ*",
    user_principal_name="adele@contoso.com",
    lifetime_minutes=60,
    once=True,
    ends_at=NOW + timedelta(hours=1),
)

FOLLOW_UP = FollowUpView(
    request_id=OUTCOME.request_id,
    ticket="INC0012345",
    asked_by=OUTCOME.asked_by,
    at=OUTCOME.ended_at + timedelta(hours=24),
    ended_at=OUTCOME.ended_at,
    totals={"registered": 1, "quick": 1, "exposed": 1},
    users=(
        FollowedView("grady@contoso.com", "Contoso", "exposed"),
        FollowedView("adele@contoso.com", "Contoso", "quick"),
    ),
)
