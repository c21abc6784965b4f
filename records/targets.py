"""Targets of a request, and its totals: counts per outcome that change in the same transaction as the target they count."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from domain.outcomes import TargetOutcome
from domain.request.target import Target
from domain.request.unreadable import recorded_outcome, unreadable_target
from domain.request.windows import BLOCK
from records.store import Change, Insert, Put, Replace, Row, Store
from records.verification_windows import changes_verification, verification_key

_TARGET = "target:"
_COUNT = "count:"
DRAFT = "draft:"
_OUTCOMES = frozenset(outcome.value for outcome in TargetOutcome)
# Neighbours are reset side by side, so each of these counts in another row and they seldom collide; and few enough rows
# that the totals of 10,000 targets are one page of 80.
_ROWS = 8
# Of a count's key, what the counts of a block have in common.
_BLOCK_LENGTH = len(_COUNT) + 4
# Targets in one transaction, with their counts under the store's hundred changes and, at their longest, under its size.
_TOGETHER = 40


def target_key(number: int) -> str:
    return f"{_TARGET}{number:06d}"


def count_key(number: int) -> str:
    return f"{_COUNT}{number // BLOCK:04d}{number % _ROWS:02d}"


def _is_count(outcome: str, count: object) -> bool:
    """Whether a row of counts can hold this; what is 0 is not written."""
    return outcome in _OUTCOMES and isinstance(count, int) and 0 < count <= BLOCK // _ROWS


def drafted_numbers(draft: Row) -> list[int]:
    """Return the numbers of the targets that a draft holds."""
    found = draft.value.get("targets")
    numbers = [each.get("number") for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [number for number in numbers if isinstance(number, int)]


class StoredTarget(NamedTuple):
    """A target as it was read, with the row that holds it; a write is conditional on that row."""

    target: Target
    row: Row
    readable: bool = True  # False: `target` is what is left of the record, ended, and not written yet


def _stored(row: Row) -> StoredTarget:
    number = int(row.key.removeprefix(_TARGET))
    try:
        target = Target.from_json(row.value)
    except ValidationError:
        target = None
    # Every record has these; without them one that had ended would be open again, and one with a plan would have nothing to do.
    whole = "outcome" in row.value and "methods" in row.value
    if target is not None and target.number == number and whole:
        return StoredTarget(target, row)
    return StoredTarget(unreadable_target(number, row.value), row, readable=False)


class Targets:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, request_id: str, number: int) -> StoredTarget | None:
        row = await self._store.get(request_id, target_key(number))
        return _stored(row) if row else None

    async def range(self, request_id: str, start: int, count: int) -> list[StoredTarget]:
        """Return targets `start` to `start + count - 1`, at most 1,000."""
        after = target_key(start - 1) if start else ""
        rows = await self._store.scan(request_id, prefix=_TARGET, after=after, limit=count)
        return [_stored(row) for row in rows]

    async def rewrite(self, stored: StoredTarget, target: Target) -> StoredTarget | None:
        """Write `target`, its outcome unchanged, over what was read; None if another process wrote it in between."""
        row = await self._store.replace(stored.row, target.to_json())
        return StoredTarget(target, row) if row else None

    async def save(self, request_id: str, stored: StoredTarget, target: Target) -> bool:
        """Write `target` over what was read; False if another process wrote it in between. Totals change with it, or not at all."""
        if target == stored.target and stored.readable:
            return True
        while not await self._save_all(request_id, [(stored, target)]):
            row = await self._store.get(request_id, target_key(target.number))
            if row is None or row.etag != stored.row.etag:
                return False
        return True

    async def save_all(self, request_id: str, pairs: Sequence[tuple[StoredTarget, Target]]) -> None:
        """Write many at once; what another process wrote in between is left as they wrote it."""
        for start in range(0, len(pairs), _TOGETHER):
            part = pairs[start : start + _TOGETHER]
            if not await self._save_all(request_id, part):
                for stored, target in part:
                    await self.save(request_id, stored, target)

    async def _save_all(self, request_id: str, pairs: Sequence[tuple[StoredTarget, Target]]) -> bool:
        changes: list[Change] = [Replace(stored.row, target.to_json()) for stored, target in pairs]
        moved: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for stored, target in pairs:
            before = stored.target.outcome if stored.readable else recorded_outcome(stored.row.value)
            if target.outcome is not before:
                moved[count_key(target.number)].update({before.value: -1})
                moved[count_key(target.number)].update({target.outcome.value: 1})
        again = {verification_key(t.number) for stored, t in pairs if changes_verification(stored.target, t)}
        changes += [Put(key, {}) for key in sorted(again)]
        rows = await self._count_rows(request_id, moved.keys())
        for key, counts in moved.items():
            row = rows.get(key)
            counts.update(await self._counted(row) if row else {})
            value = {outcome: count for outcome, count in counts.items() if count}
            changes.append(Replace(row, value) if row else Insert(key, value))
        return await self._store.apply(request_id, changes)

    async def _count_rows(self, request_id: str, keys: Collection[str]) -> dict[str, Row]:
        """Return the rows of these counts, each block's in one read: a window changes all of its block's."""
        rows: list[Row] = []
        for block in sorted({key[:_BLOCK_LENGTH] for key in keys}):
            of_block = [key for key in keys if key.startswith(block)]
            if len(of_block) == 1:
                row = await self._store.get(request_id, of_block[0])
                rows += [row] if row else []
            else:
                rows += await self._store.scan(request_id, prefix=block, limit=_ROWS)
        return {row.key: row for row in rows}

    async def totals(self, request_id: str) -> dict[str, int]:
        """Return how many targets have each outcome: a few rows, however many targets there are."""
        total = Counter[str]({outcome.value: 0 for outcome in TargetOutcome})
        for row in await self._store.scan(request_id, prefix=_COUNT, limit=1000):
            total.update(await self._counted(row))
        return dict(total)

    async def _counted(self, row: Row) -> Mapping[str, int]:
        """Return the counts that a row holds or, where it cannot be read, those of its targets, written or still in drafts."""
        if row.value and all(_is_count(*entry) for entry in row.value.items()):
            return row.value
        block, rest = divmod(int(row.key.removeprefix(_COUNT)), 100)
        first, counts = block * BLOCK, Counter[str]()
        after = target_key(first - 1) if first else ""
        for target in await self._store.scan(row.partition, prefix=_TARGET, after=after, limit=BLOCK):
            number = int(target.key.removeprefix(_TARGET))
            if number < first + BLOCK and number % _ROWS == rest:
                counts[recorded_outcome(target.value).value] += 1
        for draft in await self._store.scan(row.partition, prefix=DRAFT, limit=1000):
            for number in drafted_numbers(draft):
                if first <= number < first + BLOCK and number % _ROWS == rest:
                    counts[TargetOutcome.PENDING.value] += 1
        return counts
