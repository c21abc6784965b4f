import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access.callers import Principal, PrincipalError, caller_of, is_approver, read_principal
from domain.access.sign_in import SignIn
from domain.policy.load import PolicyError, parse_policy
from domain.policy.model import Role
from tests.system import HOME
from tests.triggers.principals import CONTOSO, FABRIKAM, SOMEBODY, STRANGER, principal
from triggers.http.authorization import PRINCIPAL

POLICY = f"""
[approval]
approvers = ["lead@msp.example", "deputy@msp.example"]
[approval.identities]
"deputy@msp.example" = "{HOME}/{SOMEBODY}"
[customers.contoso]
tenantId = "{CONTOSO}"
domains = ["contoso.com"]
[customers.fabrikam]
tenantId = "{FABRIKAM}"
"""
ACCESS = (
    POLICY
    + f"""
[access.desk]
roles = ["Requester"]
customers = ["contoso"]
[access.chief]
roles = ["Requester", "Operator"]
principals = ["{SOMEBODY}"]
customers = ["fabrikam"]
[access.auditors]
roles = ["Auditor"]
"""
)
OTHER = SOMEBODY.replace("a", "b")


def signed_in(mail: str, *roles: str, **more: Any) -> Principal:
    return read_principal(principal(mail, *roles, **more)[PRINCIPAL])


def test_a_principal_is_read() -> None:
    read = signed_in("Lead@MSP.example", "Operator", oid=SOMEBODY.upper())
    assert read == Principal(
        HOME,
        SOMEBODY,
        frozenset({"lead@msp.example"}),
        "Lead@MSP.example",
        frozenset({"Operator"}),
        sign_in=SignIn(frozenset({"pwd", "mfa"})),
    )


@pytest.mark.parametrize(
    "principal",
    [
        {},
        [],
        None,
        {"claims": None},
        {"claims": [{"typ": "tid"}]},
        {"auth_typ": "google", "claims": [{"typ": "tid", "val": HOME}, {"typ": "oid", "val": SOMEBODY}]},
        {"claims": [{"typ": "preferred_username", "val": "lead@msp.example"}]},
        {"claims": [{"typ": "tid", "val": HOME}]},
        {"claims": [{"typ": "tid", "val": "home"}, {"typ": "oid", "val": SOMEBODY}]},
        {"claims": [{"typ": "tid", "val": t} for t in (HOME, CONTOSO)] + [{"typ": "oid", "val": SOMEBODY}]},
    ],
)
def test_what_entra_did_not_say_is_no_principal(principal: object) -> None:
    with pytest.raises(PrincipalError):
        read_principal(base64.b64encode(json.dumps(principal).encode()).decode())


@given(st.one_of(st.text(), st.binary().map(lambda data: base64.b64encode(data).decode())))
def test_any_text_is_a_principal_or_a_clear_error(text: str) -> None:
    with pytest.raises(PrincipalError):
        read_principal(text)


def test_without_access_a_role_of_the_provider_reaches_everything() -> None:
    caller = caller_of(signed_in("a@msp.example", "Operator", "Boss"), parse_policy(POLICY, {}), HOME)
    assert caller.grants == {Role.OPERATOR: None}
    assert caller.reach([Role.OPERATOR, Role.REQUESTER]) is None
    assert caller.reach([Role.AUDITOR]) == frozenset()


def test_roles_of_other_tenants_reach_that_customer_or_nothing() -> None:
    policy = parse_policy(POLICY, {})
    assert caller_of(signed_in("a@contoso.com", "Operator", tid=CONTOSO), policy, HOME).grants == {
        Role.OPERATOR: frozenset({"contoso"})
    }
    assert caller_of(signed_in("a@evil.example", "Operator", tid=STRANGER), policy, HOME).grants == {}


def test_access_says_who_reaches_which_customers() -> None:
    policy = parse_policy(ACCESS, {})
    roles = ("Requester", "Operator", "Auditor")
    desk = caller_of(signed_in("a@msp.example", *roles, oid=OTHER), policy, HOME)
    assert desk.grants == {Role.REQUESTER: frozenset({"contoso"}), Role.AUDITOR: None}
    chief = caller_of(signed_in("b@msp.example", *roles), policy, HOME)
    assert chief.grants[Role.REQUESTER] == frozenset({"contoso", "fabrikam"})
    assert chief.grants[Role.OPERATOR] == frozenset({"fabrikam"})
    assert caller_of(signed_in("c@msp.example"), policy, HOME).grants == {}  # an entry gives nobody a role
    customer = caller_of(signed_in("d@contoso.com", *roles, tid=CONTOSO), policy, HOME)
    assert customer.grants == {
        Role.REQUESTER: frozenset({"contoso"}),
        Role.OPERATOR: frozenset(),
        Role.AUDITOR: frozenset({"contoso"}),
    }


def test_mistakes_in_access_are_named() -> None:
    text = POLICY + '[access.x]\nroles = ["Boss"]\nprincipals = ["me"]\ncustomers = ["contos"]\nrole = 1\n'
    with pytest.raises(PolicyError) as error:
        parse_policy(text, {})
    said = str(error.value)
    for part in ("access.x.roles.0: must be", "access.x.principals.0: must be", "'contos'; did you mean", "'roles'?"):
        assert part in said


@pytest.mark.parametrize(
    ("identity", "approver", "mine"),
    [
        (f"{HOME}/{OTHER}", "lead@msp.example", True),
        (f"{HOME}/{OTHER}", "LEAD@msp.example", True),
        (f"{HOME}/{SOMEBODY}", "lead@msp.example", False),
        (f"{STRANGER}/{OTHER}", "lead@msp.example", False),
        # Where the policy names the account, only that one counts, whatever was found for the address.
        (f"{HOME}/{OTHER}", "deputy@msp.example", False),
        (f"{HOME}/{SOMEBODY}", "Deputy@msp.example", True),
        (f"{STRANGER}/{SOMEBODY}", "deputy@msp.example", False),
    ],
)
def test_who_is_the_approver(identity: str, approver: str, mine: bool) -> None:
    assert is_approver(identity, approver, [f"{HOME}/{OTHER}"], parse_policy(POLICY, {})) is mine
