"""The audit of a request: append-only, each event chained to the one before, all in the request's partition."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from domain.audit.chain import START, AuditEvent, broken, chained, unreadable_event
from records.limits import instant_in
from records.reading import note_unreadable, read_row
from records.store import Change, Insert, Put, Replace, Row, Store
from telemetry.events import log_event

_EVENT = "audit:"
_HEAD = "audithead"
_ONCE = "auditonce:"
# A mail address may have 254 characters and a key 200 with what stands before it.
_LONGEST_ONCE = 150


_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


class Audits:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def append(
        self,
        request_id: str,
        at: datetime,
        actor: str,
        event: str,
        data: dict[str, Any] | None = None,
        *,
        once: str = "",
        together: Replace | None = None,
    ) -> bool:
        """Add an event and log it; False if an event with the same `once` was added before, as by an activity that runs again.

        `together` is written with the event or not at all; False if its row changed since it was read: then neither is written.
        """
        once_key = _ONCE + (once if len(once) <= _LONGEST_ONCE else hashlib.sha256(once.encode()).hexdigest())
        damaged = False  # the head names an event after which there are others
        while True:
            if once and await self._store.get(request_id, once_key) is not None:
                return False
            head = await self._store.get(request_id, _HEAD)
            number, previous = await self._last(request_id, None if damaged else head)
            link = chained(request_id, number + 1, previous, at, actor, event, data or {})
            new_head = {"number": link.number, "hash": link.hash}
            changes: list[Change] = [
                Insert(f"{_EVENT}{link.number:08d}", link.to_json()),
                Replace(head, new_head) if head else Insert(_HEAD, new_head),
            ]
            if once:
                changes.append(Put(once_key, {"number": link.number}))
            if together is not None:
                changes.append(together)
            if await self._store.apply(request_id, changes):
                log_event(event, request_id, data or {})
                return True
            if together is not None:
                row = await self._store.get(request_id, together.row.key)
                if row is None or row.etag != together.row.etag:
                    return False
            now = await self._store.get(request_id, _HEAD)
            damaged = now is not None and head is not None and now.etag == head.etag

    async def page(self, request_id: str, after: int = 0, limit: int = 100) -> list[AuditEvent]:
        """Return events after number `after`, oldest first; `unreadable_event` in place of one that cannot be read."""
        start = f"{_EVENT}{after:08d}" if after else ""
        rows = await self._store.scan(request_id, prefix=_EVENT, after=start, limit=limit)
        events: list[AuditEvent] = []
        for row in rows:
            events.append(_event(row, events[-1].at if events else _UNKNOWN))
        return events

    async def all(self, request_id: str) -> list[AuditEvent]:
        events: list[AuditEvent] = []
        while page := await self.page(request_id, events[-1].number if events else 0, 1000):
            events += page
        return events

    async def head(self, request_id: str) -> tuple[int, str]:
        """Return the number and hash of the last event."""
        head = await self._store.get(request_id, _HEAD)
        return await self._last(request_id, head)

    async def _last(self, request_id: str, head: Row | None) -> tuple[int, str]:
        """Return number and hash of the last event; where there is no row that holds both, or it cannot be read, from the event."""
        number, digest = (head.value.get("number"), head.value.get("hash")) if head else (None, None)
        if isinstance(number, int) and isinstance(digest, str) and number >= 0:
            return number, digest
        last: Row | None = None
        while rows := await self._store.scan(request_id, prefix=_EVENT, after=last.key if last else "", limit=1000):
            last = rows[-1]
        if last is None:
            return 0, START
        kept = last.value.get("hash")
        return int(last.key.removeprefix(_EVENT)), kept if isinstance(kept, str) else ""

    async def count(self, request_id: str) -> int:
        """Return how many events were written."""
        return (await self.head(request_id))[0]

    async def verify(self, request_id: str) -> str | None:
        """Return what is wrong with the chain, in a sentence; None for a whole one."""
        expected = await self.head(request_id)
        return broken(request_id, await self.all(request_id), expected)


def _event(row: Row, before: datetime) -> AuditEvent:
    """Return the event of a row. `before` is when the one before it was; of one without a time it is all that is known."""
    number = int(row.key.removeprefix(_EVENT))
    event = read_row(AuditEvent, row)
    if event is not None and event.number == number:
        return event
    if event is not None:
        note_unreadable(row, "AuditEvent")
    return unreadable_event(number, instant_in(row.value, "at") or before)
