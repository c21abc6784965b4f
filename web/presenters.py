"""Views for pages and mails, filled from requests, targets and decisions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from domain.bootstrap.access_pass import AccessPass
from domain.methods import Method, MethodType
from domain.outcomes import MethodOutcome, RequestStatus, TargetOutcome
from domain.policy.load import Policy
from domain.request.approval import Verdict, approvals, counting, left_out, same_account, still_decides, verdict
from domain.request.follow_up import ALARMING, FollowUpFinding
from domain.request.forecast import Forecast
from domain.request.phone_numbers import NUMBER_KEPT
from domain.request.registrations import AuditedRegistration
from domain.request.reset_request import RECORD_UNREADABLE, Approver, Decision, ResetRequest
from domain.request.target import Target, TargetMethod
from languages import gettext
from web import labels
from web.views import (
    ActionView,
    ApprovalView,
    ContainmentView,
    CustomerView,
    DecisionView,
    Fate,
    FollowedView,
    FollowUpView,
    MethodView,
    NoticeView,
    OutcomeView,
    PageView,
    PassView,
    PlanTotals,
    ProofView,
    StateView,
    UserView,
    WaitView,
)

_STATUS_OF_VERDICT = {
    Verdict.WAITING: RequestStatus.AWAITING_APPROVAL.value,
    Verdict.APPROVED: "approved",
    Verdict.DENIED: RequestStatus.DENIED.value,
    Verdict.EXPIRED: RequestStatus.EXPIRED.value,
    Verdict.CANCELLED: "withdrawn",
}
# Targets with these outcomes may have been touched.
_POSSIBLY_TOUCHED = (
    TargetOutcome.RESET,
    TargetOutcome.ALREADY_CLEAR,
    TargetOutcome.PARTIALLY_RESET,
    TargetOutcome.FAILED,
)
# Registrations of one user in a list: the first are those that matter.
_REGISTRATIONS = 3
# Names of users beside a decision: a list that is read.
NAMED = 50
_STATUS_OF_ENDING = {RequestStatus.RESETTING: "approved", RequestStatus.CANCELLED: "withdrawn"}


def _label(method: Method) -> str:
    """Return a method's label in the current language; a passkey's also says which model it is and since when it is there."""
    if method.type is not MethodType.FIDO2:
        return labels.method_label(method.type.value, method.label)
    model = method.model if method.model not in method.label else ""
    since = gettext("registered %(at)s", at=f"{method.created_at:%Y-%m-%d}") if method.created_at else ""
    return ", ".join(part for part in (method.label, model, since) if part)


def method_view(method: TargetMethod, *, undo: bool = False) -> MethodView:
    fate: Fate = "deactivate" if method.type is MethodType.HARDWARE_OATH else "remove"
    if not method.id:  # tokens that could not be read
        fate = "keep"
    if undo:
        fate = "activate"
    return MethodView(
        type=method.type.value,
        label=_label(method),
        fate=fate,
        is_default=method.is_default,
        outcome=method.outcome.value,
        detail=method.detail,
    )


def _kept_view(method: Method, request: ResetRequest, warnings: Sequence[str]) -> MethodView:
    allowed = "methodNotAllowed" if method.active else "notActive"
    reason = allowed if method.type in request.methods else "notInScope"
    if reason == "methodNotAllowed" and method.type is MethodType.PHONE and NUMBER_KEPT in warnings:
        reason = "nothingStrong"
    return MethodView(type=method.type.value, label=_label(method), fate="keep", reason=reason)


def _is_kept_since(target: Target, method: TargetMethod) -> bool:
    """Return whether the plan of a retry leaves this method, because the user registered it after the first reset."""
    return not target.settled and method.outcome is MethodOutcome.KEPT_NEWER


def _kept_since(method: TargetMethod) -> MethodView:
    return MethodView(type=method.type.value, label=_label(method), fate="keep", reason="registeredSince")


def _is_refused(target: Target) -> bool:
    """Return whether a rule keeps this target from being touched; one may say so when the methods were read already."""
    return not target.planned or target.outcome is TargetOutcome.REFUSED


def refused_because(target: Target) -> str:
    """Return the reason why a rule keeps this target from being touched, "" where none does."""
    return target.reason if _is_refused(target) else ""


def user_view(target: Target, request: ResetRequest) -> UserView:
    unreadable = any(not method.id for method in target.methods)
    return UserView(
        number=target.number,
        display_name=target.display_name,
        user_principal_name=target.user_principal_name or target.asked,
        methods=(
            *(
                _kept_since(m) if _is_kept_since(target, m) else method_view(m, undo=bool(target.tokens))
                for m in target.methods
                if m.id
            ),
            *(_kept_view(m, request, target.warnings) for m in target.kept),
        ),
        warnings=(*target.warnings, *(["methodsUnreadable"] if unreadable else [])),
        forecast=target.forecast_holds or "",
        refused=refused_because(target),
        privileged=target.privileged,
        outcome=target.outcome.value,
        reason=reason_of(target, request),
        sessions_revoked=target.sessions_revoked,
        proof=_proof_view(target),
        actions=action_views(target),
        may_unblock=target.containment is not None and target.containment.may_unblock,
        access_pass=pass_view(target.access_pass),
    )


def pass_view(offered: AccessPass | None) -> PassView | None:
    if offered is None:
        return None
    lifetime = timedelta(minutes=offered.lifetime_minutes)
    return PassView(
        offered.state, offered.why, lifetime, offered.once, offered.by, offered.at, offered.reason, offered.detail
    )


# Reasons of a request's end, where it came while the user was being reset.
_MIDWAY = {"cancelled": "cancelledMidway", "requestFailed": "failedMidway"}


def reason_of(target: Target, request: ResetRequest) -> str:
    """Return the code of labels.REASON: a user of whom something was changed was not left before their turn."""
    if target.outcome is TargetOutcome.PARTIALLY_RESET:
        return _MIDWAY.get(target.reason, target.reason)
    if target.reason == "cancelled" and request.approval.ends_as is RequestStatus.CANCELLED:
        return "withdrawn"
    return target.reason


def leaves_sessions_open(target: Target) -> bool:
    """Return whether methods were removed and sign-in sessions, which were to end, were not."""
    removed = (MethodOutcome.DELETED, MethodOutcome.DEACTIVATED, MethodOutcome.ALREADY_GONE, MethodOutcome.UNVERIFIED)
    return target.sessions_revoked is False and any(method.outcome in removed for method in target.methods)


def action_views(target: Target) -> tuple[ActionView, ...]:
    """Return what was done to the user beside the removal, in the order of doing."""
    found = target.containment
    if found is None:
        return ()
    named = {
        "blocked": found.blocked,
        "sessionsRevoked": found.sessions_revoked,
        "riskConfirmed": found.risk_confirmed,
        "unblocked": found.unblocked,
        "riskDismissed": found.risk_dismissed,
    }
    return tuple(ActionView(name, a.outcome.value, a.reason, a.by) for name, a in named.items() if a is not None)


def containment_view(request: ResetRequest) -> ContainmentView | None:
    terms = request.containment
    if terms is None:
        return None
    return ContainmentView(terms.contain_first, terms.confirm_risk, terms.unblock, terms.on_denied == "keep")


def _proof_view(target: Target) -> ProofView | None:
    verification = target.verification
    if verification is None:
        return None
    if (evidence := verification.evidence) is None:
        return ProofView(verification.state)
    return ProofView(verification.state, evidence.kind.value, evidence.by, evidence.at, evidence.detail)


def customer_views(
    policy: Policy, request: ResetRequest, targets: Iterable[Target], counts: Mapping[str, int] | None = None
) -> tuple[CustomerView, ...]:
    """Return the targets by customer; `counts` has each customer's number of targets where only some are shown."""
    groups: dict[str, list[UserView]] = {}
    for target in targets:
        groups.setdefault(target.customer, []).append(user_view(target, request))
    return tuple(
        CustomerView(
            name=policy.customers[key].name if key in policy.customers else key,
            key=key,
            users=tuple(users),
            targets=(counts or {}).get(key, len(users)),
        )
        for key, users in groups.items()
    )


