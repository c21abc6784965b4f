"""Notifications of a request, one row for each kind of event, in the request's partition."""

from collections.abc import Callable

from domain.request.notifications import KINDS, Notification
from records.store import Store

_EVENT = "event:"


class Notifications:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, request_id: str, notification: Notification) -> bool:
        """Store the first notification of its kind; False if there is one already."""
        return await self._store.insert(request_id, _EVENT + notification.kind, notification.to_json())

    async def get(self, request_id: str, kind: str) -> Notification | None:
        row = await self._store.get(request_id, _EVENT + kind)
        return Notification.from_json(row.value) if row else None

    async def all(self, request_id: str) -> list[Notification]:
        """Return the notifications in the order in which their events happen."""
        rows = await self._store.scan(request_id, prefix=_EVENT)
        found = [Notification.from_json(row.value) for row in rows]
        return sorted(found, key=lambda each: KINDS.index(each.kind))

    async def update(
        self, request_id: str, kind: str, change: Callable[[Notification], Notification]
    ) -> Notification | None:
        """Apply `change`, which may run several times, and return the result; None where there is no notification."""
        while row := await self._store.get(request_id, _EVENT + kind):
            before = Notification.from_json(row.value)
            after = change(before)
            if after == before or await self._store.replace(row, after.to_json()) is not None:
                return after
        return None
