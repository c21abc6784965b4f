"""What was last found of the partner relationships: warnings, each customer's last consent, and when it was looked for."""

from collections.abc import Collection, Iterable
from datetime import datetime

from domain.model import Instant, Model
from domain.partner.warnings import KeptWarning
from records.reading import read_known, read_row
from records.store import Row, Store

_STATES, _WARNINGS, _CHECKS = "partner-states", "partner-warnings", "partner-checks"
_LAST = "last"
_PAGE = 1000


class TenantState(Model):
    """`consented_at` is when the tenant was last seen to let the service in."""

    consented_at: Instant | None = None


class PartnerCheck(Model):
    """`read_at` is when all was last read, `problem` a stable word for why it was not since, "" where it was."""

    read_at: Instant | None = None
    problem: str = ""


class PartnerRecords:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def state(self, tenant_id: str) -> TenantState:
        row = await self._store.get(_STATES, tenant_id)
        return read_known(TenantState, row) if row else TenantState()

    async def consented(self, tenant_id: str, at: datetime) -> None:
        """Note that the tenant lets the service in."""
        await self._store.put(_STATES, tenant_id, TenantState(consented_at=at).to_json())

    async def last_check(self) -> PartnerCheck:
        row = await self._store.get(_CHECKS, _LAST)
        return read_known(PartnerCheck, row) if row else PartnerCheck()

    async def checked(self, check: PartnerCheck) -> None:
        await self._store.put(_CHECKS, _LAST, check.to_json())

    async def warnings(self) -> list[KeptWarning]:
        """Return all warnings of the last look that can be read, the next date first."""
        rows = await self._rows(_WARNINGS)
        found = [warning for row in rows if (warning := read_row(KeptWarning, row)) is not None]
        return sorted(found, key=lambda one: (one.at or one.found_at, one.customer, one.id))

    async def keep(self, warnings: Iterable[KeptWarning], silent: Collection[str]) -> list[KeptWarning]:
        """Keep exactly these warnings and return the new ones. Of the tenants `silent`, which did not answer, a lost consent stays.

        One that cannot be read goes; where it still holds it is a new one.
        """
        found = {warning.id: warning for warning in warnings}
        for row in await self._rows(_WARNINGS):
            old = read_row(KeptWarning, row)
            stays = old is not None and (row.key in found or (old.kind == "consentLost" and old.tenant_id in silent))
            if not stays:
                await self._store.delete(row)
        return [one for one in found.values() if await self._store.insert(_WARNINGS, one.id, one.to_json())]

    async def mailed(self, warnings: Iterable[KeptWarning], at: datetime) -> None:
        for warning in warnings:
            await self._store.put(_WARNINGS, warning.id, warning.model_copy(update={"mailed_at": at}).to_json())

    async def purge(self, tenant_ids: Collection[str]) -> int:
        """Remove what is known of tenants other than these, and return of how many."""
        gone = [row for row in await self._rows(_STATES) if row.key not in tenant_ids]
        for row in gone:
            await self._store.delete(row)
        return len(gone)

    async def _rows(self, partition: str) -> list[Row]:
        rows: list[Row] = []
        while page := await self._store.scan(partition, after=rows[-1].key if rows else "", limit=_PAGE):
            rows += page
        return rows
