"""Who stands in for an approver who is away. One row per approver."""

import hashlib
from datetime import datetime

from domain.request.deciders import Delegation
from records.reading import read_row
from records.store import Store

_PARTITION = "delegations"
_PAGE = 1000


class Delegations:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, delegation: Delegation) -> None:
        await self._store.put(_PARTITION, _key(delegation.approver), delegation.to_json())

    async def remove(self, approver: str) -> None:
        row = await self._store.get(_PARTITION, _key(approver))
        if row is not None:
            await self._store.delete(row)

    async def active(self, now: datetime) -> dict[str, Delegation]:
        """Return the delegations that hold now, by the approver's address in lower case; none that cannot be read."""
        found: dict[str, Delegation] = {}
        after = ""
        while rows := await self._store.scan(_PARTITION, after=after, limit=_PAGE):
            for row in rows:
                delegation = read_row(Delegation, row)
                if delegation is not None and now < delegation.until:
                    found[delegation.approver.casefold()] = delegation
            after = rows[-1].key
        return found


def _key(approver: str) -> str:
    return hashlib.sha256(approver.casefold().encode()).hexdigest()
