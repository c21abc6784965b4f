"""Guards: rules that refuse a target, or ask for more approval, before anything is touched."""

from typing import NamedTuple

from domain.policy.load import Customer, Guards
from domain.request.involved import Involved
from domain.request.reset_request import ResetRequest
from domain.request.target import Target


class Refusal(NamedTuple):
    """`reason` is stable; `detail` is a sentence for people."""

    reason: str
    detail: str


class Person(NamedTuple):
    """What guards need to know of a user. `privileges` names directory roles and role-assignable groups."""

    user_id: str
    names: frozenset[str]  # user principal name and mail, in their normal spellings
    guest: bool
    enabled: bool
    tenant_id: str = ""

    @property
    def account(self) -> str:
        return f"{self.tenant_id}/{self.user_id}"


def guards_for(guards: Guards, request: ResetRequest) -> Guards:
    """Return the guards as they are for this request: one about compromised accounts blocks them, so a disabled one is not refused."""
    return guards if request.containment is None else guards.model_copy(update={"disabled_users": "allow"})


def refusal(person: Person, *, customer: Customer, guards: Guards, involved: Involved) -> Refusal | None:
    """Return why a user may not be reset at all, None if they may. What needs no further reading is judged here."""
    protected = {text.casefold() for text in customer.protected_users}
    if person.user_id.casefold() in protected or person.names & protected:
        return Refusal("protectedUser", "The policy protects this account; it is never reset here.")
    if involved.has(person.names | {person.user_id.casefold()}, person.account):
        return Refusal("ownAccount", "This is the account of a person who asked; another person must request it.")
    if person.guest and guards.guests == "refuse":
        return Refusal("guestUser", "A guest's sign-in methods belong to the guest's home tenant.")
    if not person.enabled and guards.disabled_users == "refuse":
        return Refusal("disabledUser", "The account is disabled; it cannot be used to sign in.")
    return None


def first_refusal(
    person: Person, privileges: list[str], *, customer: Customer, guards: Guards, involved: Involved, unknown: str = ""
) -> Refusal | None:
    """Return the first rule that refuses a user of whom everything is known, None where none does: as a plan finds it, step by step.

    `privileges` and `unknown` as `privilege_refusal` takes them.
    """
    found = refusal(person, customer=customer, guards=guards, involved=involved)
    return found or privilege_refusal(privileges, guards, unknown=unknown)


def still_allowed(target: Target, customer: Customer | None) -> Refusal | None:
    """Return why an approved target may not be reset any more, because the policy changed; None if it may."""
    if customer is None:
        return Refusal("unknownCustomer", "The policy no longer has this customer.")
    if customer.tenant_id != target.tenant_id:
        return Refusal("unknownCustomer", "The policy names another tenant for this customer since the plan was made.")
    names = {name.casefold() for name in (target.user_id, target.user_principal_name, target.mail) if name}
    if names & {text.casefold() for text in customer.protected_users}:
        return Refusal("protectedUser", "The policy protects this account now.")
    return None


def changed_since(
    target: Target,
    person: Person,
    privileges: list[str],
    *,
    customer: Customer,
    guards: Guards,
    involved: Involved,
    unknown: str = "",
) -> Refusal | None:
    """Return why a user whose reset was approved may not be reset any more, because the user changed since the plan.

    What the plan knew of them was approved as such. A user who became privileged since was not approved as
    such, and more approval cannot help here: they are refused unless the policy lets privileged users be reset like others.
    """
    refused = refusal(person, customer=customer, guards=guards, involved=involved)
    known = {"guestUser": target.is_guest, "disabledUser": "disabledUser" in target.warnings}
    if refused is not None and not known.get(refused.reason, False):
        return Refusal(refused.reason, f"This is so since the plan was made: {refused.detail}")
    if privileges and not target.privileges and guards.privileged_users != "allow":
        return Refusal(
            "privilegedUser", f"The user is privileged since the plan was made: {', '.join(privileges[:3])}."
        )
    if unknown and "privilegesUnknown" not in target.warnings and not target.privileges:
        refused = privilege_refusal([], guards, unknown=unknown)
        if refused is not None or needs_step_up([], guards, unknown=unknown):
            return Refusal(
                "privilegesUnknown",
                f"Since the plan was made it cannot be read whether the user may activate a role: {unknown}",
            )
    return None


def privilege_refusal(privileges: list[str], guards: Guards, *, unknown: str = "") -> Refusal | None:
    """Say why a privileged user may not be reset; None if they may, or if they may with more approval.

    `unknown` says why it could not be read whether the user may activate a role, "" where it could.
    """
    if privileges and guards.privileged_users == "refuse":
        return Refusal("privilegedUser", f"The user is privileged: {', '.join(privileges[:3])}.")
    if unknown and guards.unknown_privileges == "refuse":
        return Refusal("privilegesUnknown", f"Whether the user may activate a role could not be read: {unknown}")
    return None


def needs_step_up(privileges: list[str], guards: Guards, *, unknown: str = "") -> bool:
    """Tell whether a user's privileges, or that they could not be read, ask for more approval."""
    return (bool(privileges) and guards.privileged_users == "stepUp") or (
        bool(unknown) and guards.unknown_privileges == "stepUp"
    )
