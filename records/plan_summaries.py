"""What is known of a long plan, per window, so that what only counts, or looks for an approver, need not read every target.

It is made when the plan is sealed; from then until the decision its targets stay as they are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from records.store import Store

type Counts = Mapping[str, int]

_PREFIX = "plansummary:"
# Beside the customers, whose keys are never empty.
_ACCOUNTS = ""


class PlanSummaries:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(
        self, request_id: str, start: int, of_customers: Mapping[str, Counts], of_accounts: Mapping[str, int]
    ) -> None:
        """Write the counts per customer of a window, and which of its targets the accounts of approvers are."""
        value = {customer: dict(counts) for customer, counts in of_customers.items()}
        await self._store.put(request_id, f"{_PREFIX}{start:06d}", value | {_ACCOUNTS: dict(of_accounts)})

    async def read(self, request_id: str, starts: Sequence[int]) -> list[dict[str, Counts]] | None:
        """Return the counts per customer of each window; None where not all are there, as of a plan of an older version."""
        return await self._windows(request_id, starts)

    async def accounts(self, request_id: str, starts: Sequence[int]) -> list[Counts] | None:
        """Return the numbers of the targets by account, of each window; None where they were not kept."""
        windows = await self._windows(request_id, starts)
        if windows is None or not all(_ACCOUNTS in window for window in windows):
            return None
        return [window[_ACCOUNTS] for window in windows]

    async def _windows(self, request_id: str, starts: Sequence[int]) -> list[dict[str, Any]] | None:
        rows = await self._store.scan(request_id, prefix=_PREFIX, limit=1000)
        found = {int(row.key.removeprefix(_PREFIX)): row.value for row in rows}
        return [found[start] for start in starts] if all(start in found for start in starts) else None
