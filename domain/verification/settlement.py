"""What becomes of a target's verification: who has to be verified, who was in time, and what the policy does about the others."""

from datetime import datetime

from domain.outcomes import TargetOutcome
from domain.policy.verification import VerificationTerms
from domain.request.target import Target
from domain.verification.evidence import Evidence, TargetVerification
from domain.verification.proof import is_too_old
from domain.verification.terms import needs_verification

UNVERIFIED = "unverified"
_MISSING = "Nothing showed in time that the user asks for this; nothing was touched."


def assessed(target: Target, terms: VerificationTerms, now: datetime) -> Target:
    """Return a planned target as its verification stands now. The same again where nothing changes."""
    verification = target.verification
    if verification is None:
        if not needs_verification(terms, target):
            return target
        # Without a kind that is set up there is nothing to wait for.
        until = now + terms.wait_for if terms.accept else now
        return target.model_copy(update={"verification": TargetVerification(accept=list(terms.accept), until=until)})
    if target.settled:
        return target
    if verification.evidence is not None and is_too_old(verification.evidence, terms, now):
        verification = verification.model_copy(update={"state": "waiting", "evidence": None})
    if verification.state == "waiting" and now >= verification.until:
        verification = verification.model_copy(update={"state": "missing"})
        # Who was not shown to be the user gets no way in, however many people approve the reset.
        target = target.model_copy(update={"verification": verification, "access_pass": None})
        return target.settle(TargetOutcome.REFUSED, UNVERIFIED, _MISSING) if terms.otherwise == "refuse" else target
    return target.model_copy(update={"verification": verification})


def verified(target: Target, evidence: Evidence) -> Target:
    """Return a target that waited, with the evidence that was found."""
    return _changed(target, {"state": "verified", "evidence": evidence})


def denied(target: Target, by: str) -> Target:
    """Return a target whose user did not ask for it, as `by` says: refused, whatever the policy says of missing evidence."""
    detail = f"{by} says that the user did not ask for this; nothing was touched."
    return _changed(target, {"state": "denied"}).settle(TargetOutcome.REFUSED, UNVERIFIED, detail)


def waits(target: Target) -> bool:
    """Return whether a target still waits for evidence."""
    return not target.settled and target.verification is not None and target.verification.state == "waiting"


def lacks_evidence(target: Target) -> bool:
    """Return whether a target goes on without the evidence it should have, which asks for more approval."""
    return not target.settled and target.verification is not None and target.verification.evidence is None


def _changed(target: Target, fields: dict[str, object]) -> Target:
    verification = target.verification
    if verification is None:
        raise ValueError("the target needs no verification")
    return target.model_copy(update={"verification": verification.model_copy(update=fields)})
