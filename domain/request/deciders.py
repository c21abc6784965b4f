"""Who may decide for a customer, as it was found while the request was planned: groups, on-call tables and delegations resolved.

It is stored with the request and is part of the plan's digest. Only customers whose approvers are not plain addresses have one.
"""

from collections.abc import Iterable

from pydantic import Field

from domain.model import Instant, Model
from domain.policy.load import Policy

type Through = dict[str, list[str]]
"""Per address, in lower case, by what they may decide: the policy's names (the address, `group:NAME`, `onCall:NAME`)
or `delegateOf:ADDRESS`."""

DELEGATE = "delegateOf:"


class Delegation(Model):
    """`approver` is away until then, and `delegate` is asked instead; `set_by` is the account, or the name, that said so."""

    approver: str
    delegate: str
    until: Instant
    set_by: str
    set_at: Instant


class Deciders(Model):
    first: Through = Field(default_factory=dict, description="The customer's approvers")
    step_up: Through = Field(default_factory=dict, description="Who is asked after a step-up: these and the provider's")
    escalation: Through = Field(default_factory=dict, description="Who is asked when there are not enough approvals")
    unreadable: dict[str, str] = Field(default_factory=dict, description="Groups that could not be read, and why")
    delegations: list[Delegation] = Field(default_factory=list, description="By which somebody is asked; for the audit")

    def line(self) -> dict[str, object]:
        """Return what the plan's digest covers."""
        parts: dict[str, object] = {"first": self.first, "stepUp": self.step_up, "escalation": self.escalation}
        return parts | ({"unreadable": sorted(self.unreadable)} if self.unreadable else {})


def allowed(policy: Policy, customer: str, *, step_up: bool, escalated: bool) -> frozenset[str]:
    """Return the names of all whom the policy as it is now lets decide for a customer, addresses in lower case."""
    names = policy.approvers_of(customer, step_up=step_up)
    if escalated:
        names = (*names, *policy.approval.escalate_to)
    return frozenset(map(folded, names))


def folded(name: str) -> str:
    """Return an approver's name as it is compared: addresses in lower case."""
    return name if name.startswith(("group:", "onCall:")) else name.casefold()


def is_named(policy: Policy, address: str, through: Iterable[str], names: frozenset[str]) -> bool:
    """Return whether the policy's `names` still hold an approver, by the address or by what they were asked through.

    A delegate counts while both are still named: who is away among `names`, and the delegate among those who may stand in.
    Whether somebody is still in a group only the directory can say.
    """
    if address in names:
        return True
    for name in through:
        kind, _, key = name.partition(":")
        if name.startswith(DELEGATE):
            delegator, stand_ins = name.removeprefix(DELEGATE), deputies(policy, names)
            if (has(policy, delegator, names) or groups_in(names)) and (
                has(policy, address, stand_ins) or groups_in(stand_ins)
            ):
                return True
        elif kind == "onCall" and key in policy.approval.on_call:
            if name in names and address in map(str.casefold, policy.approval.on_call[key].people):
                return True
        elif kind == "group" and key in policy.approval.groups and name in names:
            return True
    return False


def deputies(policy: Policy, names: frozenset[str]) -> frozenset[str]:
    """Return the names of those who may stand in for somebody of `names`: the others, and the policy's delegates."""
    return names | frozenset(map(folded, policy.approval.delegates))


def has(policy: Policy, address: str, names: frozenset[str]) -> bool:
    """Return whether an address, in lower case, is among `names` or in their on-call tables."""
    return address in names or address in map(str.casefold, policy.people_in(names))


def groups_in(names: frozenset[str]) -> list[str]:
    """Return the groups among `names`, without their prefix."""
    return sorted(name.removeprefix("group:") for name in names if name.startswith("group:"))
