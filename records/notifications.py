"""Announcements of a request, one row for each kind of event, in the request's partition."""

from collections.abc import Callable

from domain.request.notifications import KINDS, Announcement
from records.store import Store

_EVENT = "event:"


class Announcements:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, request_id: str, announcement: Announcement) -> bool:
        """Keeps the first announcement of its kind; False if there is one already."""
        return await self._store.insert(request_id, _EVENT + announcement.kind, announcement.to_json())

    async def get(self, request_id: str, kind: str) -> Announcement | None:
        row = await self._store.get(request_id, _EVENT + kind)
        return Announcement.from_json(row.value) if row else None

    async def all(self, request_id: str) -> list[Announcement]:
        """In the order in which they happen."""
        rows = await self._store.scan(request_id, prefix=_EVENT)
        found = [Announcement.from_json(row.value) for row in rows]
        return sorted(found, key=lambda each: KINDS.index(each.kind))

    async def update(
        self, request_id: str, kind: str, change: Callable[[Announcement], Announcement]
    ) -> Announcement | None:
        """The announcement after `change`, which may run several times; None where there is none."""
        while row := await self._store.get(request_id, _EVENT + kind):
            before = Announcement.from_json(row.value)
            after = change(before)
            if after == before or await self._store.replace(row, after.to_json()) is not None:
                return after
        return None
