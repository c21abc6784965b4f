"""Deliveries that became no request, per source, the latest first."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime

from domain.ingress.unused import UnusedDelivery
from records.reading import read_row
from records.store import Store

_PAGE = 1000
# Keys count down, so that the latest delivery is the first row: milliseconds until the year 9999.
_LAST = datetime(9999, 1, 1, tzinfo=UTC)


class UnusedDeliveryRecords:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def keep(self, delivery: UnusedDelivery) -> None:
        """Store a delivery. The same one again, as a sender repeats what was refused, is a row of its own."""
        left = int((_LAST - delivery.at).total_seconds() * 1000)
        digest = hashlib.sha256(delivery.delivery_id.encode()).hexdigest()[:16]
        await self._store.put(_partition(delivery.source), f"{left:015d}:{digest}", delivery.to_json())

    async def page(self, source: str, cursor: str, limit: int) -> tuple[list[UnusedDelivery], str | None]:
        """Return the next deliveries of a source that can be read, and the cursor of the page after them."""
        rows = await self._store.scan(_partition(source), after=cursor, limit=limit)
        following = rows[-1].key if len(rows) == limit else None
        return [kept for row in rows if (kept := read_row(UnusedDelivery, row)) is not None], following

    async def purge(self, sources: Iterable[str], before: datetime) -> int:
        """Remove what came before then, and return how many."""
        many = 0
        for source in sources:
            after = f"{int((_LAST - before).total_seconds() * 1000):015d}"
            while rows := await self._store.scan(_partition(source), after=after, limit=_PAGE):
                for row in rows:
                    many += await self._store.delete(row)
                after = rows[-1].key
        return many

    async def forget(self, sources: Iterable[str], user: str) -> None:
        """Remove the deliveries whose mistakes quote a user."""
        for source in sources:
            after = ""
            while rows := await self._store.scan(_partition(source), after=after, limit=_PAGE):
                for row in rows:
                    if user.casefold() in json.dumps(row.value, ensure_ascii=False).casefold():
                        await self._store.delete(row)
                after = rows[-1].key


def _partition(source: str) -> str:
    return f"unused:{source}"
