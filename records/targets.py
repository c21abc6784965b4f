"""Targets of a request, and its totals: counts per outcome that change in the same transaction as the target they count."""

from collections import Counter
from dataclasses import dataclass

from domain.outcomes import TargetOutcome
from domain.targets import Target
from records.store import Change, Insert, Replace, Row, Store

_TARGET = "target:"
_COUNT = "count:"
# Targets that share one row of counts: few enough rows to read 10,000 targets' totals in one page,
# and few enough writers at once to each that they seldom collide.
_SHARD = 100


def target_key(number: int) -> str:
    return f"{_TARGET}{number:06d}"


def count_key(number: int) -> str:
    return f"{_COUNT}{number // _SHARD:06d}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A target as it was read, with the row it came from."""

    target: Target
    row: Row


class Targets:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, request_id: str, number: int) -> Kept | None:
        row = await self._store.get(request_id, target_key(number))
        return Kept(Target.from_json(row.value), row) if row else None

    async def range(self, request_id: str, start: int, count: int) -> list[Kept]:
        """Targets `start` to `start + count - 1`, at most 1,000."""
        after = target_key(start - 1) if start else ""
        rows = await self._store.scan(request_id, prefix=_TARGET, after=after, limit=count)
        return [Kept(Target.from_json(row.value), row) for row in rows]

    async def save(self, request_id: str, kept: Kept, target: Target) -> Kept | None:
        """Writes `target` over what was read; None if somebody else wrote it in between. Totals change with it, or not at all."""
        if target == kept.target:
            return kept
        while True:
            changes: list[Change] = [Replace(kept.row, target.to_json())]
            if target.outcome is not kept.target.outcome:
                changes.append(await self._count(request_id, target.number, kept.target.outcome, target.outcome))
            if await self._store.apply(request_id, changes):
                return await self.get(request_id, target.number)
            row = await self._store.get(request_id, target_key(target.number))
            if row is None or row.etag != kept.row.etag:
                return None

    async def _count(self, request_id: str, number: int, before: TargetOutcome, after: TargetOutcome) -> Change:
        key = count_key(number)
        row = await self._store.get(request_id, key)
        counts = Counter[str](row.value if row else {})
        counts[before] -= 1
        counts[after] += 1
        value = {outcome: count for outcome, count in counts.items() if count}
        return Replace(row, value) if row else Insert(key, value)

    async def totals(self, request_id: str) -> dict[str, int]:
        """How many targets have each outcome: a few rows, however many targets there are."""
        total = Counter[str]({outcome.value: 0 for outcome in TargetOutcome})
        for row in await self._store.scan(request_id, prefix=_COUNT, limit=1000):
            total.update(row.value)
        return dict(total)
