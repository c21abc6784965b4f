"""Decide on a request as one of its approvers: locate it by the link, check who decides, record the decision once."""

import logging
from typing import Literal, NamedTuple

import durable
from domain.access.approval_links import ApprovalLink, LinkError, read
from domain.access.callers import Principal, is_approver
from domain.normal_address import all_spellings
from domain.outcomes import RequestStatus
from domain.request.approval import still_decides
from domain.request.reset_request import Approver, Decision, ResetRequest
from domain.request.windows import STEP, steps_of
from graph.errors import GraphError
from services import Services
from use_cases.approval_verdict import audit_decision
from use_cases.approval_view import users_of
from use_cases.approver_accounts import is_target
from use_cases.left_out_users import left_out_for
from use_cases.orchestrations import wake
from use_cases.resolve_deciders import is_still_member

_log = logging.getLogger("mfareset.approvals")

type ClosedReason = Literal["alreadyDecided", "planChanged", "notPending", "linkExpired"]


class NotAllowedToDecideError(Exception):
    """The link leads to no request, or the person may not decide on it; `reason` is a code of web.labels."""

    def __init__(self, reason: Literal["badLink", "notYours", "weakSignIn", "membershipUnknown"]) -> None:
        super().__init__(reason)
        self.reason = reason


class IncompleteChoiceError(Exception):
    """Something is missing for a decision; `reason` is a code of web.labels."""

    def __init__(self, reason: Literal["decisionNeeded", "commentNeeded", "noUserLeft"]) -> None:
        super().__init__(reason)
        self.reason = reason


class LocatedApproval(NamedTuple):
    """What a link leads to: the request and the approver's entry in it."""

    link: ApprovalLink
    request: ResetRequest
    entry: Approver


class Choice(NamedTuple):
    """What an approver chose. `left_out` are numbers of targets; `signed_in_as` is the account, "" without sign-in."""

    decision: str
    comment: str
    left_out: frozenset[int]
    signed_in_as: str = ""


class DecisionResult(NamedTuple):
    """`notice` is a code of web.labels. `recorded`: this call recorded the decision, not an earlier one or none."""

    notice: Literal["approved", "denied", "alreadyDecided", "tooLate"]
    recorded: bool


async def locate_approval(services: Services, token: str, *, decides: bool = False) -> LocatedApproval:
    """Return what the token of a link leads to. `decides`: who is in a group is read anew. Raises: NotAllowedToDecideError."""
    try:
        link = read(services.settings.approval_keys, token)
    except LinkError as error:
        _log.warning("a link was refused: %s", error.reason)
        raise NotAllowedToDecideError("badLink") from None
    request = await services.requests.get(link.request_id)
    if request is None:
        raise NotAllowedToDecideError("badLink")
    entry = next((e for e in request.approval.approvers if e.approver == link.approver), None)
    if entry is None or not still_decides(services.policy, request, entry):
        raise NotAllowedToDecideError("notYours")
    try:
        # Who has decided may read what they decided.
        decided = await services.requests.decision_of(request.id, entry.approver) is not None
        if not decided and not await is_still_member(services, request, entry, fresh=decides):
            raise NotAllowedToDecideError("notYours")
    except GraphError:
        raise NotAllowedToDecideError("membershipUnknown") from None
    return LocatedApproval(link, request, entry)


async def check_approver(services: Services, located: LocatedApproval, person: Principal) -> None:
    """Raise NotAllowedToDecideError unless the signed-in person is the approver, and neither requester nor target.

    Last of all the sign-in has to be as strong and as recent as the policy asks for.
    """
    _, request, entry = located
    is_entry = is_approver(person.identity, entry.approver, entry.accounts, services.policy)
    if not is_entry or request.involved.has(all_spellings(*person.mails), person.identity):
        raise NotAllowedToDecideError("notYours")
    if await is_target(services, request, entry, person.identity):
        raise NotAllowedToDecideError("notYours")
    if not person.sign_in.is_enough(services.policy.approval, services.now()):
        raise NotAllowedToDecideError("weakSignIn")


async def closed_reason(services: Services, located: LocatedApproval) -> ClosedReason | None:
    """Return why the link decides nothing any more, None while it does."""
    link, request, entry = located
    if await services.requests.decision_of(request.id, entry.approver) is not None:
        return "alreadyDecided"
    if link.plan_digest != request.plan_digest:
        return "planChanged"
    if request.status is not RequestStatus.AWAITING_APPROVAL or request.approval.ends_as is not None:
        return "notPending"
    if await services.requests.cancelled(request.id) is not None:
        return "notPending"
    return "linkExpired" if link.expired(services.now()) else None


async def decide_approval(
    services: Services, client: durable.Client, located: LocatedApproval, choice: Choice
) -> DecisionResult:
    """Record the approver's decision, unless they have decided before, and wake the orchestration.

    Raises: IncompleteChoiceError.
    """
    request_id = located.request.id
    decision = await _complete(services, located, choice)
    is_first = await services.requests.decide(request_id, decision)
    recorded = decision if is_first else await services.requests.decision_of(request_id, located.entry.approver)
    if recorded is None:  # others decided the request meanwhile, or its time was up
        await wake(client, request_id)
        return DecisionResult("tooLate", recorded=False)
    # Where a worker stops before these calls, the waiting orchestration and the reconciling timer make up for them.
    await audit_decision(services, request_id, recorded)
    await wake(client, request_id)
    if not is_first:
        return DecisionResult("alreadyDecided", recorded=False)
    return DecisionResult("approved" if decision.decision == "approve" else "denied", recorded=True)


async def _complete(services: Services, located: LocatedApproval, choice: Choice) -> Decision:
    """Return the decision that a choice makes. Raises: IncompleteChoiceError."""
    if choice.decision not in {"approve", "deny"}:
        raise IncompleteChoiceError("decisionNeeded")
    approves = choice.decision == "approve"
    if not approves and not choice.comment:
        raise IncompleteChoiceError("commentNeeded")
    without = await _open_of(services, located, choice.left_out) if approves and choice.left_out else set()
    if without:
        others = await services.requests.decisions(located.request.id)
        excluded = await left_out_for(services, located.request, located.entry, others)
        if len(without - excluded.keys()) >= await users_of(services, located.request, located.entry):
            raise IncompleteChoiceError("noUserLeft")
    return Decision(
        approver=located.entry.approver,
        decision="approve" if approves else "deny",
        comment=choice.comment,
        at=services.now(),
        plan_digest=located.link.plan_digest,
        signed_in_as=choice.signed_in_as,
        without=sorted(without),
    )


async def _open_of(services: Services, located: LocatedApproval, numbers: frozenset[int]) -> set[int]:
    """Return which of these targets the approver may leave out. Only windows that have one of them are read."""
    _, request, entry = located
    found: set[int] = set()
    for start in steps_of(number for number in numbers if number < request.target_count):
        for target in (kept.target for kept in await services.targets.range(request.id, start, STEP)):
            if (
                target.number in numbers
                and target.customer in entry.customers
                and target.planned
                and not target.settled
            ):
                found.add(target.number)
    return found
