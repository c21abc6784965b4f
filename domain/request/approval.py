"""The approval that a request needs, and the verdict of the decisions so far."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field

from domain.access.callers import is_approver
from domain.model import Model
from domain.normal_address import all_spellings, spellings
from domain.policy.load import Policy
from domain.request.deciders import Through, allowed, is_named
from domain.request.involved import Identities, Involved
from domain.request.reset_request import ApprovalNeeded, Approver, Decision, ResetRequest
from domain.request.target import Target
from domain.request.usage import RecentUsers
from domain.verification.settlement import lacks_evidence


class NotApprovableError(Exception):
    """The request cannot get the approval it needs."""

    reason = "notApprovable"


class NotEnoughApproversError(NotApprovableError):
    """A customer has fewer people who may decide than the policy asks for."""

    reason = "notEnoughApprovers"


class UnknownRequesterError(NotApprovableError):
    """Nobody knows who asked, and the policy refuses such requests."""

    reason = "unknownRequester"


class GroupUnreadableError(NotApprovableError):
    """A group of approvers cannot be read, so it is not known who may decide."""

    reason = "approverGroupUnreadable"


class OfCustomer(Model):
    targets: int = 0
    privileged: int = 0
    unverified: int = 0


class Tally(Model):
    """What the approval depends on, gathered target by target, or window by window.

    `marks` are of the names and accounts of all targets, so that a tally that is kept for a while names nobody.
    """

    customers: dict[str, OfCustomer] = Field(default_factory=dict)
    marks: list[str] = Field(default_factory=list)

    def add(self, targets: Iterable[Target]) -> Self:
        for target in targets:
            # Of refused targets, too: a user named in a request does not decide it.
            names = all_spellings(target.user_principal_name, target.mail, target.asked)
            account = f"{target.tenant_id}/{target.user_id}"
            self.marks += [_mark(name) for name in (*names, account) if name != "/"]
            if not target.settled:
                self._count(
                    target.customer,
                    OfCustomer(targets=1, privileged=target.privileged, unverified=lacks_evidence(target)),
                )
        self.marks = sorted(set(self.marks))
        return self

    def merge(self, other: "Tally") -> None:
        self.marks = sorted({*self.marks, *other.marks})
        for customer, part in other.customers.items():
            self._count(customer, part)

    def _count(self, customer: str, more: OfCustomer) -> None:
        part = self.customers.get(customer, OfCustomer())
        both = OfCustomer(
            targets=part.targets + more.targets,
            privileged=part.privileged + more.privileged,
            unverified=part.unverified + more.unverified,
        )
        self.customers[customer] = both

    def has(self, *names: str) -> bool:
        """Return whether a target has any of these names (in their normal spellings) or accounts."""
        return any(_mark(name) in self.marks for name in names)

    @property
    def targets(self) -> int:
        return sum(part.targets for part in self.customers.values())

    def with_recent(self, recent: RecentUsers | None) -> int:
        """Return how many targets count for the step-up: with those before, of the sender or of the customer with the most."""
        if recent is None:
            return self.targets
        of_customers = (part.targets + recent.by_customer.get(name, 0) for name, part in self.customers.items())
        return max(self.targets + recent.by_sender, *of_customers, 0)

    @property
    def privileged(self) -> int:
        return sum(part.privileged for part in self.customers.values())

    @property
    def unverified(self) -> int:
        """How many go on without the evidence that they should have."""
        return sum(part.unverified for part in self.customers.values())


def _mark(name: str) -> str:
    """A short hash: a collision could only keep somebody from being asked."""
    return hashlib.blake2b(name.casefold().encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def approval_needed(
    policy: Policy,
    *,
    exempt: bool,
    involved: Involved,
    tally: Tally,
    now: datetime,
    recent: RecentUsers | None = None,
    unknown_requester: bool = False,
    identities: Identities | None = None,
    accounts_needed: bool = False,
    at_least: ApprovalNeeded | None = None,
) -> ApprovalNeeded:
    """Return the approval a planned request needs. Every customer with something to do needs the quorum of its own approvers.

    The requester is never an approver, nor is the signed-in caller, nor anyone whose own account is a target: by their name, and
    by the accounts that `identities` has for each approver's address. `accounts_needed`: who has none could not sign in. `recent` is what
    was asked for before, so that a request in parts is judged as the whole. `at_least` is the approval of the request that is tried
    again: its quorum and its step-up are kept.

    An escalation is always more careful: it needs at least one approval more, and there is none where a customer has not so many
    people. Where a customer has too few approvers left, it takes place at once.

    Raises: NotEnoughApproversError, UnknownRequesterError, GroupUnreadableError.
    """
    if unknown_requester and policy.approval.unknown_requester == "refuse":
        raise UnknownRequesterError(
            "The requester is in neither the provider's directory nor the customer's, and the policy refuses such requests."
        )
    many = tally.with_recent(recent) >= policy.approval.step_up.targets
    kept = at_least or ApprovalNeeded()
    step_up = kept.step_up or unknown_requester or many or tally.privileged > 0 or tally.unverified > 0
    if exempt and not step_up:
        return ApprovalNeeded(required=False)
    quorum = max(kept.quorum, policy.approval.quorum, policy.approval.step_up.quorum if step_up else 0)
    escalation_quorum = max(quorum + 1, policy.approval.escalation_quorum or 0)
    found = identities or Identities()
    candidates = _Candidates(policy, found, involved, tally, accounts_needed=accounts_needed)
    first = {customer: candidates.of(customer, step_up=step_up) for customer in tally.customers}
    more = {customer: candidates.escalation_of(customer, first[customer]) for customer in tally.customers}
    at_once = [customer for customer, people in first.items() if len(people) < quorum and more[customer]]
    if at_once:  # of the others, too, so many approvals are needed
        quorum = escalation_quorum
        at_once = [customer for customer, people in first.items() if len(people) < quorum and more[customer]]
    for customer, people in first.items():
        left = len(people) + (len(more[customer]) if customer in at_once else 0)
        if left < quorum:
            raise NotEnoughApproversError(
                f"{customer} needs {quorum} approvers and has {left} left after the requester, the users "
                "concerned and those whom no directory has are taken out; add approvers for it to the policy."
            )
    asked_more = {customer: people for customer, people in more.items() if customer in at_once}
    later = {customer: people for customer, people in more.items() if customer not in at_once and people}
    after = policy.approval.escalate_after
    if at_once or any(len(people) + len(more[customer]) < escalation_quorum for customer, people in first.items()):
        after = None
    return ApprovalNeeded(
        required=True,
        quorum=quorum,
        step_up=step_up,
        unknown_requester=unknown_requester,
        unverified=tally.unverified > 0,
        expires_at=now + policy.approval.expires_after,
        approvers=with_entries(_entries(first, found), _entries(asked_more, found, escalated=True)),
        escalates_at=now + after if after is not None and later else None,
        escalation=_entries(later, found, escalated=True) if after is not None else [],
        escalation_quorum=escalation_quorum if after is not None and later else 0,
        escalated_at=now if at_once else None,
    )


class _Candidates:
    """Who could approve, without those who are involved."""

    def __init__(
        self, policy: Policy, identities: Identities, involved: Involved, tally: Tally, *, accounts_needed: bool
    ) -> None:
        self._policy, self._identities, self._involved, self._tally = policy, identities, involved, tally
        self._accounts_needed = accounts_needed

    def of(self, customer: str, *, step_up: bool) -> Through:
        """Return a customer's approvers. Raises: GroupUnreadableError."""
        deciders = self._identities.deciders.get(customer)
        if deciders is None:
            people: Through = {
                person.casefold(): []
                for person in self._policy.people_in(self._policy.approvers_of(customer, step_up=step_up))
            }
        else:
            if deciders.unreadable:
                raise GroupUnreadableError(
                    f"{customer}: "
                    + " ".join(deciders.unreadable.values())
                    + " Nobody was asked, and nothing was touched."
                )
            people = deciders.step_up if step_up else deciders.first
        return {person: through for person, through in people.items() if self._is_eligible(person)}

    def escalation_of(self, customer: str, first: Through) -> Through:
        """Return who is asked besides `first` where there are not enough approvals, or approvers."""
        deciders = self._identities.deciders.get(customer)
        people = deciders.escalation if deciders else {}
        return {
            person: through for person, through in people.items() if person not in first and self._is_eligible(person)
        }

    def _is_eligible(self, person: str) -> bool:
        accounts = self._identities.approvers.get(person, ())
        return (
            not self._involved.has(spellings(person), *accounts)
            and not self._tally.has(*spellings(person), *accounts)
            and bool(accounts or not self._accounts_needed)
        )


