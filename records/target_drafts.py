"""Targets of a long request that are not written yet: kept packed when the request is accepted, so that the sender has an answer
soon, and written row by row afterwards.

Written in their order, so that the targets that can be read have no gaps.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from domain.request.target import Target
from records.store import Insert, Row, Store
from records.targets import target_key

_DRAFT = "draft:"
# Targets in one draft, which one run of an activity writes, and bytes of its JSON: well under the 256 KiB of a value.
_TOGETHER, _BYTES = 200, 80_000
# Rows per transaction: with their longest names 50 stay under its size limit.
_WRITE = 50
# Drafts per read: up to 1,000 targets.
_READ = 5


class TargetDrafts:
    def __init__(self, store: Store) -> None:
        self._store = store

    @staticmethod
    def needed(count: int) -> bool:
        """Return whether so many targets are too many to be written while a sender waits."""
        return count > _TOGETHER

    @staticmethod
    def rows(targets: Sequence[Target]) -> list[Insert]:
        """Return the drafts of all targets. The same targets make the same drafts."""
        return [Insert(_key(targets[first].number), {"targets": values}) for first, values in _cut(targets)]

    async def starts(self, request_id: str) -> list[int]:
        """Return the number of the first target of each draft that is still to be written, lowest first; at most 1,000."""
        rows = await self._store.scan(request_id, prefix=_DRAFT, limit=1000)
        return [int(row.key.removeprefix(_DRAFT)) for row in rows if row.value["targets"]]

    async def targets(self, request_id: str, start: int, count: int) -> list[Target]:
        """Return those of the targets `start` to `start + count - 1` that are in drafts."""
        found: list[Target] = []
        # A draft has at most _TOGETHER targets, so one that begins sooner has none of these.
        after = _key(start - _TOGETHER) if start >= _TOGETHER else ""
        while rows := await self._store.scan(request_id, prefix=_DRAFT, after=after, limit=_READ):
            found += [target for row in rows for target in _read(row) if start <= target.number < start + count]
            after = rows[-1].key
            if int(after.removeprefix(_DRAFT)) >= start + count:
                break
        return found

    async def write(self, request_id: str, start: int) -> None:
        """Write the targets of one draft and empty it. May be repeated at any point: nothing is written over.

        The empty row stays, so that a request that is accepted once more, late, does not make the draft again.
        """
        row = await self._store.get(request_id, _key(start))
        if row is None:
            return
        changes = target_rows(_read(row))
        for first in range(0, len(changes), _WRITE):
            # False: a run before wrote these already, for each transaction is of the same rows in every run.
            await self._store.apply(request_id, changes[first : first + _WRITE])
        await self._store.replace(row, {"targets": []})


def target_rows(targets: Sequence[Target]) -> list[Insert]:
    return [Insert(target_key(target.number), target.to_json()) for target in targets]


def _key(start: int) -> str:
    return f"{_DRAFT}{start:06d}"


def _read(row: Row) -> list[Target]:
    return [Target.from_json(value) for value in row.value["targets"]]


def _cut(targets: Sequence[Target]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the place of the first target of each draft, and the draft's values."""
    first, size, values = 0, 0, list[dict[str, Any]]()
    for place, target in enumerate(targets):
        value = target.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        length = len(json.dumps(value))
        if values and (len(values) == _TOGETHER or size + length > _BYTES):
            yield first, values
            first, size, values = place, 0, []
        values.append(value)
        size += length
    if values:
        yield first, values
