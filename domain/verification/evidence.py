"""Evidence that a user asked for a reset themselves: its kinds, and what a target records of it."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field

from domain.model import Instant, Model


class EvidenceKind(StrEnum):
    """The strongest first; docs/verification.md says why."""

    VERIFIED_ID = "verifiedId"
    EXTERNAL_PROOF = "externalProof"
    MANAGER_ATTESTATION = "managerAttestation"
    CALLBACK = "callback"


class Evidence(Model):
    """Who proved what, how and when. It holds nothing that would prove it again."""

    id: str = Field(description="Unique within the request: a proof with an id that was used is a replay")
    kind: EvidenceKind
    by: str = Field(description="Who vouches, as people read it: an issuer, a manager, a service, an operator")
    by_id: str = Field(description="The same as an identifier: a DID, tenant id/object id, service:NAME or key:NAME")
    at: Instant = Field(description="When it was proved")
    received_at: Instant
    detail: str = Field(default="", description="How, in a sentence; numbers are masked")


# `waiting`: evidence is missing and may still come. `verified`: there is some. `denied`: who was asked says that it was
# not the user. `missing`: its time was up; the policy says whether that refuses the target or asks for more approval.
type VerificationState = Literal["waiting", "verified", "denied", "missing"]
type InvitationState = Literal["sent", "failed", "noManager", "noAddress", "involved"]


class Invitation(Model):
    """The mail that asks the user's manager. `account` is the only one that may answer: tenant id/object id."""

    account: str = ""
    name: str = ""
    mail: InvitationState
    at: Instant
    detail: str = ""


class TargetVerification(Model):
    """What a target needs to be verified by, and what is there of it."""

    state: VerificationState = "waiting"
    accept: list[EvidenceKind]
    until: Instant = Field(description="Evidence that comes later does not count")
    evidence: Evidence | None = None
    invitation: Invitation | None = None

    def without_person(self) -> Self:
        """Return the same without names; what the plan's digest is made of stays."""
        evidence = self.evidence and self.evidence.model_copy(update={"by": "", "detail": ""})
        invitation = self.invitation and self.invitation.model_copy(update={"name": "", "detail": ""})
        return self.model_copy(update={"evidence": evidence, "invitation": invitation})


class RequestVerification(Model):
    """Of a request with targets that need evidence. The plan is sealed when it has ended."""

    until: Instant
    ended_at: Instant | None = None


type RefusalReason = Literal[
    "notAccepted",  # the policy does not accept this kind here
    "notWaiting",  # the target waits for no evidence: it has some, or its time is up
    "stale",  # proved too long ago, or before the request
    "fromTheFuture",
    "replayed",
    "otherUser",
    "otherRequest",
    "otherIssuer",
    "revoked",
    "expired",
    "notVerified",  # the proof itself says no
    "involved",  # who vouches is the person who asks, or the user
    "unreadable",
]


class EvidenceRefusedError(Exception):
    """The evidence does not count; `reason` is a stable word, `detail` a sentence."""

    def __init__(self, reason: RefusalReason, detail: str) -> None:
        super().__init__(detail)
        self.reason: RefusalReason = reason
        self.detail = detail
