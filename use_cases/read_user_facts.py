"""Read what the list of users answers about each of its rows: MFA, role, last reset, and whether the user can be reset now.

Whether a user can be reset is judged by the functions that a plan is made with, in the same order. So a list and a plan of the same
moment say the same.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from domain.api.options import options_of
from domain.mfa_strength import Strength, strength_of
from domain.outcomes import TargetOutcome
from domain.policy.load import Customer, Guards
from domain.request.guards import Refusal, needs_step_up, privilege_refusal, refusal
from domain.request.involved import Involved
from graph.errors import GraphError
from graph.found import Found
from graph.listed_details import Listed, read_listed
from graph.users import Several, User
from records.holds import HoldTerms
from reset.planner import person_of
from services import Services
from use_cases.directory_rows import unread
from use_cases.holders import Held, holders_of
from use_cases.read_request import is_within

# Users of one customer whose facts are read together: as many as one batch of calls has room for.
AT_ONCE = 20
_RESET = frozenset({TargetOutcome.RESET, TargetOutcome.PARTIALLY_RESET})


class Answer(StrEnum):
    """Whether a user can be reset now. `STEP_UP`: with more approvals; `UNKNOWN`: what decides it could not be read."""

    YES = "yes"
    STEP_UP = "stepUp"
    NO = "no"
    UNKNOWN = "unknown"


class LastReset(NamedTuple):
    """When methods of a user were last removed. `request_id` is "" where the person who asks may not see the request."""

    at: datetime
    request_id: str = ""


class UserFacts(NamedTuple):
    """What is known of one user.

    `strength` is None where methods could not be read, and `strength_unknown` says why; `roles` likewise. `refused` is the reason
    for `NO`, a code of labels.REASON or console_labels.REFUSED; `held` is who holds the user, where that is the reason.
    """

    user_id: str
    strength: Strength | None
    strength_unknown: str
    roles: list[str] | None
    roles_unknown: str
    last_reset: LastReset | None
    answer: Answer
    refused: str = ""
    held: Held | None = None


async def read_user_facts(
    services: Services, customer: str, user_ids: Sequence[str], *, by: Involved, reach: frozenset[str] | None
) -> list[UserFacts]:
    """Return the facts of up to `AT_ONCE` users of one customer. `by`: who would ask for their reset, and sees only `reach`."""
    policy = services.policy.customers[customer]
    client = services.graph.of(policy.tenant_id)
    terms = HoldTerms(services.policy.approval.hold_for, services.now())
    accounts = [(policy.tenant_id, user_id) for user_id in user_ids]
    listed, held, last = await asyncio.gather(
        read_listed(client, user_ids),
        holders_of(services, accounts, reach, terms=terms),
        asyncio.gather(*(_last_reset(services, *account, reach) for account in accounts)),
    )
    offered = bool(options_of(services.policy, [customer]).actions)
    judge = _Judge(customer, policy, services.policy.guards, by, offered=offered)
    return [
        judge.facts(user_id, one, held.get(account), at)
        for user_id, account, one, at in zip(user_ids, accounts, listed, last, strict=True)
    ]


class _Judge(NamedTuple):
    key: str
    customer: Customer
    guards: Guards
    by: Involved
    offered: bool

    def facts(self, user_id: str, one: Listed, held: Held | None, last: LastReset | None) -> UserFacts:
        strength, strength_unknown = self._strength(one.found)
        roles = None if isinstance(one.privileges, GraphError) else one.privileges.names
        answer, refused = self._answer(one, held)
        return UserFacts(
            user_id=user_id,
            strength=strength,
            strength_unknown=strength_unknown,
            roles=roles,
            roles_unknown=self._why(one.privileges) if isinstance(one.privileges, GraphError) else "",
            last_reset=last,
            answer=answer,
            refused=refused,
            held=held if refused == "alreadyRunning" else None,
        )

    def _strength(self, found: Found | GraphError) -> tuple[Strength | None, str]:
        if isinstance(found, GraphError):
            return None, self._why(found)
        strength = strength_of(found.methods)
        if found.hardware_unreadable is not None and strength in {Strength.WEAK, Strength.NONE}:
            return None, "tokensUnreadable"  # a token would make it strong
        return strength, ""

    def _answer(self, one: Listed, held: Held | None) -> tuple[Answer, str]:
        """Return the answer, and why the user cannot be reset; the order of the rules is that of a plan."""
        if not self.offered:
            return Answer.NO, "noMethodAllowed"
        if one.user is None:
            return Answer.NO, "userNotFound"
        if isinstance(one.user, Several | GraphError):
            return Answer.UNKNOWN, ""
        if refused := self._refusal(one.user):
            return Answer.NO, refused.reason
        if isinstance(one.privileges, GraphError) or isinstance(one.found, GraphError):
            return Answer.UNKNOWN, ""
        names, unknown = one.privileges
        if refused := privilege_refusal(names, self.guards, unknown=unknown):
            return Answer.NO, refused.reason
        if held is not None:
            return Answer.NO, "alreadyRunning"
        return Answer.STEP_UP if needs_step_up(names, self.guards, unknown=unknown) else Answer.YES, ""

    def _refusal(self, user: User) -> Refusal | None:
        person = person_of(user, self.customer.tenant_id)
        return refusal(person, customer=self.customer, guards=self.guards, involved=self.by)

    def _why(self, error: GraphError) -> str:
        return unread(self.key, error).reason


async def _last_reset(
    services: Services, tenant_id: str, user_id: str, reach: frozenset[str] | None
) -> LastReset | None:
    removals = await services.removals.of_user(tenant_id, user_id)
    for removal in sorted(removals, key=lambda one: one.begun_at, reverse=True):
        kept = await services.targets.get(removal.request_id, removal.number)
        if kept is None:  # its request is no longer kept; that something was removed is
            return LastReset(removal.begun_at)
        if kept.target.outcome in _RESET:
            request = await services.requests.get(removal.request_id)
            seen = request is not None and is_within(request, reach)
            return LastReset(kept.target.ended_at or removal.begun_at, removal.request_id if seen else "")
    return None


def by_customer(users: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the ids of users by customer, in the same order; `users` are pairs of customer and user id."""
    groups: dict[str, list[str]] = {}
    for key, user_id in users:
        groups.setdefault(key, []).append(user_id)
    return groups
