"""Which requests are about compromised accounts, what their terms are, and of whom evidence is needed before they are unblocked."""

from collections.abc import Iterable

from domain.containment.actions import ContainmentTerms
from domain.errors import InvalidInputError
from domain.outcomes import RequestStatus, TargetOutcome
from domain.policy.model import Policy
from domain.policy.profiles import Compromised
from domain.request.parsing import ParsedRequest
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.terms import needs_verification
from domain.verification.terms import terms_for as verification_terms
from languages import Message


def containment_terms(policy: Policy, parsed: ParsedRequest, source: str) -> ContainmentTerms | None:
    """Return the terms of a request of this source; None where it names no profile.

    Raises: InvalidInputError where the source may not.
    """
    profile = policy.profiles.compromised
    if parsed.body.profile is None or profile is None:
        return None
    if source not in profile.sources:
        detail = Message(
            "may not be named by requests of %(source)s ([profiles.compromised] sources)", source=repr(source)
        )
        raise InvalidInputError(
            Message("The request has mistakes; each is named below."), [{"pointer": "/profile", "detail": detail}]
        )
    return ContainmentTerms(
        contain_first=profile.contain_first and source in profile.contain_first_sources,
        confirm_risk=profile.confirm_risk,
        unblock=profile.unblock,
        on_denied=profile.on_denied,
    )


def offers_profile(policy: Policy, source: str, customers: Iterable[str]) -> bool:
    """Return whether requests of this source may name the profile for all of these customers."""
    profile = policy.profiles.compromised
    if profile is None or source not in profile.sources:
        return False
    return profile.customers is None or set(customers) <= set(profile.customers)


def profile_for(policy: Policy, request: ResetRequest, customer: str) -> Compromised | None:
    """Return what the policy says of containing users of this customer now; None where it does not let it be done any more."""
    profile = policy.profiles.compromised
    if profile is None or request.containment is None or request.dry_run:
        return None
    return profile if profile.customers is None or customer in profile.customers else None


def is_approved(request: ResetRequest) -> bool:
    """Return whether a request that has ended was approved, or needed no approval."""
    approval = request.approval
    if approval.required:
        return approval.ends_as is RequestStatus.RESETTING
    return request.plan_digest is not None and request.failure is None


def needs_evidence(policy: Policy, request: ResetRequest, target: Target) -> bool:
    """Return whether a blocked user is unblocked only with evidence: the profile says so, or a reset of theirs needs it."""
    terms, containment = request.containment, target.containment
    if terms is None or containment is None or not containment.may_unblock:
        return False
    if terms.unblock == "verified":
        return True
    open_target = target.model_copy(update={"outcome": TargetOutcome.PENDING})
    return needs_verification(verification_terms(policy, request.source, target.customer), open_target)
