"""Targets of a long request that are not written yet: kept packed when the request is accepted, so that the sender has an answer
soon, and written row by row afterwards.

Written in their order, so that the targets that can be read have no gaps.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from domain.request.target import Target
from records.cutting import cut
from records.store import Insert, Row, Store
from records.targets import DRAFT, target_key

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
        values = (target.model_dump(mode="json", by_alias=True, exclude_defaults=True) for target in targets)
        parts = cut(values, _TOGETHER, _BYTES)
        return [Insert(_key(targets[first].number), {"targets": part}) for first, part in parts]

    async def starts(self, request_id: str) -> list[int]:
        """Return the number of the first target of each draft that is still to be written, lowest first; at most 1,000."""
        rows = await self._store.scan(request_id, prefix=DRAFT, limit=1000)
        return [int(row.key.removeprefix(DRAFT)) for row in rows if row.value.get("targets") != []]

    async def targets(self, request_id: str, start: int, count: int) -> list[Target]:
        """Return those of the targets `start` to `start + count - 1` that are in drafts."""
        found: list[Target] = []
        # A draft has at most _TOGETHER targets, so one that begins sooner has none of these.
        after = _key(start - _TOGETHER) if start >= _TOGETHER else ""
        while rows := await self._store.scan(request_id, prefix=DRAFT, after=after, limit=_READ):
            kept = (target for row in rows for target in _read(row).values() if isinstance(target, Target))
            found += [target for target in kept if start <= target.number < start + count]
            after = rows[-1].key
            if int(after.removeprefix(DRAFT)) >= start + count:
                break
        return found

    async def write(self, request_id: str, start: int) -> None:
        """Write the targets of one draft and empty it. May be repeated at any point: nothing is written over.

        The empty row stays, so that a request that is accepted once more, late, does not make the draft again.
        """
        row = await self._store.get(request_id, _key(start))
        if row is None or row.value.get("targets") == []:
            return
        kept = _read(row)
        numbers = sorted({*kept, *range(start, await self._end(row))})
        found = ((number, kept.get(number, {})) for number in numbers)
        # What cannot be read is written as it is: a target whose record cannot be read, which ends as such.
        changes = [
            Insert(target_key(number), target.to_json() if isinstance(target, Target) else target)
            for number, target in found
        ]
        for first in range(0, len(changes), _WRITE):
            # False: a run before wrote these already, for each transaction is of the same rows in every run.
            await self._store.apply(request_id, changes[first : first + _WRITE])
        await self._store.replace(row, {"targets": []})

    async def _end(self, row: Row) -> int:
        """Return the number after the last target of a draft."""
        following = await self._store.scan(row.partition, prefix=DRAFT, after=row.key, limit=1)
        if following:
            return int(following[0].key.removeprefix(DRAFT))
        request = await self._store.get(row.partition, "request")
        count = request.value.get("targetCount") if request else None
        return count if isinstance(count, int) else int(row.key.removeprefix(DRAFT))


def target_rows(targets: Sequence[Target]) -> list[Insert]:
    return [Insert(target_key(target.number), target.to_json()) for target in targets]


def _key(start: int) -> str:
    return f"{DRAFT}{start:06d}"


def _read(row: Row) -> dict[int, Target | dict[str, Any]]:
    """Return the targets of a draft by their numbers, what it holds of them where that is no target."""
    found: dict[int, Target | dict[str, Any]] = {}
    start = int(row.key.removeprefix(DRAFT))
    kept = row.value.get("targets")
    for value in kept if isinstance(kept, list) else []:
        number = value.get("number") if isinstance(value, dict) else None
        if type(number) is int and start <= number < start + _TOGETHER:  # another is none of this draft's
            try:
                found[number] = Target.from_json(value)
            except ValidationError:
                found[number] = value
    return found
