"""The index of our removals by tenant, user and time: what reconciliation holds against a customer's own audit log.

A row is written before the first removal of a target, so that no removal of ours is ever without one; what came of it is in
the target. Per tenant there are two rows for a target: one by user, which keeps the records of the audit log that belong to
it, and one by time, first among those that are open and later among those that are done.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from domain.model import Model, iso
from records.reading import WrittenInstant, read_row
from records.store import Change, Delete, Insert, Replace, Row, Store, Value

_PAGE = 1000
_USER, _OPEN, _DONE = "user:", "open:", "done:"
_TENANTS = "removals-tenants"


class _KeptRemoval(Model):
    """What a row holds beside what its key says: who, and for which target."""

    begun_at: WrittenInstant
    entries: dict[str, WrittenInstant]
    done: bool


class Removal(NamedTuple):
    """The removals of one target. `entries` maps the id of an audit entry to when it was written."""

    user_id: str
    request_id: str
    number: int
    begun_at: datetime
    entries: dict[str, str]
    done: bool
    row: Row


class Removals:
    """`listed` are the tenants that are known to be in the list; the caller keeps it, so that each is written once."""

    def __init__(self, store: Store, listed: set[str] | None = None) -> None:
        self._store = store
        self._listed = set[str]() if listed is None else listed

    async def begin(self, tenant_id: str, user_id: str, request_id: str, number: int, at: datetime) -> None:
        """Write down that methods of this user are about to be removed; the first time counts."""
        await self._list(tenant_id)
        value: Value = {"userId": user_id, "requestId": request_id, "number": number, "begunAt": iso(at)}
        place = {"user": _user_key(user_id, request_id, number)}
        changes: list[Change] = [
            Insert(place["user"], value | {"entries": {}, "done": False}),
            Insert(_time_key(_OPEN, place["user"], at), place),
        ]
        await self._store.apply(_partition(tenant_id), changes)

    async def of_user(self, tenant_id: str, user_id: str) -> list[Removal]:
        """Return all removals of a user, in no order.

        One whose record cannot be read is left out: what the audit log has of it is taken for what was never asked for.
        """
        found: list[Removal] = []
        after = ""
        while rows := await self._store.scan(
            _partition(tenant_id), prefix=f"{_USER}{user_id}:", after=after, limit=_PAGE
        ):
            found += [removal for row in rows if (removal := _removal(row)) is not None]
            after = rows[-1].key
        return found

    async def open(self, tenant_id: str, after: str, limit: int) -> tuple[list[str], str]:
        """Return the places of the next removals that are not done, oldest first, and where the next page begins; "" at the end."""
        rows = await self._store.scan(_partition(tenant_id), prefix=_OPEN, after=after, limit=limit)
        return [_user_key_at(row) for row in rows], rows[-1].key if len(rows) == limit else ""

    async def at(self, tenant_id: str, place: str) -> Removal | None:
        """Return the removal at a place, None where it was purged or cannot be read."""
        row = await self._store.get(_partition(tenant_id), place)
        return _removal(row) if row is not None else None

    async def add(self, removal: Removal, entries: dict[str, str]) -> Removal:
        """Keep audit entries with the removal that they belong to; those of other instances stay. Once each."""
        while not entries.keys() <= removal.entries.keys():
            row, known = removal.row, removal.entries | entries
            written = await self._store.replace(row, row.value | {"entries": known})
            if written is not None:
                return removal._replace(entries=known, row=written)
            now = await self._store.get(row.partition, row.key)
            current = _removal(now) if now is not None else None
            if current is None:  # it was purged, too old to matter, or something else wrote over it
                return removal
            removal = current
        return removal

    async def finish(self, removal: Removal) -> bool:
        """Mark a removal as done: it was held against the audit log. False: entries were added, or it was finished, meanwhile."""
        value = removal.row.value
        opened = await self._store.get(removal.row.partition, _time_key(_OPEN, removal.row.key, removal.begun_at))
        if opened is None:
            return False
        changes: list[Change] = [
            Replace(removal.row, value | {"done": True}),
            Delete(opened),
            Insert(_time_key(_DONE, removal.row.key, removal.begun_at), opened.value),
        ]
        return await self._store.apply(removal.row.partition, changes)

    async def purge(self, tenant_ids: Iterable[str], before: datetime) -> int:
        """Remove what was begun before then, held against the audit log or not, and return how many.

        Of every tenant that ever had one; `tenant_ids` are others, whose rows an older version may have written without listing it.
        """
        many = 0
        for tenant_id in tenant_ids:
            await self._list(tenant_id)
        for tenant_id in await self._tenants():
            for prefix in (_OPEN, _DONE):
                many += await self._purge(_partition(tenant_id), prefix, f"{prefix}{iso(before)}")
        return many

    async def _list(self, tenant_id: str) -> None:
        """Note that a tenant has rows. It stays noted: another instance may be about to write the next one."""
        if tenant_id not in self._listed:
            await self._store.insert(_TENANTS, tenant_id, {})
            self._listed.add(tenant_id)

    async def _tenants(self) -> list[str]:
        found: list[str] = []
        while rows := await self._store.scan(_TENANTS, after=found[-1] if found else "", limit=_PAGE):
            found += [row.key for row in rows]
        return found

    async def _purge(self, partition: str, prefix: str, end: str) -> int:
        many, after = 0, ""
        while rows := await self._store.scan(partition, prefix=prefix, after=after, limit=_PAGE):
            for row in rows:
                if row.key >= end:
                    return many
                own = await self._store.get(partition, _user_key_at(row))
                changes: list[Change] = [Delete(row), *([Delete(own)] if own else [])]
                many += await self._store.apply(partition, changes)
            after = rows[-1].key
        return many


def _partition(tenant_id: str) -> str:
    return f"removals:{tenant_id}"


def _user_key(user_id: str, request_id: str, number: int) -> str:
    return f"{_USER}{user_id}:{request_id}:{number}"


def _time_key(prefix: str, user_key: str, begun_at: datetime) -> str:
    return f"{prefix}{iso(begun_at)}:{user_key.removeprefix(_USER)}"


def _user_key_at(row: Row) -> str:
    """Return the place by user that the key of a place by time names; its value is for older versions, which read that."""
    return _USER + ":".join(row.key.rsplit(":", 3)[1:])


def _removal(row: Row) -> Removal | None:
    """Return the removal of a row, None where it cannot be read. Who and for which target is in its key."""
    kept = read_row(_KeptRemoval, row)
    if kept is None:
        return None
    user_id, request_id, number = row.key.removeprefix(_USER).rsplit(":", 2)
    entries = {entry: iso(at) for entry, at in kept.entries.items()}
    return Removal(user_id, request_id, int(number), kept.begun_at, entries, kept.done, row)
