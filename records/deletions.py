"""What the retention removed, so that a request which is gone is not taken for one that never was.

Ids, dates and the head of the audit's chain; they hold no personal data and are kept.
"""

from datetime import datetime

from domain.model import Instant, Model
from domain.request.reset_request import ResetRequest
from records.reading import read_row
from records.requests import place_of
from records.store import Store


class Deletion(Model):
    """A request that the retention removed. `events` and `hash` are the number and hash of its audit's last event."""

    request_id: str
    created_at: Instant
    ended_at: Instant | None
    removed_at: Instant
    events: int
    hash: str


class Deletions:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, request: ResetRequest, head: tuple[int, str], at: datetime) -> None:
        """Write down, for each customer of the request, that it is removed; a repeat writes the same place again."""
        deletion = Deletion(
            request_id=request.id,
            created_at=request.created_at,
            ended_at=request.ended_at,
            removed_at=at,
            events=head[0],
            hash=head[1],
        )
        for customer in dict.fromkeys(request.customers):
            await self._store.put(_partition(customer), place_of(request), deletion.to_json())

    async def of_customer(self, customer: str, start: datetime, end: datetime) -> list[Deletion]:
        """Return the deletions of requests that were made, or removed, from `start` on and before `end`, newest request first.

        One that cannot be read is left out, and noted in the log.
        """
        found: list[Deletion] = []
        after = ""
        while rows := await self._store.scan(_partition(customer), after=after, limit=1000):
            after = rows[-1].key
            found += [deletion for row in rows if (deletion := read_row(Deletion, row)) is not None]
        return [each for each in found if start <= each.created_at < end or start <= each.removed_at < end]


def _partition(customer: str) -> str:
    return f"deletions:{customer}"
