"""Requests, their decisions and their cancellation. Everything of one request lives in the partition of its id."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from domain.outcomes import TargetOutcome
from domain.request.reset_request import RECORD_UNREADABLE, Decision, ResetRequest
from domain.request.target import Target
from domain.request.unreadable import unreadable_decision, unreadable_request
from records.errors import StoreUnavailableError
from records.limits import instant_in
from records.read_requests import ReadRequests
from records.reading import note_unreadable
from records.store import Insert, Replace, Row, Store
from records.target_drafts import TargetDrafts, target_rows
from records.targets import count_key

_REQUEST = "request"
_CANCEL = "cancel"
_DECISION = "decision:"
_INDEX = "requests"
_OPEN = "open"
# What a record held that could not be read.
_UNREADABLE = "unreadable"
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
# Milliseconds of the year 5138: creation times counted down from here sort newest first.
_FAR = 10**14
# Rows per write: with their longest names 50 targets, or 5 drafts, stay under one transaction's size limit.
_WRITE, _WRITE_DRAFTS = 50, 5
# Writes of one new request under way at once.
_WRITES = 16
# Requests read side by side.
_PAGE = 32
# Each failed try means that another write succeeded: another approver's decision, or a note about a mail.
_TRIES = 200
_RESTART, _RESTART_MOST = timedelta(minutes=1), timedelta(hours=1)


def _decision(row: Row) -> Decision:
    try:
        return Decision.from_json(row.value)
    except ValidationError:
        return unreadable_decision(row.value, _UNKNOWN)


class Requests:
    def __init__(self, store: Store, read: ReadRequests | None = None) -> None:
        self._store = store
        self._read = read or ReadRequests()

    async def create(self, request: ResetRequest, targets: list[Target]) -> bool:
        """Write a request with its targets; False if it was there already. May be repeated after a fault in the middle.

        Of a long request the targets are only kept as drafts, to be written by the workflow, because a caller waits. The request's
        own row is written last: until then the request does not exist for readers. Nothing is written over, so that a repeat
        which comes late, or beside the first, takes nothing back of what has happened to a target since.
        """
        if await self._store.get(request.id, _REQUEST) is not None:
            return False
        counts = Counter(count_key(target.number) for target in targets)
        totals = [Insert(key, {TargetOutcome.PENDING.value: count}) for key, count in counts.items()]
        if TargetDrafts.needed(len(targets)):
            parts = [*_parts(TargetDrafts.rows(targets), _WRITE_DRAFTS), *_parts(totals, _WRITE)]
        else:
            parts = _parts([*target_rows(targets), *totals], _WRITE)
        # Side by side, because a caller waits: they depend on nothing of each other. False: another attempt wrote the same.
        gate = asyncio.Semaphore(_WRITES)
        await asyncio.gather(
            self._store.insert(_OPEN, request.id, {"at": request.created_at.isoformat()}),
            self._store.insert(_INDEX, place_of(request), {"id": request.id}),
            *(
                self._apply(gate, index_of(customer), [Insert(place_of(request), {"id": request.id})])
                for customer in {*request.customers}
            ),
            *(self._apply(gate, request.id, part) for part in parts),
        )
        return await self._store.insert(request.id, _REQUEST, request.to_json())

    async def _apply(self, gate: asyncio.Semaphore, request_id: str, changes: list[Insert]) -> None:
        async with gate:
            await self._store.apply(request_id, changes)

    async def get(self, request_id: str) -> ResetRequest | None:
        """Return the request; where its record cannot be read, what is left of it, failed."""
        found = await self._found(request_id)
        return found[1] if found else None

    async def update(self, request_id: str, change: Callable[[ResetRequest], ResetRequest]) -> ResetRequest:
        """Return the request after `change`, which may run several times and must depend on nothing but its argument.

        Raises: LookupError when there is no such request.
        """
        while True:
            found = await self._found(request_id)
            if found is None:
                raise LookupError(request_id)
            row, before = found
            after = change(before)
            if after == before:
                return after
            if before.failure == RECORD_UNREADABLE:  # written over once, for its end
                await self._store.insert(request_id, _UNREADABLE, row.value)
            if await self._store.replace(row, after.to_json()) is not None:
                return after

    async def newest(self, cursor: str = "", limit: int = 50) -> tuple[list[ResetRequest], str]:
        """Requests, newest first, and the cursor of the next page ("" at the end)."""
        rows, following = await self.listed(cursor, limit)
        return [request for _, request in rows], following

    async def listed(
        self, after: str = "", limit: int = 50, *, customer: str = "", before: datetime | None = None
    ) -> tuple[list[tuple[str, ResetRequest]], str]:
        """Return requests with their places in the list, newest first, and the place of the next page ("" at the end).

        They are those after the place `after`; of one customer alone, where `customer` names it, and made before `before`.
        """
        partition = index_of(customer) if customer else _INDEX
        start = max(after, _moment(before)) if before else after
        rows = await self._store.scan(partition, after=start, limit=limit)
        found = await asyncio.gather(*(self.get(request_at(row)) for row in rows))
        pairs = [(row.key, request) for row, request in zip(rows, found, strict=True) if request]
        return pairs, rows[-1].key if len(rows) == limit else ""

    async def open(self, after: str = "", limit: int = 100) -> list[Row]:
        """Return rows of the requests that have not ended, and of some that have: key: the id, value: {"at": when it was made}."""
        return await self._store.scan(_OPEN, after=after, limit=limit)

    async def note_restart(self, row: Row, at: datetime) -> int:
        """Note in the `row` of an open request that its broken orchestration is started anew; how often that makes it.

        0: not now. Each restart waits twice as long after the last as the one before, a minute at first and an hour at most: what
        breaks by a mistake of ours breaks again until that is mended, and another process may have noted this one just now.
        """
        times, last = row.value.get("restarts", 0), instant_in(row.value, "restartedAt")
        times = times if isinstance(times, int) and times > 0 else 0
        if times and last and at < last + min(_RESTART * 2 ** min(times - 1, 10), _RESTART_MOST):
            return 0
        noted = row.value | {"restarts": times + 1, "restartedAt": at.isoformat()}
        return times + 1 if await self._store.replace(row, noted) is not None else 0

    async def close(self, row: Row) -> None:
        """Take a request that has ended out of the open ones; `row` is its row there."""
        await self._store.delete(row)

    async def created_before(self, at: datetime, after: str = "", limit: int = 100) -> list[Row]:
        """Return places in the list of requests that were made before then, newest first, after the place `after`."""
        return await self._store.scan(_INDEX, after=max(after, _moment(at)), limit=limit)

    async def of_customer(self, customer: str, start: datetime, end: datetime, most: int) -> list[ResetRequest]:
        """Return at most `most` requests that name this customer and were made from `start` on and before `end`, newest first."""
        found: list[ResetRequest] = []
        after = _moment(end)
        while rows := await self._store.scan(index_of(customer), after=after, limit=_PAGE):
            after = rows[-1].key
            for request in await asyncio.gather(*(self.get(request_at(row)) for row in rows)):
                if request is not None and request.created_at < start:
                    return found
                if request is not None and request.created_at < end:
                    found.append(request)
                if len(found) == most:
                    return found
        return found

    @staticmethod
    def is_own(row: Row) -> bool:
        """Return whether this row of a request's partition is the request itself."""
        return row.key == _REQUEST

    async def decide(self, request_id: str, decision: Decision) -> bool:
        """Keep the first decision of an approver. False: there is one already, or the request takes none any more.

        The request counts it in the same write, so the one that ends the approval sees every decision.

        Raises: LookupError when there is no such request, StoreUnavailableError when others wrote it first again and again.
        """
        key = _decision_key(decision.approver)
        for _ in range(_TRIES):
            found = await self._found(request_id)
            if found is None:
                raise LookupError(request_id)
            row, request = found
            if not request.takes_decisions(decision.at) or await self._store.get(request_id, key) is not None:
                return False
            counted = request.approval.model_copy(update={"decided": request.approval.decided + 1})
            after = request.model_copy(update={"approval": counted})
            if await self._store.apply(request_id, [Insert(key, decision.to_json()), Replace(row, after.to_json())]):
                return True
        raise StoreUnavailableError(f"request {request_id} is written by others all the time")

    async def decision_of(self, request_id: str, approver: str) -> Decision | None:
        row = await self._store.get(request_id, _decision_key(approver))
        return _decision(row) if row else None

    async def decisions(self, request_id: str) -> list[Decision]:
        """Return all decisions, oldest first."""
        rows = await self._store.scan(request_id, prefix=_DECISION, limit=1000)
        return sorted(map(_decision, rows), key=lambda decision: decision.at)

    async def cancel(self, request_id: str, by: str, at: datetime) -> bool:
        """Mark the request as cancelled; False if it was already. Nothing is removed once this is answered."""
        return await self._store.insert(request_id, _CANCEL, {"by": by, "at": at.isoformat()})

    async def cancelled(self, request_id: str) -> dict[str, Any] | None:
        """Return who cancelled and when, None if it was not cancelled. Where its record cannot be read it was, by "" then."""
        row = await self._store.get(request_id, _CANCEL)
        if row is None or isinstance(row.value.get("by"), str):
            return row.value if row else None
        note_unreadable(row, "Cancel")
        return {"by": ""}

    async def _found(self, request_id: str) -> tuple[Row, ResetRequest] | None:
        before = self._read.get(request_id)
        row = await self._store.get(request_id, _REQUEST, known=before[0] if before else None)
        if before is not None and row is before[0]:
            return before
        if row is None:
            return None
        try:
            request = ResetRequest.from_json(row.value | {"id": row.partition})
        except ValidationError:
            opened = await self._store.get(_OPEN, row.partition)
            at = (instant_in(opened.value, "at") if opened else None) or _UNKNOWN
            return row, unreadable_request(row.partition, row.value, at)
        self._read.keep(row, request)
        return row, request


def _parts(rows: list[Insert], size: int) -> list[list[Insert]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _decision_key(approver: str) -> str:
    return _DECISION + hashlib.sha256(approver.casefold().encode()).hexdigest()[:32]


def place_of(request: ResetRequest) -> str:
    """Return the key of the request in the lists of requests, which are sorted by it: the newest first."""
    return f"{_moment(request.created_at)}:{request.id}"


def request_at(place: Row) -> str:
    """Return the id of the request at a place in a list of requests."""
    return place.key.partition(":")[2]


def index_of(customer: str) -> str:
    """Return the partition that lists the requests of a customer."""
    return f"{_INDEX}:{customer}"


def _moment(at: datetime) -> str:
    return f"{_FAR - int(at.timestamp() * 1000):015d}"
