"""The kind `callback`: an operator called the user back on the number that was on file before. The weakest kind.

It rests on one person's care, and a number can be taken over (SIM swap): docs/verification.md.
"""

import re
from typing import NamedTuple
from uuid import uuid4

from domain.normal_address import all_spellings
from domain.verification.evidence import Evidence, EvidenceKind, EvidenceRefusedError
from domain.verification.proof import Subject
from languages import Message

_DIGIT = re.compile(r"[0-9]", re.ASCII)


class Callback(NamedTuple):
    """`operator` is the name and `operator_id` the account or key of who called; `number` as it is on file."""

    operator: str
    operator_id: str
    number: str
    note: str = ""
    kind: EvidenceKind = EvidenceKind.CALLBACK

    def examine(self, subject: Subject) -> Evidence:
        """Return the evidence; the number is masked. Raises: EvidenceRefusedError where the operator asked themselves."""
        names = all_spellings(self.operator)
        target = subject.target
        own = all_spellings(target.user_principal_name, target.mail)
        # A key is no person: the same one may have brought the request.
        account = () if self.operator_id.startswith("key:") else (self.operator_id,)
        if subject.request.involved.has(names, *account) or names & own:
            raise EvidenceRefusedError(
                "involved", Message("Who asked for the reset, or is reset, cannot vouch for it.")
            )
        note = f" {self.note}" if self.note else ""
        return Evidence(
            id=uuid4().hex,
            kind=self.kind,
            by=self.operator,
            by_id=self.operator_id,
            at=subject.now,
            received_at=subject.now,
            detail=f"Called back on the number on file, {masked(self.number)}.{note}",
        )


def masked(number: str) -> str:
    """Return a telephone number with all but its last two digits hidden."""
    digits = _DIGIT.findall(number)
    return f"•••{''.join(digits[-2:])}"
