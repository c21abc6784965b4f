"""Pages of customers' lists of users, in memory for seconds: what several people look at is read once.

A page is kept per customer and query, never per person: callers name the customers, those that the person may see.
Every instance of the service has its own pages and loses them with its process; nothing relies on them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from graph.errors import GraphError
from graph.user_pages import ListedPage, Query

# Shown as it is for so long; the plan of a reset reads every user again.
FRESH = timedelta(seconds=30)
# Shown for so long, with its age, while it is read again.
KEPT = timedelta(minutes=5)
# A customer that did not answer is asked again after so long: at once it would only be waited for once more.
_FAULTY = timedelta(seconds=10)
# Users in memory. One takes about 0.7 KB, as tracemalloc counts it, so all take 70 MB at the most.
MOST_ROWS = 100_000
# Reads side by side over all lists of this process. What is left of the connections (graph.client.CONNECTIONS) is for resets.
# Each is another tenant, and across tenants Graph takes 130,000 calls in ten seconds of one app, as its page about throttling
# limits says under "Global limit" (learn.microsoft.com/graph/throttling-limits).
_AT_ONCE = 192
# Longer than a read with all of its attempts takes. A read under way for longer stood still with the worker it ran in.
_ABANDONED = timedelta(minutes=2)
# Seconds that a page of the console waits for customers; what is read later is shown later.
PATIENCE = 0.25
# Before all that was ever read.
EVER = datetime.min.replace(tzinfo=UTC)


class PageKey(NamedTuple):
    """What a page was asked for."""

    customer: str
    tenant_id: str
    query: Query
    page: str
    top: int
    plain: bool


class KeptPage(NamedTuple):
    """A page or why there is none, and when it was read."""

    page: ListedPage | GraphError
    at: datetime


class _Read(NamedTuple):
    task: asyncio.Task[KeptPage]
    began: datetime


class UserPageCache:
    """Belongs to one event loop."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self._kept: dict[PageKey, KeptPage] = {}
        self._rows = 0
        self._reads: dict[PageKey, _Read] = {}
        self._gate = asyncio.Semaphore(_AT_ONCE)

    def fresh(self, key: PageKey, *, after: datetime = EVER) -> KeptPage | None:
        """Return the page if it was read within `FRESH` and after `after`, and is not being read again."""
        kept = self._kept.get(key)
        if kept is None or key in self._reads or kept.at <= after:
            return None
        lasts = _FAULTY if isinstance(kept.page, GraphError) else FRESH
        return kept if timedelta() <= self.now() - kept.at <= lasts else None

    def stale(self, key: PageKey) -> KeptPage | None:
        """Return the page if it was read within `KEPT`, to be shown until it is read again."""
        kept = self._kept.get(key)
        if kept is None or isinstance(kept.page, GraphError) or self.now() - kept.at > KEPT:
            return None
        return kept

    def reading(self, key: PageKey, read: Callable[[], Awaitable[ListedPage]]) -> asyncio.Task[KeptPage]:
        """Return the read of a page that is under way, or begin one.

        It goes on when its caller does not wait for it any longer. One that was under way before is good enough also for who
        wants it anew: it has not been answered yet.
        """
        under_way = self._reads.get(key)
        if under_way is not None:
            if self.now() - under_way.began < _ABANDONED:
                return under_way.task
            under_way.task.cancel()
        task = asyncio.create_task(self._read(key, read))
        self._reads[key] = _Read(task, self.now())
        task.add_done_callback(lambda done: self._end(key, done))
        return task

    @property
    def under_way(self) -> frozenset[str]:
        """The customers of which a page is being read."""
        return frozenset(key.customer for key in self._reads)

    async def close(self) -> None:
        """End the reads that are under way."""
        tasks = [read.task for read in self._reads.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, key: PageKey, read: Callable[[], Awaitable[ListedPage]]) -> KeptPage:
        async with self._gate:
            try:
                page: ListedPage | GraphError = await read()
            except GraphError as error:
                page = error
        kept = KeptPage(page, self.now())
        self._put(key, kept)
        return kept

    def _end(self, key: PageKey, task: asyncio.Task[KeptPage]) -> None:
        if (read := self._reads.get(key)) is not None and read.task is task:
            del self._reads[key]

    def _put(self, key: PageKey, kept: KeptPage) -> None:
        self._drop(key)
        self._kept[key] = kept
        self._rows += _rows(kept)
        # In the order in which they were read: the oldest end first, and go first where there are too many.
        while (first := next(iter(self._kept))) != key:
            if self._rows <= MOST_ROWS and kept.at - self._kept[first].at <= KEPT:
                break
            self._drop(first)

    def _drop(self, key: PageKey) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._rows -= _rows(kept)


def _rows(kept: KeptPage) -> int:
    """Return what a page counts in memory; one without users takes some, too."""
    return 1 if isinstance(kept.page, GraphError) else 1 + len(kept.page.rows)
