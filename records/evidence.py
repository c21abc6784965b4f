"""Evidence about targets, written together with the target it is for, and the presentations that were begun.

A proof of another system has an id; a row of it in the request's partition makes sure that it is used once. These rows go with the request.
"""

import hashlib

from pydantic import NonNegativeInt

from domain.model import Model
from domain.request.target import Target
from domain.verification.evidence import Evidence
from records.reading import read_row
from records.store import Change, Insert, Put, Replace, Store
from records.targets import StoredTarget
from records.verification_windows import verification_key


class UsedProof(Model):
    """Of which target a proof was, and the delivery that brought it, "" where there was none.

    Of a record that cannot be read neither is known: the proof was used all the same.
    """

    number: NonNegativeInt | None = None
    delivery: str = ""


class BegunPresentation(Model):
    """A presentation that Microsoft Entra Verified ID was asked for: its own id there, and of which target it is."""

    presentation_id: str
    number: NonNegativeInt


class EvidenceRecords:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(
        self, request_id: str, stored: StoredTarget, target: Target, evidence: Evidence, delivery: str = ""
    ) -> bool:
        """Write `target`, its outcome unchanged, with the evidence that was found for it.

        False: this proof was used before, or another process wrote the target in between; nothing was written.
        """
        changes: list[Change] = [
            Insert(_key(evidence.kind.value, evidence.id), {"number": target.number, "delivery": delivery}),
            Replace(stored.row, target.to_json()),
            Put(verification_key(target.number), {}),
        ]
        return await self._store.apply(request_id, changes)

    async def used(self, request_id: str, kind: str, proof_id: str) -> UsedProof | None:
        """Return what a proof was used for, None where it is new."""
        row = await self._store.get(request_id, _key(kind, proof_id))
        return read_row(UsedProof, row) or UsedProof() if row else None

    async def begin_presentation(self, request_id: str, number: int, nonce: str, presentation_id: str) -> None:
        value = {"presentationId": presentation_id, "number": number}
        await self._store.put(request_id, f"presentation:{nonce}", value)

    async def presentation(self, request_id: str, nonce: str) -> BegunPresentation | None:
        """Return what a nonce is for, None where it was never begun or its record cannot be read: it proves nothing then."""
        row = await self._store.get(request_id, f"presentation:{nonce}")
        return read_row(BegunPresentation, row) if row else None


def _key(kind: str, proof_id: str) -> str:
    return f"evidence:{hashlib.sha256(f'{kind}:{proof_id}'.encode()).hexdigest()}"
