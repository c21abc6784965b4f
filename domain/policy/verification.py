"""The tables of the policy file about caller verification."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from domain.policy.part import Count, Duration, Flag, Key, Part, Secrets
from domain.policy.values import standard_secrets
from domain.verification.evidence import EvidenceKind

type Required = Literal["always", "privileged", "never"]
type Otherwise = Literal["refuse", "stepUp"]

# W3C, Decentralized Identifiers 1.0, 3.1: did:method:method-specific-id.
Did = Annotated[str, StringConstraints(pattern=r"^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$", max_length=500)]

_STRICTNESS: tuple[Required, ...] = ("never", "privileged", "always")


def _each_once(kinds: tuple[EvidenceKind, ...]) -> tuple[EvidenceKind, ...]:
    if len(set(kinds)) < len(kinds):
        raise ValueError("names a kind twice")
    return kinds


Kinds = Annotated[tuple[EvidenceKind, ...], Field(min_length=1), AfterValidator(_each_once)]


class VerificationOverride(Part):
    """What one customer or source has instead. Where both say something, the stricter counts."""

    required: Required | None = None
    accept: Kinds | None = None
    max_age: Duration | None = None
    wait_for: Duration | None = None
    otherwise: Otherwise | None = None


class CustomerVerification(VerificationOverride):
    issuers: tuple[Did, ...] = Field(
        (),
        description="DIDs whose credentials count for this customer's users; absent: verifiedId cannot be used there",
    )


class VerifiedId(Part):
    """Microsoft Entra Verified ID, by the request service of the provider's own tenant."""

    authority: Did = Field(description="The provider's DID: the verifier")
    client_name: str = Field("IT service desk", max_length=100, description="Who asks, as the wallet shows it")
    credential: str = Field("VerifiedEmployee", pattern=r"^[A-Za-z0-9_-]{1,100}$", description="The type of credential")
    claim: str = Field(
        "revocationId",
        pattern=r"^[A-Za-z0-9_.-]{1,100}$",
        description="The claim that holds the user principal name; in VerifiedEmployee it is revocationId",
    )
    face_check: Flag = Field(default=False, description="Whether the wallet compares the holder's face with the photo")
    photo_claim: str = Field("photo", pattern=r"^[A-Za-z0-9_.-]{1,100}$", description="The claim with the photo")
    confidence: Annotated[Count, Field(ge=50, le=100)] = Field(70, description="Of the face check, in percent")


class VerificationService(Part):
    """A service that verifies people and posts signed results to /api/verification/proofs/{its key}."""

    secrets: Annotated[Secrets, AfterValidator(standard_secrets)] = Field(
        alias="secret", repr=False, description="Verifies its Standard Webhooks; several while one is replaced"
    )
    customers: tuple[str, ...] | None = Field(None, min_length=1, description="Whose users it verifies; absent: all")


class Verification(Part):
    required: Required = Field("never", description="Whose reset needs evidence that the user asks for it")
    accept: Kinds = Field(
        (EvidenceKind.VERIFIED_ID, EvidenceKind.EXTERNAL_PROOF, EvidenceKind.MANAGER_ATTESTATION),
        description="Which evidence counts; callback, the weakest kind, only where it is named",
    )
    max_age: Duration = Field(
        timedelta(hours=4),
        json_schema_extra={"default": "4h"},
        description="How old evidence may be when the plan is sealed",
    )
    wait_for: Duration = Field(
        timedelta(hours=4),
        json_schema_extra={"default": "4h"},
        description="How long a request waits for evidence after its plan is made",
    )
    otherwise: Otherwise = Field(
        "refuse", description="What becomes of a user without evidence by then: refused, or approved by more people"
    )
    verified_id: VerifiedId | None = None
    services: dict[Key, VerificationService] = Field(default_factory=dict)


class VerificationTerms(Part):
    """What holds for the users of one customer in requests of one source."""

    required: Required
    accept: tuple[EvidenceKind, ...]
    max_age: timedelta
    wait_for: timedelta
    otherwise: Otherwise


def terms_of(general: Verification, overrides: Iterable[VerificationOverride]) -> VerificationTerms:
    """Return the general terms with what the overrides say instead; the stricter where several say something."""
    own = list(overrides)
    required = [each.required for each in own if each.required is not None]
    accept = [each.accept for each in own if each.accept is not None]
    otherwise = [each.otherwise for each in own if each.otherwise is not None]
    kinds = accept[0] if accept else general.accept
    return VerificationTerms(
        required=max(required, key=_STRICTNESS.index) if required else general.required,
        accept=tuple(kind for kind in kinds if all(kind in other for other in accept)),
        max_age=min((each.max_age for each in own if each.max_age is not None), default=general.max_age),
        wait_for=min((each.wait_for for each in own if each.wait_for is not None), default=general.wait_for),
        otherwise=("refuse" if "refuse" in otherwise else otherwise[0]) if otherwise else general.otherwise,
    )
