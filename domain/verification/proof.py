"""The interface of all kinds of proof, and what is judged of each of them alike."""

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from domain.policy.verification import VerificationTerms
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.evidence import Evidence, EvidenceKind, EvidenceRefusedError
from languages import Message

# Clocks of two systems may differ by this much.
CLOCK_DIFFERENCE = timedelta(minutes=5)


class Subject(NamedTuple):
    """Whom a proof is to be about: one target of one request, with the terms that hold for it."""

    request: ResetRequest
    target: Target
    terms: VerificationTerms
    now: datetime


class Proof(Protocol):
    """One proof of one kind, as it came in."""

    @property
    def kind(self) -> EvidenceKind: ...

    def examine(self, subject: Subject) -> Evidence:
        """Return the evidence that the proof is for this subject. Raises: EvidenceRefusedError."""
        ...


def evidence_of(proof: Proof, subject: Subject) -> Evidence:
    """Return what a proof shows of a subject, judged by the rules of its kind and by those of all kinds.

    Raises: EvidenceRefusedError.
    """
    verification = subject.target.verification
    ended = subject.target.settled or verification is None or verification.state != "waiting"
    if ended or verification is None or subject.now >= verification.until:
        raise EvidenceRefusedError(
            "notWaiting", Message("No evidence is taken for this user any more, or none is needed.")
        )
    if proof.kind not in verification.accept:
        raise EvidenceRefusedError(
            "notAccepted", Message("The policy does not accept %(kind)s for this user.", kind=proof.kind)
        )
    evidence = proof.examine(subject)
    if evidence.at > subject.now + CLOCK_DIFFERENCE:
        raise EvidenceRefusedError("fromTheFuture", Message("The proof is dated later than now."))
    if evidence.at < subject.request.created_at - CLOCK_DIFFERENCE:
        raise EvidenceRefusedError("stale", Message("The proof is older than the request."))
    if is_too_old(evidence, subject.terms, subject.now):
        raise EvidenceRefusedError(
            "stale", Message("The proof is older than the policy accepts ([verification] maxAge).")
        )
    return evidence


def is_too_old(evidence: Evidence, terms: VerificationTerms, now: datetime) -> bool:
    return now - evidence.at > terms.max_age
