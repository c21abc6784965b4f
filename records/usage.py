"""Counts of what each sender and each customer was asked for, kept over instances: one row each, written with its etag.

What arrives while a write is under way shares the next one, so that many requests at once do not write against each other.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from pydantic import ValidationError

from domain.request.usage import (
    Ask,
    LimitReached,
    RecentUsers,
    Usage,
    UsageTerms,
    allot,
    count,
    customer_key,
    recent_users,
    refusal,
)
from records.errors import StoreUnavailableError
from records.requests import Requests
from records.store import Change, Insert, Replace, Row, Store

_PARTITION = "usage"
# Rows in one transaction: at their largest they stay under the store's limit for one.
_ROWS = 10
# Each failed try means that another instance wrote one of the rows.
_TRIES = 200
# How often it is looked whether requests that count as open have ended without being taken out.
_SWEEP = timedelta(minutes=1)
# A request that is counted and not there may still be being written.
_UNWRITTEN = timedelta(hours=1)
_READS = 16

type Counts = Mapping[str, Usage]


class _Entry:
    """A step over some counts; `result` is what it returned when its counts were written."""

    def __init__(self, keys: Collection[str], step: Callable[[Counts], object]) -> None:
        self.keys, self.step = keys, step
        self.done = False
        self.result: object = None


class UsageCounts:
    """Belongs to one event loop."""

    def __init__(self, store: Store, partition: str = _PARTITION) -> None:
        self._store = store
        self._partition = partition
        self._requests = Requests(store)
        self._waiting: list[_Entry] = []
        self._writing = asyncio.Lock()
        self._swept: dict[str, datetime] = {}

    async def admit(self, ask: Ask, terms: UsageTerms, now: datetime) -> RecentUsers | LimitReached:
        """Count the request, unless a limit is reached: then nothing is written. A repeat is not counted again."""

        def step(counts: Counts) -> RecentUsers | LimitReached:
            if (refused := refusal(ask, counts, terms, now)) is not None:
                return refused
            count(ask, counts, now)
            return recent_users(ask, counts, terms, now)

        keys = _keys_of(ask)
        admitted = await self._change(keys, step)
        if isinstance(admitted, LimitReached) and admitted.limit == "openRequests" and self._may_sweep(ask.sender, now):
            await self._sweep(ask.sender, now)
            admitted = await self._change(keys, step)
        return admitted

    async def recent(self, ask: Ask, terms: UsageTerms, now: datetime) -> RecentUsers:
        """Return what was asked for within the step-up's window, and count nothing."""
        rows = await self._read(_keys_of(ask))
        return recent_users(ask, {key: _usage(row) for key, row in rows.items()}, terms, now)

    async def allot(self, ask: Ask, allowed: int, now: datetime) -> dict[str, int]:
        """Count as many of the users as are `allowed` within an hour, and return how many by customer. A repeat gets the same."""
        return await self._change(_keys_of(ask), lambda counts: allot(ask, counts, allowed, now))

    async def end(self, sender: str, request_ids: Collection[str]) -> None:
        """Take requests that have ended out of the open ones."""

        def step(counts: Counts) -> None:
            for request_id in request_ids:
                counts[sender].open_ids.pop(request_id, None)

        await self._change([sender], step)

    async def purge(self, before: datetime) -> int:
        """Remove the counts in which nothing was counted since then and no request is open; return how many."""
        many, after = 0, ""
        while rows := await self._store.scan(self._partition, after=after, limit=100):
            for row in rows:
                usage = _usage(row)
                if not usage.open_ids and usage.newest * 60 < before.timestamp():
                    many += await self._store.delete(row)
            after = rows[-1].key
        return many

    async def _change[Result](self, keys: Collection[str], step: Callable[[Counts], Result]) -> Result:
        """Run `step`, perhaps several times, over the counts of `keys`, and return its result once they are written."""
        entry = _Entry(keys, step)
        self._waiting.append(entry)
        try:
            async with self._writing:
                while not entry.done:
                    await self._write(_group(self._waiting))
                    self._waiting = [each for each in self._waiting if not each.done]
        finally:
            if entry in self._waiting:  # the store is away, or the caller is gone: nothing of it is counted later
                self._waiting.remove(entry)
        return cast("Result", entry.result)

    async def _write(self, group: Sequence[_Entry]) -> None:
        keys = list(dict.fromkeys(key for entry in group for key in entry.keys))
        for _ in range(_TRIES):
            rows = await self._read(keys)
            counts = {key: _usage(row) for key, row in rows.items()}
            results = [entry.step(counts) for entry in group]
            if await self._apply(rows, counts):
                for entry, result in zip(group, results, strict=True):
                    entry.done, entry.result = True, result
                return
        raise StoreUnavailableError("the counts of senders and customers are written by others all the time")

    async def _apply(self, rows: Mapping[str, Row | None], counts: Counts) -> bool:
        """Write what changed. A request over very many customers is several transactions: interrupted, it is repeated."""
        changes: list[Change] = []
        for key, row in rows.items():
            value = counts[key].to_value()
            if row is None and (value["known"] or value["open"]):
                changes.append(Insert(key, value))
            elif row is not None and row.value != value:
                changes.append(Replace(row, value))
        for start in range(0, len(changes), _ROWS):
            if not await self._store.apply(self._partition, changes[start : start + _ROWS]):
                return False
        return True

    async def _read(self, keys: Collection[str]) -> dict[str, Row | None]:
        gate = asyncio.Semaphore(_READS)

        async def read(key: str) -> Row | None:
            async with gate:
                return await self._store.get(self._partition, key)

        return dict(zip(keys, await asyncio.gather(*map(read, keys)), strict=True))

    def _may_sweep(self, sender: str, now: datetime) -> bool:
        last = self._swept.get(sender)
        if last is not None and now - last < _SWEEP:
            return False
        self._swept[sender] = now
        return True

    async def _sweep(self, sender: str, now: datetime) -> None:
        """Take out requests that have ended, or were never written: a fault came between them and `end`."""
        usage = _usage((await self._read([sender]))[sender])
        gate = asyncio.Semaphore(_READS)

        async def over(request_id: str) -> bool:
            async with gate:
                try:
                    request = await self._requests.get(request_id)
                except ValidationError:
                    return True  # nothing can be done for a request that cannot be read
            if request is not None:
                return request.status.ended
            minute, _ = usage.known.get(request_id, (0, 0))
            return minute * 60 < (now - _UNWRITTEN).timestamp()

        ids = list(usage.open_ids)
        ended = [
            request_id for request_id, gone in zip(ids, await asyncio.gather(*map(over, ids)), strict=True) if gone
        ]
        if ended:
            await self.end(sender, ended)


def _keys_of(ask: Ask) -> list[str]:
    """Return the sender's last: once it is written, the request is counted."""
    return [*map(customer_key, ask.users), ask.sender]


def _usage(row: Row | None) -> Usage:
    return Usage.from_value(row.value if row else {})


def _group(waiting: Sequence[_Entry]) -> list[_Entry]:
    """Return the first entries, as many as share one transaction; one alone may need several."""
    keys: set[str] = set()
    group: list[_Entry] = []
    for entry in waiting:
        keys |= set(entry.keys)
        if group and len(keys) > _ROWS:
            break
        group.append(entry)
    return group
