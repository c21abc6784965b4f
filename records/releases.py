"""The undoings of containments that were asked for and are not done yet: a row for each orchestration that does some.

It is written before the orchestration starts, so that one that never started, or broke, is found and started again.
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import NonNegativeInt

from domain.model import Model, iso
from records.reading import read_row
from records.store import Row, Store

_OPEN = "open-releases"


class OpenRelease(Model):
    """`id` is the request's, `windows` are (customer, first number, count)."""

    id: str
    windows: list[tuple[str, NonNegativeInt, NonNegativeInt]]


def read_release(row: Row) -> OpenRelease | None:
    """Return what a row holds, None where it cannot be read."""
    return read_row(OpenRelease, row)


class Releases:
    """`key` of a row is the id of the orchestration, which begins with the request's and a colon."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin(
        self, instance_id: str, request_id: str, windows: Sequence[tuple[str, int, int]], at: datetime
    ) -> None:
        value = {"id": request_id, "windows": [list(window) for window in windows], "at": iso(at)}
        await self._store.insert(_OPEN, instance_id, value)

    async def open(self, after: str = "", limit: int = 100) -> list[Row]:
        return await self._store.scan(_OPEN, after=after, limit=limit)

    async def close(self, row: Row) -> None:
        await self._store.delete(row)
