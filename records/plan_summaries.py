"""Counts of a long plan, per window and customer, so that what only counts need not read every target.

They are made when the plan is sealed; from then until the decision its targets stay as they are.
"""

from collections.abc import Mapping, Sequence

from records.store import Store

type Counts = Mapping[str, int]

_PREFIX = "plansummary:"


class PlanSummaries:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, request_id: str, start: int, of_customers: Mapping[str, Counts]) -> None:
        value = {customer: dict(counts) for customer, counts in of_customers.items()}
        await self._store.put(request_id, f"{_PREFIX}{start:06d}", value)

    async def read(self, request_id: str, starts: Sequence[int]) -> list[dict[str, Counts]] | None:
        """Return the counts per customer of each window; None where not all are there, as of a plan of an older version."""
        rows = await self._store.scan(request_id, prefix=_PREFIX, limit=1000)
        found = {int(row.key.removeprefix(_PREFIX)): row.value for row in rows}
        return [found[start] for start in starts] if all(start in found for start in starts) else None
