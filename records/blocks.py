"""Which accounts this service disabled, and for which requests: a row for each user, in the partition of the tenant.

It is written before the account is disabled, so a run that dies in between is not taken for somebody else's doing. An account that
was disabled before has no row, and is never enabled by this service.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from records.holds import Holder
from records.store import Insert, Row, Store


class Block(NamedTuple):
    """For which targets a user is disabled."""

    holders: tuple[Holder, ...]
    row: Row


class Blocks:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, tenant_id: str, user_id: str) -> Block | None:
        """Return for which targets this service disabled a user; None where it did not."""
        row = await self._store.get(_place(tenant_id), user_id)
        return Block(_holders(row.value), row) if row else None

    async def note_all(self, tenant_id: str, wanted: Mapping[str, Holder]) -> None:
        """Note that these users are disabled for these targets, too. At most 100."""
        inserts = [Insert(user_id, _value([holder])) for user_id, holder in wanted.items()]
        if inserts and await self._store.apply(_place(tenant_id), inserts):
            return
        for user_id, holder in wanted.items():
            await self.note(tenant_id, user_id, holder)

    async def note(self, tenant_id: str, user_id: str, holder: Holder) -> None:
        place = _place(tenant_id)
        while not await self._store.insert(place, user_id, _value([holder])):
            row = await self._store.get(place, user_id)
            if row is None:
                continue
            holders = _holders(row.value)
            if holder in holders or await self._store.replace(row, _value([*holders, holder])) is not None:
                return

    async def leave(self, block: Block, holders: Collection[Holder]) -> bool:
        """Take these targets out; with the last one the row goes. False: it changed since it was read, and nothing was written."""
        left = [holder for holder in block.holders if holder not in holders]
        if not left:
            return await self._store.delete(block.row)
        return await self._store.replace(block.row, _value(left)) is not None

    async def many(self, tenant_id: str, *, of: str) -> tuple[int, int]:
        """Return how many users of a tenant are disabled for the request `of` alone, and for others; a thousand at the most."""
        rows = await self._store.scan(_place(tenant_id), limit=1000)
        others = sum(any(holder.request_id != of for holder in _holders(row.value)) for row in rows)
        return len(rows) - others, others


def _holders(value: Mapping[str, Any]) -> tuple[Holder, ...]:
    return tuple(Holder(request_id, number) for request_id, number in value["holders"])


def _value(holders: Collection[Holder]) -> dict[str, Any]:
    return {"holders": [list(holder) for holder in holders]}


def _place(tenant_id: str) -> str:
    return f"blocked:{tenant_id}"
