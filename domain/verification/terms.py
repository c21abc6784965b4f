"""Whether a target has to be verified, and by what."""

from domain.policy.load import Policy
from domain.policy.verification import VerificationTerms, terms_of
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.evidence import EvidenceKind


def terms_for(policy: Policy, source: str, customer_key: str) -> VerificationTerms:
    """Return what holds for users of this customer in requests of this source."""
    customer, sender = policy.customers.get(customer_key), policy.sources.get(source)
    overrides = [each.verification for each in (customer, sender) if each is not None]
    terms = terms_of(policy.verification, overrides)
    usable = tuple(kind for kind in terms.accept if _is_set_up(policy, kind, customer_key))
    return terms.model_copy(update={"accept": usable})


def may_need_verification(policy: Policy, request: ResetRequest) -> bool:
    """Return whether any target of the request could need evidence, before it is known who they are.

    A dry run changes nothing, an undo takes a code that only the token shows, and who may be compromised is verified later, before
    they are unblocked.
    """
    if request.dry_run or request.undo_of is not None or request.containment is not None:
        return False
    return any(terms_for(policy, request.source, key).required != "never" for key in request.customers)


def needs_verification(terms: VerificationTerms, target: Target) -> bool:
    """Return whether this planned target needs evidence."""
    if not target.planned or target.settled:
        return False
    privileged = target.privileged or bool(target.privileges)
    return terms.required == "always" or (terms.required == "privileged" and privileged)


def _is_set_up(policy: Policy, kind: EvidenceKind, customer_key: str) -> bool:
    customer, general = policy.customers.get(customer_key), policy.verification
    match kind:
        case EvidenceKind.VERIFIED_ID:
            return general.verified_id is not None and customer is not None and bool(customer.verification.issuers)
        case EvidenceKind.EXTERNAL_PROOF:
            return any(not each.customers or customer_key in each.customers for each in general.services.values())
        case _:
            return True
