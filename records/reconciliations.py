"""How far each customer's audit log was read, with a claim so that one worker at a time reads it; and the alerts."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from domain.model import Instant, Model
from domain.reconciliation.alerts import ReadState, RemovalAlert
from records.reading import note_unreadable, read_known, read_row
from records.store import Row, Store

_STATES, _ALERTS = "reconciliation", "reconciliation-alerts"
_PAGE = 1000
# A tenant without a licence keeps its log for seven days (learn.microsoft.com/entra/identity/monitoring-health/
# reference-reports-data-retention).
_LOG_KEPT = timedelta(days=7)
# Between the clocks of two workers, generously.
_SKEW = timedelta(hours=1)
# Keys count down, so that the latest alert is the first row: milliseconds until the year 9999.
_LAST = datetime(9999, 1, 1, tzinfo=UTC)


class ReadingState(Model):
    """`whole_at` is when a long stretch of the log was last read again, for entries that came late."""

    state: ReadState = "waiting"
    detail: str = ""
    principal_id: str = ""
    began_at: Instant | None = None
    read_until: Instant | None = None
    whole_at: Instant | None = None
    tried_at: Instant | None = None
    claimed_until: Instant | None = None


class Claim(NamedTuple):
    state: ReadingState
    row: Row


class Reconciliations:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def state(self, tenant_id: str) -> ReadingState:
        row = await self._store.get(_STATES, tenant_id)
        return read_known(ReadingState, row) if row else ReadingState()

    async def claim(self, tenant_id: str, now: datetime, lasts: timedelta) -> Claim | None:
        """Return the state, claimed for this worker; None while another's claim lasts. A worker that dies loses its claim.

        `lasts` is the longest that a claim may last: a longer one is damaged. Where it cannot be read when the readings began,
        they began as long ago as every log is kept: what was judged is judged again, which finds nothing twice.
        """
        row = await self._store.get(_STATES, tenant_id)
        if row is None:
            await self._store.insert(_STATES, tenant_id, ReadingState().to_json())
            row = await self._store.get(_STATES, tenant_id)
        if row is None:
            return None
        state = read_known(ReadingState, row)
        if state.claimed_until is not None and now < state.claimed_until <= now + lasts:
            return None
        if _is_damaged(row, state, now):
            note_unreadable(row, "ReadingState")
            state = state.model_copy(update={"began_at": now - _LOG_KEPT, "read_until": None, "whole_at": None})
        claimed = state.model_copy(update={"claimed_until": now + lasts})
        written = await self._store.replace(row, claimed.to_json())
        return Claim(claimed, written) if written is not None else None

    async def release(self, claim: Claim, state: ReadingState) -> None:
        """Write what came of it and end the claim; another worker's, who began after this one was late, goes on."""
        row: Row | None = claim.row
        ended = state.model_copy(update={"claimed_until": None})
        while row is not None and await self._store.replace(row, ended.to_json()) is None:
            row = await self._store.get(_STATES, claim.row.key)
            if row is not None:
                other = read_known(ReadingState, row)
                if other.read_until is not None and (state.read_until is None or other.read_until > state.read_until):
                    return
                ended = state.model_copy(update={"claimed_until": other.claimed_until})

    async def add(self, alert: RemovalAlert) -> bool:
        """Keep an alert; False where it was found before."""
        return await self._store.insert(_ALERTS, _key(alert), alert.to_json())

    async def page(self, cursor: str, limit: int) -> tuple[list[RemovalAlert], str | None]:
        """Return the next alerts that can be read, the latest first, and the cursor of the page after them."""
        rows = await self._store.scan(_ALERTS, after=cursor, limit=limit)
        following = rows[-1].key if len(rows) == limit else None
        return [alert for row in rows if (alert := read_row(RemovalAlert, row)) is not None], following

    async def unmailed(self, since: datetime) -> list[RemovalAlert]:
        """Return the alerts about what happened since then of which nobody was mailed yet."""
        found: list[RemovalAlert] = []
        after = ""
        while rows := await self._store.scan(_ALERTS, after=after, limit=_PAGE):
            for row in rows:
                alert = read_row(RemovalAlert, row)
                if alert is None:
                    continue
                if alert.at < since:
                    return found
                if alert.mailed_at is None:
                    found.append(alert)
            after = rows[-1].key
        return found

    async def mailed(self, alerts: Iterable[RemovalAlert], at: datetime) -> None:
        for alert in alerts:
            await self._store.put(_ALERTS, _key(alert), alert.model_copy(update={"mailed_at": at}).to_json())

    async def purge(self, before: datetime) -> int:
        """Remove alerts about what happened before then, and return how many."""
        many, after = 0, f"{_count_down(before):015d}"
        while rows := await self._store.scan(_ALERTS, after=after, limit=_PAGE):
            for row in rows:
                many += await self._store.delete(row)
            after = rows[-1].key
        return many


def _key(alert: RemovalAlert) -> str:
    return f"{_count_down(alert.at):015d}:{alert.id}"


def _count_down(at: datetime) -> int:
    return int((_LAST - at).total_seconds() * 1000)


def _is_damaged(row: Row, state: ReadingState, now: datetime) -> bool:
    """Return whether a row does not say when the readings began, though each row does, or names times that are to come."""
    lost = state.began_at is None and (row.value.get("beganAt", "") is not None or state.read_until is not None)
    return lost or any(at is not None and at > now + _SKEW for at in (state.began_at, state.read_until, state.whole_at))
