"""What was read of each window of a plan, for the step that puts them together: its hash, and what the approval depends on.

The rows are there for minutes only: the step that used them removes them.
"""

from collections.abc import Sequence
from typing import Literal

from domain.model import Model
from domain.request.approval import Tally
from records.reading import read_row
from records.removing import remove_with_prefix
from records.store import Store

# What the plan is read for: to seal it, and to see before a reset that it is still the one that was approved.
type Purpose = Literal["seal", "check"]

_PREFIX = "plan:"


class PlanWindow(Model):
    hash: str
    tally: Tally


class PlanWindows:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, request_id: str, purpose: Purpose, start: int, window: PlanWindow) -> None:
        await self._store.put(request_id, f"{_PREFIX}{purpose}:{start:06d}", window.to_json())

    async def read(self, request_id: str, purpose: Purpose, starts: Sequence[int]) -> dict[int, PlanWindow]:
        """Return those of the windows that are there and can be read, by the number of their first target."""
        prefix = f"{_PREFIX}{purpose}:"
        rows = await self._store.scan(request_id, prefix=prefix, limit=1000)
        found = {int(row.key.removeprefix(prefix)): read_row(PlanWindow, row) for row in rows}
        return {start: window for start in starts if (window := found.get(start)) is not None}

    async def clear(self, request_id: str) -> None:
        """Remove what was read, for whatever purpose."""
        await remove_with_prefix(self._store, request_id, _PREFIX)
