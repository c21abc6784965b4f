"""The kind `externalProof`: the signed result of a service that verifies people.

The delivery is signed by Standard Webhooks; who checked the signature hands the parsed body on.
"""

from typing import Annotated, Literal, NamedTuple

from pydantic import ConfigDict, StringConstraints

from domain.model import Instant, Model
from domain.normal_address import all_spellings, spellings
from domain.text import clean
from domain.verification.evidence import Evidence, EvidenceKind, EvidenceRefusedError
from domain.verification.proof import Subject
from languages import Message

_Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ProofBody(Model):
    """What a verification service posts. It names the request and the user, so that it proves nothing else."""

    model_config = ConfigDict(strict=True)

    id: _Short
    request: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    user: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320)]
    method: _Short
    result: Literal["verified", "failed"]
    verified_at: Instant


class ExternalProof(NamedTuple):
    """`service` is the key of the service in the policy; `covers`: the customers whose users it verifies, None: all."""

    service: str
    covers: tuple[str, ...] | None
    body: ProofBody
    kind: EvidenceKind = EvidenceKind.EXTERNAL_PROOF

    def examine(self, subject: Subject) -> Evidence:
        """Return the evidence. Raises: EvidenceRefusedError."""
        body, target = self.body, subject.target
        if body.request != subject.request.id:
            raise EvidenceRefusedError("otherRequest", Message("The proof is for another request."))
        if not names_user(body.user, target.user_id, target.user_principal_name):
            raise EvidenceRefusedError("otherUser", Message("The proof is about another user."))
        if self.covers is not None and target.customer not in self.covers:
            raise EvidenceRefusedError("otherIssuer", Message("This service does not verify users of this customer."))
        if body.result != "verified":
            raise EvidenceRefusedError("notVerified", Message("The service could not verify the user."))
        return Evidence(
            id=body.id,
            kind=self.kind,
            by=self.service,
            by_id=f"service:{self.service}",
            at=body.verified_at,
            received_at=subject.now,
            detail=f"Verified by {clean(body.method, limit=200)}.",
        )


def names_user(text: str, user_id: str, user_principal_name: str) -> bool:
    """Return whether a text is the object id or the user principal name of a user. A mail address does not name a user for certain."""
    return not asked_names(text).isdisjoint(names_of(user_id, user_principal_name))


def asked_names(text: str) -> frozenset[str]:
    """Return what a text may name: one of these is among a user's `names_of` if it names the user."""
    return frozenset(
        {f"id:{text.casefold()}"} | ({f"upn:{each}" for each in spellings(text)} if "@" in text else set())
    )


def names_of(user_id: str, user_principal_name: str) -> frozenset[str]:
    """Return all that names a user."""
    ids = {f"id:{user_id.casefold()}"} if user_id else set()
    return frozenset(ids | {f"upn:{each}" for each in all_spellings(user_principal_name)})
