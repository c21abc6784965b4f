"""Counts what is read of the records: so that a test can hold that no step reads a long request at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from records.store import Row, Store


@dataclass
class Reads:
    """`calls` of the store, `rows` that they returned, and the `targets` among them; `largest`: of one call."""

    calls: int = 0
    rows: int = 0
    targets: int = 0
    largest: int = 0

    def note(self, rows: list[Row]) -> None:
        self.calls += 1
        self.rows += len(rows)
        targets = sum(row.key.startswith("target:") for row in rows)
        self.targets += targets
        self.largest = max(self.largest, targets)


@contextmanager
def counted(store: Store) -> Iterator[Reads]:
    reads = Reads()
    get, scan = store.get, store.scan

    async def counted_get(*given: Any, **named: Any) -> Row | None:
        row = await get(*given, **named)
        reads.note([row] if row else [])
        return row

    async def counted_scan(*given: Any, **named: Any) -> list[Row]:
        rows = await scan(*given, **named)
        reads.note(rows)
        return rows

    with patch.object(store, "get", counted_get), patch.object(store, "scan", counted_scan):
        yield reads
