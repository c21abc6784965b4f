"""What each person chose in the console, exact at any number and until they change it.

A person's choice is one partition: the customers in parts of a list, the users in buckets by their reference, so that a change
writes only the buckets it concerns. `PEOPLE` lists who has a choice, for retention and for the deletion of a user's data.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import batched

from domain.console_choice import ChosenUser, ConsoleChoice
from domain.model import Model
from records.errors import StoreUnavailableError
from records.reading import read_row, written_at
from records.store import Change, Delete, Insert, Put, Replace, Row, Store

PEOPLE = "choices"
_CUSTOMERS, _USERS = "customers:", "users:"
# 10,000 users with the longest names are 64 KiB a bucket. So many of these are one transaction.
_BUCKETS, _AT_ONCE = 256, 20
# Policy keys in one row: at most 130 KB of them.
_KEYS = 2000
_PAGE = 1000
# Each failed try means that another window of the same person wrote.
_TRIES = 50


# Where a saved group is listed: partition and key.
type Group = tuple[str, str]


class _ChosenCustomers(Model):
    all: bool
    keys: list[str]


class _ChosenUsers(Model):
    users: list[ChosenUser]


class _ListedChoice(Model):
    group: tuple[str, str] | None = None


class ConsoleChoices:
    """`person` is the identity of an account, which never becomes another's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, person: str) -> ConsoleChoice:
        """Return the choice; of a person who made none: all customers, no user.

        What of it cannot be read is not chosen, so that no action covers more than the person chose.
        """
        rows = await self._store.scan(_partition(person), limit=_PAGE)
        parts = [read_row(_ChosenCustomers, row) for row in rows if row.key.startswith(_CUSTOMERS)]
        is_all = not parts or (parts[0] is not None and parts[0].all)
        some = None if is_all else [key for part in parts if part for key in part.keys]
        users = [user for row in rows if row.key.startswith(_USERS) for user in _users_in(row)]
        return ConsoleChoice(None if some is None else frozenset(some), {user.ref: user for user in users})

    async def choose_customers(
        self, person: str, keys: Sequence[str] | None, at: datetime, *, group_of: Group | None = None
    ) -> None:
        """Replace the customers; None: all. All of it is one write, so that no fault leaves a part of the choice."""
        partition = _partition(person)
        await self.note(person, at, group_of=group_of)
        parts = list(batched(keys or (), _KEYS, strict=False)) or [()]
        changes: dict[str, Change] = {
            f"{_CUSTOMERS}{n:03d}": Put(f"{_CUSTOMERS}{n:03d}", {"all": keys is None, "keys": list(part)})
            for n, part in enumerate(parts)
        }
        for row in await self._store.scan(partition, prefix=_CUSTOMERS, limit=_PAGE):
            changes.setdefault(row.key, Delete(row))
        if not await self._store.apply(partition, list(changes.values())):
            raise StoreUnavailableError("another window of the same person changed the customers at this moment")

    async def change_users(
        self,
        person: str,
        *,
        out: Iterable[str] = (),
        into: Iterable[ChosenUser] = (),
        at: datetime,
        group_of: Group | None = None,
    ) -> ConsoleChoice:
        """Take users out by reference, then put others in; return the choice afterwards."""
        wanted: dict[str, ChosenUser | None] = dict.fromkeys(out)
        wanted |= {user.ref: user for user in into}
        buckets: dict[str, dict[str, ChosenUser | None]] = {}
        for ref, user in wanted.items():
            buckets.setdefault(bucket_of(ref), {})[ref] = user
        if buckets:
            await self.note(person, at, group_of=group_of)
        for keys in batched(sorted(buckets), _AT_ONCE, strict=False):
            await self._write(_partition(person), {key: buckets[key] for key in keys})
        return await self.read(person)

    async def clear_users(self, person: str, at: datetime) -> None:
        choice = await self.read(person)
        await self.change_users(person, out=choice.users, at=at)

    async def _write(self, partition: str, buckets: Mapping[str, Mapping[str, ChosenUser | None]]) -> None:
        for _ in range(_TRIES):
            known = {row.key: row for row in await self._store.scan(partition, prefix=_USERS, limit=_PAGE)}
            changes = [change for key, users in buckets.items() for change in _changed(key, known.get(key), users)]
            if not changes or await self._store.apply(partition, changes):
                return
        raise StoreUnavailableError("the choice is written by other windows all the time")

    async def note(self, person: str, at: datetime, *, group_of: Group | None = None) -> None:
        """Write down that this person has a choice, before it is written: no choice is ever out of retention's sight.

        `group_of`: it is a saved group, listed in this partition under this key.
        """
        listed = {"group": list(group_of)} if group_of else {}
        await self._store.put(PEOPLE, owner_of(person), {"at": at.isoformat()} | listed)

    async def purge(self, before: datetime, groups_before: datetime, now: datetime) -> int:
        """Remove the choices that were last changed, and the saved groups last used, before then; return how many."""
        many = 0
        async for row in self._people():
            listed_at = read_row(_ListedChoice, row)
            group = listed_at.group if listed_at else None
            if await written_at(self._store, row, now) < (groups_before if group else before):
                listed = await self._store.get(*group) if group else None
                if listed is not None:
                    await self._store.delete(listed)
                await self._empty(f"choice:{row.key}")
                many += await self._store.delete(row)
        return many

    async def remove(self, person: str) -> None:
        """Remove a choice at once."""
        await self._empty(_partition(person))
        row = await self._store.get(PEOPLE, owner_of(person))
        if row is not None:
            await self._store.delete(row)

    async def forget(self, customer: str, users: Iterable[str]) -> None:
        """Take a user out of everybody's choice; `users` are the names and ids that they are known by."""
        names = {user.strip().casefold() for user in users}
        async for person in self._people():
            partition = f"choice:{person.key}"
            for row in await self._store.scan(partition, prefix=_USERS, limit=_PAGE):
                if read_row(_ChosenUsers, row) is None:  # it may name them
                    await self._store.delete(row)
                    continue
                gone = [user.ref for user in _users_in(row) if user.customer == customer and _is_one(user, names)]
                if gone:
                    await self._write(partition, {row.key: dict.fromkeys(gone)})

    async def _people(self) -> AsyncIterator[Row]:
        after = ""
        while rows := await self._store.scan(PEOPLE, after=after, limit=_PAGE):
            for row in rows:
                yield row
            after = rows[-1].key

    async def _empty(self, partition: str) -> None:
        while rows := await self._store.scan(partition, limit=100):
            await self._store.apply(partition, [Delete(row) for row in rows])


def _changed(key: str, row: Row | None, users: Mapping[str, ChosenUser | None]) -> list[Change]:
    before = {user.ref: user for user in _users_in(row)} if row else {}
    after = {ref: user for ref, user in (before | dict(users)).items() if user is not None}
    if after == before and (after or row is None):
        return []
    value = {"users": [list(user) for user in after.values()]}
    if row is None:
        return [Insert(key, value)]
    return [Replace(row, value)] if after else [Delete(row)]


def _users_in(row: Row) -> list[ChosenUser]:
    kept = read_row(_ChosenUsers, row)
    return kept.users if kept else []


def _is_one(user: ChosenUser, names: set[str]) -> bool:
    return user.id.casefold() in names or user.user_principal_name.casefold() in names


def bucket_of(ref: str) -> str:
    """Return the key of the row that a user is kept in."""
    return f"{_USERS}{int(hashlib.sha256(ref.encode()).hexdigest()[:4], 16) % _BUCKETS:03d}"


def owner_of(person: str) -> str:
    """Return the name of a person's partitions: identities may be longer than a name may be."""
    return hashlib.sha256(person.encode("utf-8", "surrogatepass")).hexdigest()


def _partition(person: str) -> str:
    return f"choice:{owner_of(person)}"