def _entries(by_customer: Mapping[str, Through], identities: Identities, *, escalated: bool = False) -> list[Approver]:
    asked: dict[str, Approver] = {}
    for customer, people in by_customer.items():
        for person, through in people.items():
            entry = asked.setdefault(
                person,
                Approver(
                    approver=person,
                    customers=[],
                    accounts=list(identities.approvers.get(person, ())),
                    escalated=escalated,
                ),
            )
            entry.customers.append(customer)
            entry.through += [name for name in through if name not in {person, *entry.through}]
    return list(asked.values())


def with_entries(approvers: Sequence[Approver], more: Sequence[Approver]) -> list[Approver]:
    """Return the approvers with those of an escalation; who was asked before is asked for more customers."""
    merged = {entry.approver: entry for entry in approvers}
    for entry in more:
        before = merged.get(entry.approver)
        merged[entry.approver] = (
            entry
            if before is None
            else before.model_copy(
                update={
                    "customers": list(dict.fromkeys((*before.customers, *entry.customers))),
                    "through": list(dict.fromkeys((*before.through, *entry.through))),
                    "escalated": True,
                }
            )
        )
    return list(merged.values())


def escalated(request: ResetRequest, now: datetime) -> ResetRequest:
    """Return the request with those of its escalation asked, where that is due; else the same."""
    approval = request.approval
    if approval.escalates_at is None or approval.escalated_at is not None or now < approval.escalates_at:
        return request
    changes = {
        "approvers": with_entries(approval.approvers, approval.escalation),
        "quorum": max(approval.quorum, approval.escalation_quorum),
        "escalated_at": now,
    }
    return request.model_copy(update={"approval": approval.model_copy(update=changes)})


