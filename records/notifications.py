"""Notifications of a request, one row for each kind of event, in the request's partition."""

from collections.abc import Callable

from domain.request.notifications import KINDS, Notification
from records.limits import instant_in
from records.reading import note_unreadable, read_row
from records.store import Row, Store

_EVENT = "event:"


class Notifications:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, request_id: str, notification: Notification) -> bool:
        """Store the first notification of its kind; False if there is one already. What cannot be read is written over."""
        while not await self._store.insert(request_id, _EVENT + notification.kind, notification.to_json()):
            row = await self._store.get(request_id, _EVENT + notification.kind)
            if row is not None and _read(row) is not None:
                return False
            if row is not None and await self._store.replace(row, notification.to_json()) is not None:
                return True
        return True

    async def get(self, request_id: str, kind: str) -> Notification | None:
        """Return a notification, None where there is none that can be read."""
        row = await self._store.get(request_id, _EVENT + kind)
        return _read(row) if row else None

    async def all(self, request_id: str) -> list[Notification]:
        """Return the notifications that can be read, in the order in which their events happen."""
        rows = await self._store.scan(request_id, prefix=_EVENT)
        found = [notification for row in rows if (notification := _read(row)) is not None]
        return sorted(found, key=lambda each: KINDS.index(each.kind))

    async def update(
        self, request_id: str, kind: str, change: Callable[[Notification], Notification]
    ) -> Notification | None:
        """Apply `change`, which may run several times, and return the result; None where there is none that can be read."""
        while row := await self._store.get(request_id, _EVENT + kind):
            before = _read(row)
            if before is None:
                return None
            after = change(before)
            if after == before or await self._store.replace(row, after.to_json()) is not None:
                return after
        return None


def _read(row: Row) -> Notification | None:
    """Return the notification of a row, None where it cannot be read, or has no event that could be sent."""
    found = read_row(Notification, row)
    if found is None or (_EVENT + found.kind == row.key and instant_in(found.event, "time") is not None):
        return found
    note_unreadable(row, "Notification")
    return None
