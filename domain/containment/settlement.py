"""What the actions of a containment mean for a target's outcome, and whose block is taken back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.containment.actions import OPEN, Action, ActionOutcome, Containment
from domain.outcomes import TargetOutcome
from domain.request.target import Target
from domain.verification.evidence import EvidenceKind, TargetVerification

NOT_BLOCKED = "notBlocked"
# How long after the reset evidence is taken for the unblocking.
EVIDENCE_WITHIN = timedelta(days=90)
# Nothing of the reset was done to such a target, because it was not approved or a guard refused it.
_UNTOUCHED = frozenset({TargetOutcome.CANCELLED, TargetOutcome.REFUSED})


def with_block(target: Target) -> Target:
    """Return a target that has ended; one that ended well although the user can still sign in ends as partially reset."""
    containment = target.containment
    if containment is None or target.outcome not in {TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}:
        return target
    if containment.is_blocked or containment.was_unblocked:
        return target
    why = containment.blocked.detail or "The sign-in was not blocked."
    return target.settle(TargetOutcome.PARTIALLY_RESET, NOT_BLOCKED, why)


def may_unblock_unapproved(target: Target, *, approved: bool) -> bool:
    """Return whether a target's block stands without an approval of it: then the policy's `onDenied` decides.

    `approved`: the request as a whole was.
    """
    containment = target.containment
    if containment is None or not containment.may_unblock or containment.unblocked is not None:
        return False
    if target.touched:
        return False
    return target.outcome in _UNTOUCHED or (target.settled and not approved)


def asked_to_unblock(target: Target) -> bool:
    """Return whether the user is to be unblocked and was not yet."""
    containment = target.containment
    asked = containment.unblocked if containment else None
    return asked is not None and asked.outcome is ActionOutcome.PENDING


def asked_to_dismiss(target: Target) -> bool:
    containment = target.containment
    asked = containment.risk_dismissed if containment else None
    return asked is not None and asked.outcome is ActionOutcome.PENDING


def fail_open(target: Target, why: Action) -> Target:
    """Return `target` with every action of its containment that is pending as `why` says."""
    containment = target.containment or Containment()
    names = ("blocked", "sessions_revoked", "risk_confirmed")
    pending = {
        name: why
        for name in names
        if (action := getattr(containment, name)) is not None and action.outcome is ActionOutcome.PENDING
    }
    return with_actions(target.model_copy(update={"containment": containment}), **pending)


def is_open(target: Target, *, approved: bool, confirm_risk: bool = False) -> bool:
    """Return whether something of its containment is still to be done; before the approval what waits for it is not."""
    containment = target.containment or Containment()
    if confirm_risk and containment.risk_confirmed is None:
        return True
    names = ("blocked", "sessions_revoked", "risk_confirmed")
    open_now = OPEN if approved else frozenset({ActionOutcome.PENDING})
    return any((action := getattr(containment, name)) is not None and action.outcome in open_now for name in names)


def awaiting_evidence(target: Target, accept: Iterable[EvidenceKind], now: datetime) -> Target:
    """Return `target` waiting for evidence of its user; what is there already stays."""
    if target.verification is not None:
        return target
    # The manager's page asks whether the user wants a reset, which is not the question here.
    kinds = [kind for kind in accept if kind is not EvidenceKind.MANAGER_ATTESTATION]
    return target.model_copy(update={"verification": TargetVerification(accept=kinds, until=now + EVIDENCE_WITHIN)})


def is_blocked_unverified(target: Target) -> bool:
    """Return whether the target's user waits for evidence to be unblocked."""
    waiting = target.verification is not None and target.verification.state == "waiting"
    return waiting and target.containment is not None and target.containment.may_unblock


def is_verified(target: Target) -> bool:
    return target.verification is not None and target.verification.evidence is not None


def with_actions(target: Target, **actions: object) -> Target:
    """Return `target` with these fields of its containment as given."""
    containment = target.containment
    if containment is None:
        raise ValueError("the target is not contained")
    return target.model_copy(update={"containment": containment.model_copy(update=actions)})