def still_decides(policy: Policy, request: ResetRequest, entry: Approver) -> bool:
    """Return whether the policy as it is now still names this approver for all that they were asked about."""
    return all(
        is_named(
            policy,
            entry.approver.casefold(),
            entry.through,
            allowed(policy, customer, step_up=request.approval.step_up, escalated=entry.escalated),
        )
        for customer in entry.customers
        if customer in policy.customers  # else its users are refused anyway
    )


def counting(policy: Policy, request: ResetRequest, decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions that count under the policy as it is now: of approvers whom it still names, by accounts that are theirs."""
    entries = {entry.approver.casefold(): entry for entry in request.approval.approvers}
    return [
        decision
        for decision in decisions
        if (entry := entries.get(decision.approver.casefold())) is not None
        and still_decides(policy, request, entry)
        and (not decision.signed_in_as or is_approver(decision.signed_in_as, entry.approver, entry.accounts, policy))
    ]


class Verdict(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


def verdict(request: ResetRequest, decisions: Iterable[Decision], *, cancelled: bool, now: datetime) -> Verdict:
    """Return the verdict of the decisions so far. One denial is enough; decisions made in time count even when read late."""
    if cancelled:
        return Verdict.CANCELLED
    made = list(decisions)
    if any(decision.decision == "deny" for decision in made):
        return Verdict.DENIED
    if all(given >= request.approval.quorum for given in approvals(request, made).values()):
        return Verdict.APPROVED
    expires = request.approval.expires_at
    return Verdict.EXPIRED if expires is not None and now >= expires else Verdict.WAITING


def approvals(request: ResetRequest, decisions: Sequence[Decision]) -> Mapping[str, int]:
    """Return how many approvals each customer of the request has, of those who may decide for it and of the plan as it is."""
    # One account is one voice, under however many addresses it was asked.
    agreed = {
        decision.approver.casefold(): decision.signed_in_as or decision.approver.casefold()
        for decision in decisions
        if decision.decision == "approve" and decision.plan_digest == request.plan_digest
    }
    voices: dict[str, set[str]] = {
        customer: set() for entry in request.approval.approvers for customer in entry.customers
    }
    for entry in request.approval.approvers:
        if voice := agreed.get(entry.approver.casefold()):
            for customer in entry.customers:
                voices[customer].add(voice)
    return {customer: len(heard) for customer, heard in voices.items()}


def same_account(decisions: Iterable[Decision]) -> frozenset[str]:
    """Addresses, case-folded, that approved with an account that approved under another address, too: together one voice."""
    addresses: dict[str, set[str]] = {}
    for decision in decisions:
        if decision.decision == "approve" and decision.signed_in_as:
            addresses.setdefault(decision.signed_in_as, set()).add(decision.approver.casefold())
    return frozenset().union(*(used for used in addresses.values() if len(used) > 1))


def left_out(request: ResetRequest, decisions: Iterable[Decision]) -> dict[str, set[int]]:
    """Return the numbers of the targets that an approver of their customer left out, by customer."""
    customers = {entry.approver.casefold(): entry.customers for entry in request.approval.approvers}
    ranges = {customer: range(first, first + count) for customer, first, count in request.ranges}
    out: dict[str, set[int]] = {}
    for decision in decisions:
        for customer in customers.get(decision.approver.casefold(), ()):
            numbers = ranges.get(customer, ())
            out.setdefault(customer, set()).update(number for number in decision.without if number in numbers)
    return out


def next_check(request: ResetRequest, *, asked_at: datetime, remind_after: timedelta, now: datetime) -> datetime:
    """Return when to check again while waiting: when the reminder or the escalation is due, or at the expiry."""
    approval = request.approval
    expires = approval.expires_at or now
    escalates = approval.escalates_at if approval.escalated_at is None else None
    return min([expires, *(due for due in (asked_at + remind_after, escalates) if due is not None and now < due)])
