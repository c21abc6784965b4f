"""Hold one customer's audit log against our records, both ways, and keep what does not agree as alerts.

It may stop at any point and run again, on any instance: an entry of the log belongs to the same removal each time, and an
alert has an id of its own, so nothing is found twice. The log is read from before where the last reading ended, because
entries come late, and once an hour from a day back.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from domain.model import iso
from domain.policy.load import Customer
from domain.reconciliation.alerts import AlertKind, RemovalAlert, alert_id
from domain.reconciliation.judgement import Bounds, bounds, covers, nearest, surplus
from graph.directory_audits import AuditEntry, read_audit_entries, read_service_principal
from graph.errors import Fault, GraphError
from records.reconciliations import Claim, ReadingState
from records.removals import Removal
from services import Services
from telemetry.metrics import count

# 99 of 100 entries can be read after five minutes [reports-monitoring/reference-reports-latencies, of 2022].
_OVERLAP = timedelta(hours=2)
# Later ones are found by reading more, less often.
_LONG_OVERLAP, _LONG_EVERY = timedelta(hours=24), timedelta(hours=1)
# Less than between two runs of the timer, so that a worker that died is replaced by the next; a reading that takes longer is done
# twice, which changes nothing.
_CLAIM = timedelta(minutes=4)
# A tenant without a licence keeps its log for seven days (learn.microsoft.com/entra/identity/monitoring-health/
# reference-reports-data-retention): whether an older removal was in it cannot be known any more.
_LOG_KEPT = timedelta(days=7)
_PAGE, _AT_ONCE = 500, 16
NOT_GRANTED = "AuditLog.Read.All and Directory.Read.All are needed, both: the audit log could not be read"


async def reconcile_customer(services: Services, key: str, customer: Customer) -> None:
    """Read the log of one customer and judge it; nothing is done while another worker does.

    Raises: RecordsError.
    """
    now = services.now()
    claim = await services.reconciliations.claim(customer.tenant_id, now, _CLAIM)
    if claim is not None:
        state = await _Reading(services, key, customer.tenant_id, claim, now).run()
        await services.reconciliations.release(claim, state)


class _Known(NamedTuple):
    """A removal with what its target says. `ended_at` is None while it is worked on."""

    removal: Removal
    bounds: Bounds
    ended_at: datetime | None


class _Reading:
    def __init__(self, services: Services, key: str, tenant_id: str, claim: Claim, now: datetime) -> None:
        self._services = services
        self._key = key
        self._tenant_id = tenant_id
        self._state = claim.state
        self._now = now
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._remembered = services.remembered[tenant_id]

    async def run(self) -> ReadingState:
        """Return the state to be kept."""
        tried = self._state.model_copy(update={"tried_at": self._now})
        try:
            state, entries = await self._read(tried)
        except GraphError as error:
            return tried.model_copy(update=_failed(error))
        by_user: defaultdict[str, list[AuditEntry]] = defaultdict(list)
        for entry in entries:
            for user_id in entry.users or ("",):
                by_user[user_id].append(entry)
        fresh = {entry.id for entry in entries if not self._remembered.is_judged(entry.id)}
        await _all(
            self._judge(user_id, found)
            for user_id, found in by_user.items()
            if any(entry.id in fresh for entry in found)
        )
        self._remembered.note_judged(((entry.id, entry.at) for entry in entries), self._now)
        await self._settle(state)
        return state

    async def _read(self, state: ReadingState) -> tuple[ReadingState, list[AuditEntry]]:
        services = self._services
        client = services.graph.of(self._tenant_id)
        principal_id = state.principal_id
        if not principal_id:
            principal_id = await read_service_principal(client, services.settings.graph_client_id)
        began_at = state.began_at or self._now
        whole = state.whole_at is None or self._now - state.whole_at >= _LONG_EVERY
        since = (state.read_until or began_at) - (_LONG_OVERLAP if whole else _OVERLAP)
        entries = await read_audit_entries(client, services.policy.reconciliation.activities, max(since, began_at))
        read = {
            "state": "read",
            "detail": "",
            "principal_id": principal_id,
            "began_at": began_at,
            "read_until": self._now,
            "whole_at": self._now if whole else state.whole_at,
        }
        return state.model_copy(update=read), [entry for entry in entries if self._is_ours(entry, principal_id)]

    def _is_ours(self, entry: AuditEntry, principal_id: str) -> bool:
        """Return whether this application did it: the log may name it by either id."""
        by = entry.by
        own = self._services.settings.graph_client_id.lower()
        return by.app_id.lower() == own or (bool(principal_id) and by.principal_id.lower() == principal_id.lower())

    async def _judge(self, user_id: str, entries: Sequence[AuditEntry]) -> None:
        """Give each entry to the removal that it belongs to; one without any is an alert."""
        async with self._gate:
            removals = await self._services.removals.of_user(self._tenant_id, user_id) if user_id else []
            known = [await self._known(removal) for removal in removals]
            given: defaultdict[int, dict[str, str]] = defaultdict(dict)
            for entry in entries:
                place = _place(known, entry)
                if place is None:
                    await self._alert("unrequestedRemoval", entry.id, user_id, entry.at, entry=entry)
                else:
                    given[place][entry.id] = iso(entry.at)
            names = {entry.id: entry for entry in entries}
            for place, found in given.items():
                removal = await self._services.removals.add(known[place].removal, found)
                await self._check_surplus(known[place]._replace(removal=removal), names)

    async def _known(self, removal: Removal) -> _Known:
        """What is gone with its request, or cannot be read, is taken as what was begun and may have removed anything."""
        kept = await self._services.targets.get(removal.request_id, removal.number)
        if kept is None or not kept.readable:
            return _Known(removal, Bounds(0, len(removal.entries) + _PAGE), None)
        target = kept.target
        ended_at = target.ended_at
        if target.settled and ended_at is None:
            request = await self._services.requests.get(removal.request_id)
            ended_at = request.ended_at if request else None
        return _Known(removal, bounds(target), ended_at if target.settled else None)

    async def _check_surplus(self, known: _Known, entries: dict[str, AuditEntry]) -> None:
        most = known.bounds.most * self._services.policy.reconciliation.entries_per_removal
        for entry_id in surplus(known.removal.entries, most):
            at = datetime.fromisoformat(known.removal.entries[entry_id])
            entry = entries.get(entry_id)
            await self._alert("surplusRemoval", entry_id, known.removal.user_id, at, entry=entry, known=known)

    async def _settle(self, state: ReadingState) -> None:
        """Judge the removals that have ended, and finish those whose entries must all be there by now."""
        after = ""
        while True:
            page, after = await self._services.removals.open(self._tenant_id, after, _PAGE)
            due = [place for place in page if self._remembered.is_due(place, self._now)]
            await _all(self._settle_one(place, state) for place in due)
            if not after:
                return

    async def _settle_one(self, place: str, state: ReadingState) -> None:
        async with self._gate:
            removal = await self._services.removals.at(self._tenant_id, place)
            known = await self._known(removal) if removal is not None else None
            if removal is None or known is None or known.ended_at is None:
                return
            await self._check_surplus(known, {})
            wait = self._services.policy.reconciliation.missing_after
            if self._now < known.ended_at + wait:
                # Nothing of it changes until then but by an entry that comes, and what judges that one checks it again.
                self._remembered.note_due(place, known.ended_at + wait, self._now)
                return
            judged = state.began_at is not None and removal.begun_at >= state.began_at
            in_log = self._now - removal.begun_at < _LOG_KEPT
            if judged and in_log and len(removal.entries) < known.bounds.least:
                reset = f"{removal.request_id}:{removal.number}"
                await self._alert("missingRemoval", reset, removal.user_id, known.ended_at, known=known)
            if await self._services.removals.finish(removal):
                self._remembered.forget(place)

    async def _alert(
        self,
        kind: AlertKind,
        about: str,
        user_id: str,
        at: datetime,
        *,
        entry: AuditEntry | None = None,
        known: _Known | None = None,
    ) -> None:
        alert = RemovalAlert(
            id=alert_id(self._tenant_id, kind, about, user_id),
            kind=kind,
            customer=self._key,
            tenant_id=self._tenant_id,
            user_id=user_id,
            at=at,
            found_at=self._now,
            activity=entry.activity if entry else "",
            entry_id="" if kind == "missingRemoval" else about,
            request_id=known.removal.request_id if known else "",
            removed=known.bounds.least if known else 0,
            recorded=len(known.removal.entries) if known else 0,
        )
        services = self._services
        data = {"customer": self._key, "reason": kind, "userId": user_id, "entryId": alert.entry_id}
        once = f"removalAlert:{alert.id}"
        # A chain of the customer's, because there may be no request; and the request's, where there is one.
        await services.audits.append(
            f"reconciliation:{self._tenant_id}", self._now, "service", "removalAlert", data, once=once
        )
        if alert.request_id:
            await services.audits.append(alert.request_id, self._now, "service", "removalAlert", data, once=once)
        if await services.reconciliations.add(alert):
            count("mfareset.reconciliation.alerts", kind=kind, customer=self._key)


async def _all(works: Iterable[Coroutine[object, object, None]]) -> None:
    """Await all of them, also where one fails: none goes on after the claim has ended. Raises: what the first one raised."""
    for ended in await asyncio.gather(*works, return_exceptions=True):
        if ended is not None:
            raise ended


def _place(known: Sequence[_Known], entry: AuditEntry) -> int | None:
    """Return the place of the removal that an entry belongs to: where it was put before, else the nearest that covers it."""
    for place, one in enumerate(known):
        if entry.id in one.removal.entries:
            return place
    return nearest(
        (
            (place, one.removal.begun_at)
            for place, one in enumerate(known)
            if covers(one.removal.begun_at, one.ended_at, entry.at)
        ),
        entry.at,
    )


def _failed(error: GraphError) -> dict[str, object]:
    if error.fault is Fault.FORBIDDEN:
        return {"state": "forbidden", "detail": f"{NOT_GRANTED} ({error.detail})"}
    return {"state": "noAccess" if error.of_tenant else "unavailable", "detail": error.detail}
