"""Guards: who is refused at the plan, who right before the reset, and what the policy has to say about it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy.model import Customer, Guards
from domain.request.guards import Person, changed_since, privilege_refusal, refusal, still_allowed
from domain.request.involved import Involved
from domain.request.target import Target

USER = "aaaaaaaa-0000-0000-0000-000000000001"
TENANT = "11111111-1111-1111-1111-111111111111"
ADELE = Person(user_id=USER, names=frozenset({"adele@contoso.com"}), guest=False, enabled=True)
REQUESTER = "tech@msp.example"


def customer(*protected: str, tenant_id: str = TENANT) -> Customer:
    return Customer(tenant_id=tenant_id, protected_users=protected)


def asking(requester: str) -> Involved:
    return Involved(frozenset({requester.casefold()}))


def target(**fields: object) -> Target:
    base = Target(number=0, customer="contoso", asked="adele@contoso.com", tenant_id=TENANT, user_id=USER)
    return base.model_copy(update={"user_principal_name": "adele@contoso.com", **fields})


def reason_of(person: Person, *protected: str, guards: Guards | None = None, requester: str = REQUESTER) -> str:
    found = refusal(person, customer=customer(*protected), guards=guards or Guards(), involved=asking(requester))
    return found.reason if found else ""


@pytest.mark.parametrize(
    ("person", "protected", "requester", "reason"),
    [
        (ADELE, (), REQUESTER, ""),
        (ADELE, ("adele@contoso.com",), REQUESTER, "protectedUser"),
        (ADELE, (USER,), REQUESTER, "protectedUser"),
        (ADELE, (), "Adele@Contoso.com", "ownAccount"),
        (ADELE, (), USER.upper(), "ownAccount"),
        (ADELE._replace(guest=True), (), REQUESTER, "guestUser"),
        (ADELE._replace(enabled=False), (), REQUESTER, "disabledUser"),
        (ADELE._replace(guest=True, enabled=False), (USER,), USER, "protectedUser"),
    ],
)
def test_who_is_refused_at_the_plan(person: Person, protected: tuple[str, ...], requester: str, reason: str) -> None:
    assert reason_of(person, *protected, requester=requester) == reason


def test_policy_can_allow_guests_and_disabled_users_but_no_protected_ones() -> None:
    open_guards = Guards(guests="allow", disabled_users="allow", privileged_users="allow")
    person = ADELE._replace(guest=True, enabled=False)
    assert reason_of(person, guards=open_guards) == ""
    assert reason_of(person, USER, guards=open_guards) == "protectedUser"


@given(st.booleans(), st.booleans(), st.sampled_from(["refuse", "allow"]), st.sampled_from(["refuse", "allow"]))
def test_a_protected_user_is_refused_whatever_else_is_so(
    guest: bool, enabled: bool, guests: str, disabled: str
) -> None:
    guards = Guards.model_validate({"guests": guests, "disabledUsers": disabled})
    assert (
        reason_of(ADELE._replace(guest=guest, enabled=enabled), "adele@contoso.com", guards=guards) == "protectedUser"
    )


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (None, "unknownCustomer"),
        (customer(tenant_id="22222222-2222-2222-2222-222222222222"), "unknownCustomer"),
        (customer("ADELE@contoso.com"), "protectedUser"),
        (customer(USER), "protectedUser"),
        (customer("alex@contoso.com"), ""),
    ],
)
def test_a_policy_that_changed_since_the_plan_refuses(now: Customer | None, reason: str) -> None:
    found = still_allowed(target(), now)
    assert (found.reason if found else "") == reason


@pytest.mark.parametrize(
    ("planned", "person", "privileges", "reason"),
    [
        ({}, ADELE, [], ""),
        ({}, ADELE._replace(guest=True), [], "guestUser"),
        ({"is_guest": True}, ADELE._replace(guest=True), [], ""),
        ({}, ADELE._replace(enabled=False), [], "disabledUser"),
        ({"warnings": ["disabledUser"]}, ADELE._replace(enabled=False), [], ""),
        ({}, ADELE, ["Helpdesk Administrator"], "privilegedUser"),
        ({"privileges": ["User Administrator"]}, ADELE, ["Helpdesk Administrator"], ""),
    ],
)
def test_a_user_who_changed_since_the_plan_is_refused(
    planned: dict[str, object], person: Person, privileges: list[str], reason: str
) -> None:
    found = changed_since(
        target(**planned), person, privileges, customer=customer(), guards=Guards(), involved=asking(REQUESTER)
    )
    assert (found.reason if found else "") == reason


def test_a_user_who_became_privileged_is_reset_only_where_the_policy_treats_all_alike() -> None:
    allowed = Guards(privileged_users="allow")
    assert (
        changed_since(target(), ADELE, ["x"], customer=customer(), guards=allowed, involved=asking(REQUESTER)) is None
    )


@pytest.mark.parametrize(("mode", "refused"), [("refuse", True), ("stepUp", False), ("allow", False)])
def test_privileged_users_are_refused_only_by_that_rule(mode: str, refused: bool) -> None:
    guards = Guards.model_validate({"privilegedUsers": mode})
    found = privilege_refusal(["a", "b", "c", "d"], guards)
    assert (found is not None) is refused
    assert privilege_refusal([], guards) is None
    if found:
        assert found.detail == "The user is privileged: a, b, c."
