"""Which accounts this service disabled, and for which requests: a row for each user, in the partition of the tenant.

It is written before the account is disabled, so a run that dies in between is not taken for somebody else's doing. An account that
was disabled before has no row, and is never enabled by this service.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from domain.model import Model
from records.holds import Holder
from records.reading import read_row
from records.store import Insert, Row, Store


class _KeptBlock(Model):
    holders: list[tuple[str, int]]


class Block(NamedTuple):
    """For which targets a user is disabled; none where the record cannot be read: then for whom is not known, and it stays so."""

    holders: tuple[Holder, ...]
    row: Row

    @property
    def readable(self) -> bool:
        return bool(self.holders)


class Blocks:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, tenant_id: str, user_id: str) -> Block | None:
        """Return for which targets this service disabled a user; None where it did not."""
        row = await self._store.get(_place(tenant_id), user_id)
        return Block(_holders(row), row) if row else None

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
            holders = _holders(row)
            # One without any cannot be read: others that it was for would be forgotten.
            if (
                not holders
                or holder in holders
                or await self._store.replace(row, _value([*holders, holder])) is not None
            ):
                return

    async def leave(self, block: Block, holders: Collection[Holder]) -> bool:
        """Take these targets out; with the last one the row goes. False: it changed since it was read, and nothing was written.

        A row that cannot be read stays: it may be for others.
        """
        if not block.readable:
            return True
        left = [holder for holder in block.holders if holder not in holders]
        if not left:
            return await self._store.delete(block.row)
        return await self._store.replace(block.row, _value(left)) is not None

    async def many(self, tenant_id: str, *, of: str) -> tuple[int, int]:
        """Return how many users of a tenant are disabled for the request `of` alone, and for others; a thousand at the most."""
        rows = await self._store.scan(_place(tenant_id), limit=1000)
        others = sum({holder.request_id for holder in _holders(row)} != {of} for row in rows)
        return len(rows) - others, others


def _holders(row: Row) -> tuple[Holder, ...]:
    kept = read_row(_KeptBlock, row)
    return tuple(Holder(*each) for each in kept.holders) if kept else ()


def _value(holders: Collection[Holder]) -> dict[str, Any]:
    return {"holders": [list(holder) for holder in holders]}


def _place(tenant_id: str) -> str:
    return f"blocked:{tenant_id}"
