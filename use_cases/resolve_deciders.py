"""Find out who may decide for a customer: members of groups, who is on call, and who stands in for whom.

It is done while the request is planned, and stored with it. Whether somebody is still in their group is looked at once more when
they decide.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from domain.policy.load import Policy
from domain.request.deciders import (
    DELEGATE,
    Deciders,
    Delegation,
    Through,
    allowed,
    deputies,
    folded,
    groups_in,
    has,
    is_named,
)
from domain.request.reset_request import Approver, ResetRequest
from graph.approver_groups import Member
from graph.errors import GraphError
from services import Services


class Resolved(NamedTuple):
    """`deciders` is None where the customer's approvers are plain addresses. `accounts` are those of members of groups, by address."""

    deciders: Deciders | None
    accounts: dict[str, str]

    def accounts_of(self, address: str) -> tuple[str, ...]:
        account = self.accounts.get(address)
        return () if account is None else (account,)


async def resolve_deciders(services: Services, customer: str, *, last: bool = False) -> Resolved:
    """Return who may decide for a customer now.

    A group that cannot be read is named in the result: the request then ends, and asks nobody. Raises: GraphError where it may be
    read later, unless this is the `last` attempt.
    """
    policy, now = services.policy, services.now()
    approval = policy.approval
    delegations = await services.delegations.active(now)
    first, step_up = policy.approvers_of(customer), policy.approvers_of(customer, step_up=True)
    names = {*step_up, *approval.escalate_to, *approval.delegates}
    special = any(":" in name for name in (*step_up, *approval.escalate_to)) or approval.escalate_to
    if not special and not any(person.casefold() in delegations for person in step_up):
        return Resolved(None, {})
    members: dict[str, tuple[Member, ...]] = {}
    unreadable: dict[str, str] = {}
    for key in sorted({name.removeprefix("group:") for name in names if name.startswith("group:")}):
        try:
            members[key] = await members_of(services, key)
        except GraphError as error:
            if error.passing and not last:
                raise
            unreadable[key] = f"The group {key} of approvers cannot be read: {error.detail}."
    finder = _Finder(policy, members, delegations, now)
    stand_ins = frozenset({*finder.people(step_up), *finder.people(approval.delegates)})
    found = Deciders(
        first=finder.with_delegates(finder.people(first), stand_ins, policy.approval.quorum),
        step_up=finder.with_delegates(finder.people(step_up), stand_ins, policy.approval.step_up.quorum),
        escalation=finder.people(approval.escalate_to),
        unreadable=unreadable,
    )
    found.delegations = _used(found, delegations)
    return Resolved(
        found,
        {
            member.address: f"{services.settings.graph_home_tenant.lower()}/{member.id}"
            for group in members.values()
            for member in group
        },
    )


def _used(found: Deciders, delegations: dict[str, Delegation]) -> list[Delegation]:
    """Return the delegations by which somebody is asked."""
    through = {name for people in (found.first, found.step_up) for names in people.values() for name in names}
    away = sorted(name.removeprefix(DELEGATE) for name in through if name.startswith(DELEGATE))
    return [delegations[person] for person in away]


async def members_of(services: Services, key: str, *, fresh: bool = False) -> tuple[Member, ...]:
    """Return the members of a group of the policy. Raises: GraphError."""
    home, group_id = services.settings.graph_home_tenant, services.policy.approval.groups[key]
    return await services.approver_groups.members(services.graph, home, group_id, services.now(), fresh=fresh)


async def is_still_member(services: Services, request: ResetRequest, entry: Approver, *, fresh: bool) -> bool:
    """Return whether an approver who was asked as a member of a group is in one of those groups still.

    A delegate decides only while whom they stand in for would: no one represents members of a group who left it. Who was
    asked by address, or through an on-call table, is judged by the policy alone. Raises: GraphError.
    """
    policy, address = services.policy, entry.approver.casefold()
    direct = [name for name in entry.through if not name.startswith(("group:", DELEGATE))]
    for customer in entry.customers:
        if customer not in policy.customers:
            continue
        names = allowed(policy, customer, step_up=request.approval.step_up, escalated=entry.escalated)
        if is_named(policy, address, direct, names):
            continue
        groups = [name.removeprefix("group:") for name in entry.through if name.startswith("group:") and name in names]
        found = [await members_of(services, key, fresh=fresh) for key in groups if key in policy.approval.groups]
        if any(_is(member, entry) for group in found for member in group):
            continue
        if not await _stands_in(services, address, entry.through, names, fresh=fresh):
            return False
    return True


async def _stands_in(
    services: Services, address: str, through: Iterable[str], names: frozenset[str], *, fresh: bool
) -> bool:
    """Return whether somebody whom `address` stands in for still decides, and `address` may still stand in for them."""
    stand_ins = deputies(services.policy, names)
    return any(
        [
            await _is_among(services, name.removeprefix(DELEGATE), names, fresh=fresh)
            and await _is_among(services, address, stand_ins, fresh=fresh)
            for name in through
            if name.startswith(DELEGATE)
        ]
    )


async def _is_among(services: Services, address: str, names: frozenset[str], *, fresh: bool) -> bool:
    if has(services.policy, address, names):
        return True
    found = [
        await members_of(services, key, fresh=fresh)
        for key in groups_in(names)
        if key in services.policy.approval.groups
    ]
    return any(member.address == address for group in found for member in group)


def _is(member: Member, entry: Approver) -> bool:
    if entry.accounts:  # the account, whatever its address is by now
        return member.id in {account.partition("/")[2] for account in entry.accounts}
    return member.address == entry.approver.casefold()


class _Finder:
    def __init__(
        self,
        policy: Policy,
        members: dict[str, tuple[Member, ...]],
        delegations: dict[str, Delegation],
        now: datetime,
    ) -> None:
        self._policy, self._members, self._delegations, self._now = policy, members, delegations, now

    def people(self, names: Iterable[str]) -> Through:
        """Return the people behind these names, in their order, each with the names that they are behind."""
        found: Through = {}
        for name in names:
            kind, colon, key = name.partition(":")
            if not colon:
                people: Iterable[str] = (name,)
            elif kind == "group":
                people = (member.address for member in self._members.get(key, ()))
            else:
                people = self._policy.approval.on_call[key].at(self._now)
            for person in people:
                found.setdefault(person.casefold(), []).append(folded(name))
        return found

    def with_delegates(self, people: Through, deputies: frozenset[str], quorum: int) -> Through:
        """Return the same people, but for each who is away the delegate. Who is needed for the quorum is asked all the same."""
        away = {
            person: delegate
            for person in people
            if (delegation := self._delegations.get(person)) is not None
            and (delegate := delegation.delegate.casefold()) in deputies
            and delegate not in self._delegations
        }
        present = {person: through for person, through in people.items() if person not in away}
        for person, delegate in away.items():
            present.setdefault(delegate, []).append(f"{DELEGATE}{person}")
        for person in away:
            if len(present) < quorum:
                present[person] = people[person]
        return present
