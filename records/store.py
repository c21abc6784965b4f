"""The port to what must outlive a run: rows of JSON, found by partition and key.

What every adapter guarantees (tests/records/test_store_contract.py holds each to it):

- A write that was answered is on disk. A write that raised `StoreUnavailableError` may or may not have happened.
- A read sees every write that was answered before it began.
- Of any number of equal inserts exactly one is answered True.
- An etag belongs to one written state of a row and never comes back, not even after delete and insert.
- Names (partitions and keys) are text of 1 to 200 characters, compared exactly, case included. ASCII keys sort by
  character code; other keys have a fixed place too, but each adapter chooses where.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

type Value = dict[str, Any]
"""A JSON object of at most `limits.MAX_VALUE` bytes as it is stored; what would take more is compressed."""


class Row(NamedTuple):
    """One row as it was when it was read; `etag` names that state."""

    partition: str
    key: str
    value: Value
    etag: str


class Insert(NamedTuple):
    """Holds if there is no row with this key."""

    key: str
    value: Value


class Replace(NamedTuple):
    """Holds if the row is still in the state that was read."""

    row: Row
    value: Value


class Put(NamedTuple):
    """Always holds: writes over what may be there."""

    key: str
    value: Value


class Delete(NamedTuple):
    """Holds if the row is still in the state that was read."""

    row: Row


type Change = Insert | Replace | Put | Delete


class Store(Protocol):
    """Every method raises `StoreUnavailableError` when the store does not answer, and for names and values that
    no store takes `InvalidNameError` or `ValueTooLargeError` before anything is written."""

    async def get(self, partition: str, key: str, *, known: Row | None = None) -> Row | None:
        """Return the row, or None. Where it is still as it was when `known` was read, that very row, without parsing it again."""

    async def insert(self, partition: str, key: str, value: Value) -> bool:
        """Write the row if there is none with this key. False: there is one already, and it was left alone."""

    async def replace(self, row: Row, value: Value) -> Row | None:
        """Write `value` if the row is still as it was read, and return the new row. None: it changed or is gone."""

    async def put(self, partition: str, key: str, value: Value) -> None:
        """Write the row, over whatever was there."""

    async def delete(self, row: Row) -> bool:
        """Remove the row if it is still as it was read. False: it changed or is gone."""

    async def apply(self, partition: str, changes: Sequence[Change]) -> bool:
        """Write all changes or none. False: a condition failed, nothing was written.

        At most 100 changes, each of another key, all in `partition`, else ValueError. Together their values take at
        most `limits.MAX_APPLY` bytes, else ValueTooLargeError.
        """

    async def scan(self, partition: str, *, prefix: str = "", after: str = "", limit: int = 100) -> list[Row]:
        """Return rows in key order: keys that begin with `prefix` and come after `after`, at most `limit` (1 to 1000).

        Fewer than `limit` rows means there are no more.
        """

    async def close(self) -> None:
        """Finish the writes under way and release the store; every later call raises StoreUnavailableError."""
