"""The kind `verifiedId`: the user presented a credential of Microsoft Entra Verified ID.

Facts: Microsoft Learn, "Request Service REST API presentation specification" (callback events) and "Issue a Verifiable
Credential for directory based claims" (in VerifiedEmployee the claim `revocationId` is the user principal name).
"""

from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ConfigDict, Field

from domain.model import Instant, Model
from domain.policy.verification import Did, VerifiedId
from domain.verification.evidence import Evidence, EvidenceKind, EvidenceRefusedError
from domain.verification.external_proof import names_user
from domain.verification.proof import Subject
from languages import Message


class CredentialState(Model):
    model_config = ConfigDict(extra="ignore")

    revocation_status: str = ""


class PresentedCredential(Model):
    """One entry of `verifiedCredentialsData`."""

    model_config = ConfigDict(extra="ignore")

    issuer: str
    type: list[str]
    claims: dict[str, Any] = Field(default_factory=dict)
    credential_state: CredentialState = Field(default_factory=CredentialState)
    expiration_date: Instant | None = None


class PresentationEvent(Model):
    """A callback of the request service. `error` comes with `presentation_error`."""

    model_config = ConfigDict(extra="ignore")

    request_id: str
    request_status: str
    state: str
    verified_credentials_data: list[PresentedCredential] = Field(default_factory=list)


class Presentation(NamedTuple):
    """A verified presentation. `expected` is the id that the request service gave the presentation of this target."""

    event: PresentationEvent
    expected: str
    settings: VerifiedId
    issuers: tuple[Did, ...]
    at: datetime
    kind: EvidenceKind = EvidenceKind.VERIFIED_ID

    def examine(self, subject: Subject) -> Evidence:
        """Return the evidence. Raises: EvidenceRefusedError."""
        if self.event.request_id != self.expected:
            raise EvidenceRefusedError("otherRequest", Message("The presentation was made for another request."))
        wanted = self.settings.credential
        shown = [each for each in self.event.verified_credentials_data if wanted in each.type]
        if len(shown) != 1:
            raise EvidenceRefusedError(
                "notVerified",
                Message(
                    "The presentation holds %(shown)s credentials of type %(wanted)s.", shown=len(shown), wanted=wanted
                ),
            )
        (credential,) = shown
        self._check(credential, subject)
        return Evidence(
            id=self.event.request_id,
            kind=self.kind,
            by=credential.issuer,
            by_id=credential.issuer,
            at=self.at,
            received_at=subject.now,
            detail=f"Presented a credential of type {wanted}{' with a face check' if self.settings.face_check else ''}.",
        )

    def _check(self, credential: PresentedCredential, subject: Subject) -> None:
        # The request names the issuers, too; a callback is judged by itself, whatever came of that.
        if credential.issuer not in self.issuers:
            raise EvidenceRefusedError(
                "otherIssuer", Message("The credential is of an issuer whom the policy does not accept here.")
            )
        if credential.credential_state.revocation_status.upper() != "VALID":
            raise EvidenceRefusedError("revoked", Message("The credential is revoked, or its state is not known."))
        if credential.expiration_date is not None and credential.expiration_date <= subject.now:
            raise EvidenceRefusedError("expired", Message("The credential has expired."))
        name = credential.claims.get(self.settings.claim)
        target = subject.target
        if not isinstance(name, str) or not names_user(name, target.user_id, target.user_principal_name):
            raise EvidenceRefusedError("otherUser", Message("The credential is another user's."))
