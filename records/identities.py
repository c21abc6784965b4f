"""Who the people of a request are, as it was found while each of its customers was planned: a row per customer.

The rows are there while the request is planned, so that windows that are planned side by side do not write over one another's
record; the step that puts them together removes them.
"""

from domain.request.involved import Identities
from records.reading import read_row
from records.removing import remove_with_prefix
from records.store import Store

_PREFIX = "identities:"
_PAGE = 500


class IdentityRecords:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, request_id: str, customer: str) -> Identities | None:
        row = await self._store.get(request_id, _PREFIX + customer)
        found = read_row(Identities, row) if row else None
        if row is not None and found is None:  # they are looked up once more
            await self._store.delete(row)
        return found

    async def keep(self, request_id: str, customer: str, found: Identities) -> Identities:
        """Keep what was found for a customer, and return what is kept: the first of several that were found side by side."""
        if await self._store.insert(request_id, _PREFIX + customer, found.to_json()):
            return found
        return await self.of(request_id, customer) or found

    async def all(self, request_id: str) -> list[Identities]:
        """Return what is kept for all customers, in the order of their keys."""
        found: list[Identities] = []
        after = ""
        while rows := await self._store.scan(request_id, prefix=_PREFIX, after=after, limit=_PAGE):
            found += [one for row in rows if (one := read_row(Identities, row)) is not None]
            after = rows[-1].key
        return found

    async def clear(self, request_id: str) -> None:
        await remove_with_prefix(self._store, request_id, _PREFIX)
