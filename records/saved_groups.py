"""Groups of customers and users that a person saved under a name, to choose them again."""

import hashlib
from datetime import datetime
from typing import NamedTuple

from pydantic import NonNegativeInt

from domain.console_choice import ConsoleChoice
from domain.model import Model
from records.console_choices import ConsoleChoices, owner_of
from records.reading import read_row
from records.store import Store

MAX_GROUPS = 100
MAX_NAME = 80


class _KeptGroup(Model):
    name: str
    customers: NonNegativeInt | None
    users: NonNegativeInt


class SavedGroup(NamedTuple):
    """`customers` is how many the group has, None for all."""

    key: str
    name: str
    customers: int | None
    users: int


class SavedGroups:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._choices = ConsoleChoices(store)

    async def all(self, person: str) -> list[SavedGroup]:
        """Return this person's groups by name. One whose entry cannot be read is left out; saved again, it is there again."""
        rows = await self._store.scan(_partition(person), limit=MAX_GROUPS)
        read = [(row.key, kept) for row in rows if (kept := read_row(_KeptGroup, row)) is not None]
        groups = [SavedGroup(key, kept.name, kept.customers, kept.users) for key, kept in read]
        return sorted(groups, key=lambda group: group.name.casefold())

    async def save(self, person: str, name: str, choice: ConsoleChoice, at: datetime) -> bool:
        """Save a group, over one of the same name. False: the person has too many.

        Its list entry is written last: what is listed is whole.
        """
        key = hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass")).hexdigest()[:32]
        known = {group.key for group in await self.all(person)}
        if key not in known and len(known) >= MAX_GROUPS:
            return False
        whole = f"{person}\n{key}"
        before = await self._choices.read(whole)
        some = None if choice.customers is None else sorted(choice.customers)
        await self._choices.choose_customers(whole, some, at, group_of=(_partition(person), key))
        gone = before.users.keys() - choice.users.keys()
        await self._choices.change_users(
            whole, out=gone, into=choice.users.values(), at=at, group_of=(_partition(person), key)
        )
        count = None if some is None else len(some)
        await self._store.put(_partition(person), key, {"name": name, "customers": count, "users": len(choice.users)})
        return True

    async def read(self, person: str, key: str, at: datetime) -> ConsoleChoice | None:
        """Return what a group holds, None where there is none; `at` counts as its last use."""
        if await self._store.get(_partition(person), key) is None:
            return None
        whole = f"{person}\n{key}"
        await self._choices.note(whole, at, group_of=(_partition(person), key))
        return await self._choices.read(whole)

    async def delete(self, person: str, key: str) -> None:
        row = await self._store.get(_partition(person), key)
        if row is not None:
            await self._store.delete(row)
            await self._choices.remove(f"{person}\n{key}")


def _partition(person: str) -> str:
    return f"groups:{owner_of(person)}"