def plan_totals(targets: Iterable[Target]) -> PlanTotals:
    users = removed = deactivated = privileged = activated = 0
    forecasts: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    for target in targets:
        if _is_refused(target):
            refusals[target.reason] += 1
            continue
        users += 1
        privileged += target.privileged
        touched = [method for method in target.methods if not _is_kept_since(target, method)]
        fates = [method_view(method, undo=bool(target.tokens)).fate for method in touched]
        removed += fates.count("remove")
        deactivated += fates.count("deactivate")
        activated += fates.count("activate")
        if target.forecast:
            forecasts[target.forecast] += 1
    registering, keeping, password_only, not_registering, unforeseen = (forecasts[word] for word in Forecast)
    return PlanTotals(
        users=users,
        refused=refusals.total(),
        removed=removed,
        deactivated=deactivated,
        privileged=privileged,
        activated=activated,
        registering=registering,
        keeping=keeping,
        password_only=password_only,
        not_registering=not_registering,
        unforeseen=unforeseen,
        refusals=refusals,
    )


def decision_views(
    decisions: Iterable[Decision], names: Mapping[int, str] = MappingProxyType({})
) -> tuple[DecisionView, ...]:
    """Return the decisions as they are shown; `names` are those of targets by number, as far as they are shown."""
    made = list(decisions)
    twice = same_account(made)
    return tuple(
        DecisionView(
            d.approver,
            d.decision,
            d.at,
            d.comment,
            len(d.without),
            tuple(names[number] for number in d.without if number in names),
            d.approver.casefold() in twice,
        )
        for d in made
    )


