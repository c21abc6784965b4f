"""What is known of a long plan, per window, so that what only counts, or looks for an approver, need not read every target.

It is made when the plan is sealed; from then until the decision its targets stay as they are.
"""

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

from records.reading import read_fields
from records.store import Store

type Counts = dict[str, int]

_PREFIX = "plansummary:"
_COUNTS = TypeAdapter(dict[str, int])
# Beside the customers, whose keys are never empty.
_ACCOUNTS = ""


class PlanSummaries:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(
        self, request_id: str, start: int, of_customers: Mapping[str, Mapping[str, int]], of_accounts: Mapping[str, int]
    ) -> None:
        """Write the counts per customer of a window, and which of its targets the accounts of approvers are."""
        value = {customer: dict(counts) for customer, counts in of_customers.items()}
        await self._store.put(request_id, f"{_PREFIX}{start:06d}", value | {_ACCOUNTS: dict(of_accounts)})

    async def read(self, request_id: str, starts: Sequence[int]) -> list[dict[str, Counts]] | None:
        """Return the counts per customer of each window; None where not all are there, or one cannot be read."""
        return await self._windows(request_id, starts)

    async def accounts(self, request_id: str, starts: Sequence[int]) -> list[Counts] | None:
        """Return the numbers of the targets by account, of each window; None where they were not kept."""
        windows = await self._windows(request_id, starts)
        if windows is None or not all(_ACCOUNTS in window for window in windows):
            return None
        return [window[_ACCOUNTS] for window in windows]

    async def _windows(self, request_id: str, starts: Sequence[int]) -> list[dict[str, dict[str, int]]] | None:
        rows = await self._store.scan(request_id, prefix=_PREFIX, limit=1000)
        found = {int(row.key.removeprefix(_PREFIX)): read_fields(_COUNTS, row, "PlanSummary") for row in rows}
        windows = [window for start in starts if (window := found.get(start))]
        return windows if len(windows) == len(starts) else None
