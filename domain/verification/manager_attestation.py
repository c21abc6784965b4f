"""The kind `managerAttestation`: the user's manager, as the directory names them, says "I have spoken to them".

It works when the user has lost everything: what counts is that the manager knows the person.
"""

from typing import NamedTuple
from uuid import uuid4

from domain.normal_address import all_spellings
from domain.verification.evidence import Evidence, EvidenceKind, EvidenceRefusedError
from domain.verification.proof import Subject
from languages import Message


class ManagerAttestation(NamedTuple):
    """`account` is who answered, tenant id/object id: signed in where sign-in is on, else by the link in the mail."""

    account: str
    name: str
    signed_in: bool
    kind: EvidenceKind = EvidenceKind.MANAGER_ATTESTATION

    def examine(self, subject: Subject) -> Evidence:
        """Return the evidence. Raises: EvidenceRefusedError unless this is the manager who was asked, and neither side of it."""
        target, invited = subject.target, subject.target.verification and subject.target.verification.invitation
        if not invited or not invited.account or self.account != invited.account:
            raise EvidenceRefusedError(
                "otherIssuer", Message("Only the user's manager, as the directory names them, can say so.")
            )
        if self.account == f"{target.tenant_id}/{target.user_id}" or subject.request.involved.has(
            all_spellings(self.name), self.account
        ):
            raise EvidenceRefusedError(
                "involved", Message("Who asked for the reset, or is reset, cannot vouch for it.")
            )
        how = "signed in" if self.signed_in else "by the link in the mail"
        return Evidence(
            id=uuid4().hex,
            kind=self.kind,
            by=self.name,
            by_id=self.account,
            at=subject.now,
            received_at=subject.now,
            detail=f"The manager has spoken to the user, {how}.",
        )