def _visible_decisions(entry: Approver, request: ResetRequest, decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions that `entry` may read: those about a customer of theirs, and of the users left out only their own."""
    deciding = {other.approver: set(other.customers) for other in request.approval.approvers}
    mine = set(entry.customers)
    numbers = [range(first, first + count) for customer, first, count in request.ranges if customer in mine]
    return [
        decision.model_copy(update={"without": [n for n in decision.without if any(n in part for part in numbers)]})
        for decision in decisions
        if deciding.get(decision.approver, set()) & mine
    ]


def _fewest_approvals(entry: Approver, given: Mapping[str, int]) -> int:
    """Return how many approvals the customer of theirs has that has fewest; `given` as `approvals` counts them."""
    return min((given.get(customer, 0) for customer in entry.customers), default=0)


class ShownPlan(NamedTuple):
    """A page of the targets that an approver decides on, and counts of all of them: by customer, and what would be done.

    `left_out` are those that others left out already, by number; `totals` are without them.
    """

    targets: Sequence[Target]
    counts: Mapping[str, int]
    totals: PlanTotals
    page: PageView
    left_out: Mapping[int, Target] = MappingProxyType({})


def approval_view(
    policy: Policy,
    request: ResetRequest,
    entry: Approver,
    plan: ShownPlan,
    decisions: Sequence[Decision],
    now: datetime,
    related: Mapping[str, str] = MappingProxyType({}),
) -> ApprovalView:
    """Return what `entry` decides on; `related` has what people call the requests that this one retries or takes over, by id."""
    totals = plan.totals
    step_up: list[str] = []
    if request.approval.step_up:
        # Why, as far as this approver sees it: other customers' users are not theirs to know of.
        many = "manyTargets" if request.target_count >= policy.approval.step_up.targets else "manyRequests"
        unknown = request.approval.unknown_requester
        step_up = ["unknownRequester"] if unknown else []
        unverified = request.approval.unverified
        step_up += ["unverified"] if unverified else []
        if totals.privileged:
            step_up.append("privilegedUser")
        elif not (unknown or unverified) or many == "manyTargets":
            step_up.append(many)
    return ApprovalView(
        request_id=request.id,
        asked_by=labels.who_asked(request),
        source=request.source,
        ticket=request.ticket,
        reason=request.reason,
        approver=entry.approver,
        created_at=request.created_at,
        expires_at=request.approval.expires_at or now,
        now=now,
        customers=_without_left_out(
            customer_views(policy, request, plan.targets, plan.counts), counting(policy, request, decisions)
        ),
        totals=totals,
        targets=sum(plan.counts.values()),
        quorum=request.approval.quorum,
        approvals=_fewest_approvals(entry, approvals(request, counting(policy, request, decisions))),
        decisions=decision_views(_visible_decisions(entry, request, decisions), _first_names(plan.left_out)),
        revoke_sessions=request.revoke_sessions,
        step_up=tuple(step_up),
        page=plan.page,
        undo=bool(request.undo_of),
        undo_within=policy.undo.within,
        through=tuple(entry.through),
        schedule=request.schedule,
        retry_of=_name_in(related, request.retry_of),
        takeover_of=_name_in(related, request.takeover_of),
        containment=containment_view(request),
    )


def _name_in(related: Mapping[str, str], request_id: str | None) -> str:
    """Return what people call a related request, "" where there is none."""
    return related.get(request_id, request_id) if request_id else ""


def _first_names(left_out: Mapping[int, Target]) -> dict[int, str]:
    return {number: left_out[number].name for number in sorted(left_out)[:NAMED]}


def _without_left_out(customers: Iterable[CustomerView], decisions: Sequence[Decision]) -> tuple[CustomerView, ...]:
    """Return the customers with each user marked whom one of the decisions leaves out."""
    by: dict[int, list[str]] = {}
    for decision in decisions:
        for number in decision.without:
            by.setdefault(number, []).append(decision.approver)
    return tuple(
        customer._replace(
            users=tuple(user._replace(left_out_by=tuple(by.get(user.number, ()))) for user in customer.users)
        )
        for customer in customers
    )


def display_status(
    request: ResetRequest,
    decisions: Sequence[Decision],
    now: datetime,
    *,
    cancelled: bool,
    totals: Mapping[str, int] | None = None,
) -> str:
    """Return the status to display, a code of `labels.STANDING`.

    The decisions are ahead of the recorded status, which follows once the workflow has processed them. `cancelled`: a cancellation
    was requested. `totals`: targets per outcome of the whole request, where they are known.
    """
    ends_as = request.approval.ends_as
    if cancelled and request.status is RequestStatus.PLANNING:
        return "withdrawn"
    if cancelled and request.status is RequestStatus.RESETTING:
        return "cancelling"
    if request.status is RequestStatus.AWAITING_APPROVAL:
        if ends_as is None:
            return _STATUS_OF_VERDICT[verdict(request, decisions, cancelled=cancelled, now=now)]
        return _STATUS_OF_ENDING.get(ends_as, ends_as.value)
    if request.status is RequestStatus.CANCELLED:
        begun = ends_as is not RequestStatus.CANCELLED and (totals is None or any(map(totals.get, _POSSIBLY_TOUCHED)))
        return request.status.value if begun else "withdrawn"
    return request.status.value


def ended_untouched(request: ResetRequest, status: str) -> bool:
    """Return whether the request ends without any user being touched; `status` is its `display_status`."""
    return status in {"denied", "expired", "withdrawn"} or request.failure not in {None, RECORD_UNREADABLE}


def _pending_approvals(
    policy: Policy, request: ResetRequest, entry: Approver, decisions: Sequence[Decision], given: Mapping[str, int]
) -> list[WaitView]:
    """For whom the customers of `entry` wait."""
    decided = {decision.approver.casefold() for decision in decisions}
    undecided = [
        other
        for other in request.approval.approvers
        if other.approver.casefold() not in decided and still_decides(policy, request, other)
    ]
    return [
        WaitView(
            customer=policy.customers[key].name if key in policy.customers else key,
            missing=request.approval.quorum - so_far,
            approvers=tuple(other.approver for other in undecided if key in other.customers),
        )
        for key, so_far in given.items()
        if key in entry.customers and so_far < request.approval.quorum
    ]


def state_view(
    policy: Policy,
    request: ResetRequest,
    entry: Approver,
    totals: Mapping[str, int] | None,
    decisions: Sequence[Decision],
    now: datetime,
    notice: str = "",
    *,
    cancelled: bool = False,
    names: Mapping[int, str] = MappingProxyType({}),
    related: Mapping[str, str] = MappingProxyType({}),
    refused: int = 0,
) -> StateView:
    """Return how the request stands for `entry`.

    `totals` counts the targets of this approver's customers by outcome, None where that is not known before the end;
    `cancelled`: a cancellation was requested. `names` of users whom decisions left out, by number; `related` as `approval_view`
    takes them.
    `refused`: how many of this approver's users the plan refuses.
    """
    excluded = left_out(request, counting(policy, request, decisions))
    numbers = {number for customer in entry.customers for number in excluded.get(customer, ())}
    given = approvals(request, counting(policy, request, decisions))
    waiting = {customer for customer in given if given[customer] < request.approval.quorum}
    begun = request.status is not RequestStatus.AWAITING_APPROVAL
    return StateView(
        request_id=request.id,
        status=display_status(request, decisions, now, cancelled=cancelled),
        asked_by=labels.who_asked(request),
        ticket=request.ticket,
        reason=request.reason,
        now=now,
        targets=sum(count for customer, _, count in request.ranges if customer in entry.customers),
        totals=totals if begun else {},
        expires_at=request.approval.expires_at,
        waits=tuple(_pending_approvals(policy, request, entry, decisions, given)),
        waits_elsewhere=bool(waiting - set(entry.customers)),
        quorum=request.approval.quorum or 1,
        approvals=_fewest_approvals(entry, given),
        decisions=decision_views(_visible_decisions(entry, request, decisions), names),
        notice=notice,
        undo=bool(request.undo_of),
        retry_of=_name_in(related, request.retry_of),
        takeover_of=_name_in(related, request.takeover_of),
        left_out=len(numbers),
        refused=refused,
    )


def _final_status(request: ResetRequest) -> str:
    withdrawn = request.status is RequestStatus.CANCELLED and request.approval.ends_as is RequestStatus.CANCELLED
    return "withdrawn" if withdrawn else request.status.value


def outcome_view(
    policy: Policy,
    request: ResetRequest,
    targets: Iterable[Target],
    totals: Mapping[str, int],
    decisions: Iterable[Decision],
    now: datetime,
    *,
    names: Mapping[int, str] = MappingProxyType({}),
    related: Mapping[str, str] = MappingProxyType({}),
    link: str = "",
) -> OutcomeView:
    """`names` are those of excluded users by number, as far as they are shown; `link` leads to the request's page.

    `related` as `approval_view` takes them.
    """
    targets = list(targets)
    exposed = [target for target in targets if request.revoke_sessions and leaves_sessions_open(target)]
    return OutcomeView(
        request_id=request.id,
        status=_final_status(request),
        asked_by=labels.who_asked(request),
        ticket=request.ticket,
        reason=request.reason,
        ended_at=request.ended_at or now,
        targets=request.target_count,
        totals=totals,
        customers=customer_views(policy, request, targets),
        decisions=decision_views(decisions, names),
        undo=bool(request.undo_of),
        retry_of=_name_in(related, request.retry_of),
        takeover_of=_name_in(related, request.takeover_of),
        containment=containment_view(request),
        link=link,
        open_sessions=tuple(target.user_principal_name or target.asked for target in exposed),
    )


def notice_view(request: ResetRequest, target: Target, customer: str, at: datetime, contact: str) -> NoticeView:
    return NoticeView(user=user_view(target, request), customer=customer, at=at, contact=contact, ticket=request.ticket)


def followed_views(policy: Policy, targets: Iterable[Target]) -> tuple[FollowedView, ...]:
    """Return the users that need attention, the most urgent first."""
    alarming = [(target, target.follow_up) for target in targets if target.follow_up]
    return tuple(
        FollowedView(
            name=target.user_principal_name or target.asked,
            customer=policy.customers[target.customer].name if target.customer in policy.customers else target.customer,
            state=looked.state,
            detail=_followed_detail(looked),
        )
        for state in ALARMING
        for target, looked in alarming
        if looked.state == state
    )


def _followed_detail(found: FollowUpFinding) -> str:
    """Say what the audit log told of a user's registrations, and what is suspicious about them."""
    shown = [_registration_text(one) for one in found.registrations[:_REGISTRATIONS]]
    words = [labels.say(labels.SUSPICION, word) for word in found.suspicions]
    return "; ".join(part for part in (found.detail, ", ".join(words), *shown) if part)


def _registration_text(one: AuditedRegistration) -> str:
    at = f"{one.at:%Y-%m-%d %H:%M:%S} UTC"
    place = one.address + (f" ({one.country})" if one.country else "")
    who = one.by_name or {"otherUser": gettext("another user"), "application": gettext("an application")}.get(
        one.by, ""
    )
    if one.by == "user":
        return gettext("%(at)s from %(place)s", at=at, place=place) if place else at
    if place:
        return gettext("%(at)s from %(place)s by %(who)s", at=at, place=place, who=who)
    return gettext("%(at)s by %(who)s", at=at, who=who)


def follow_up_view(
    policy: Policy,
    request: ResetRequest,
    targets: Iterable[Target],
    now: datetime,
    related: Mapping[str, str] = MappingProxyType({}),
) -> FollowUpView:
    """Return what the follow-up found; `related` as `approval_view` takes them."""
    return FollowUpView(
        request_id=request.id,
        ticket=request.ticket,
        asked_by=labels.who_asked(request),
        at=(request.follow_up.ended_at if request.follow_up else None) or now,
        ended_at=request.ended_at or now,
        totals=request.follow_up.totals if request.follow_up else {},
        users=followed_views(policy, targets),
        retry_of=_name_in(related, request.retry_of),
    )
