"""Users of several customers as one sorted list, page by page; no customer's list is ever read as a whole.

Each customer's own list comes sorted from Graph; the pages are merged here. Without a cache all of it is live and complete. With
one (graph.user_page_cache) pages that are seconds old are used, and customers that take long are left for later.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import datetime

from domain.cursors import Spot
from graph.client import Graph, GraphClient
from graph.errors import GraphError
from graph.user_page_cache import EVER, MOST_ROWS, KeptPage, PageKey, UserPageCache
from graph.user_pages import ListedPage, ListedUser, Order, Query, read_page

# Customers asked side by side: half of the connections (graph.client.CONNECTIONS). Each is another tenant, and across tenants Graph
# takes 130,000 calls in ten seconds of one app. (learn.microsoft.com/graph/throttling-limits, "Global limit")
_AT_ONCE = 125


class UserPage:
    """`spots` are where the customers' lists go on, `faults` the customers that did not answer, `counts` the matches per
    customer where Graph counted them.

    `unread` are the customers that are still being read: their users are missing, or shown as they were before. `read_at` is
    when the oldest of what is shown was read; None where all is live.
    """

    def __init__(self) -> None:
        self.users: list[ListedUser] = []
        self.spots: dict[str, Spot] = {}
        self.faults: dict[str, GraphError] = {}
        self.counts: dict[str, int] = {}
        self.unread: set[str] = set()
        self.read_at: datetime | None = None


async def list_users(
    graph: Graph, tenants: Mapping[str, str], query: Query, spots: Mapping[str, Spot] | None, limit: int
) -> UserPage:
    """Return the next `limit` users of `tenants` (customer key to tenant id). `spots` None starts; else only those go on."""
    top = _top(limit, len(tenants))
    streams = [_Stream(key, graph.of(tenants[key]), query, spot, top) for key, spot in _spots(tenants, spots).items()]
    gate = asyncio.Semaphore(_AT_ONCE)

    async def begin(stream: _Stream) -> None:
        async with gate:
            await stream.fill()

    await asyncio.gather(*map(begin, streams))
    return await _merge(streams, query, limit)


async def list_kept_users(
    cache: UserPageCache,
    graph: Graph,
    tenants: Mapping[str, str],
    query: Query,
    spots: Mapping[str, Spot] | None,
    limit: int,
    *,
    patience: float,
    after: datetime = EVER,
) -> UserPage:
    """Return a page as `list_users` does, of what is in `cache` and what is read within `patience` seconds.

    What was read at `after` or before is read again. Customers that are still being read are named in `unread`; where they were
    read minutes ago that is shown. The cursor goes on with them where they begin, so that no user is left out.
    """
    top = _cached_top(limit, len(tenants))
    until = asyncio.get_running_loop().time() + patience
    streams = [
        _KeptStream(key, graph.of(tenants[key]), query, spot, top, cache, until, after)
        for key, spot in _spots(tenants, spots).items()
    ]
    await asyncio.gather(*(stream.fill() for stream in streams if not stream.fill_at_once()))
    page = await _merge(streams, query, limit)
    page.unread = {stream.customer for stream in streams if stream.unread}
    page.read_at = min((stream.read_at for stream in streams if stream.read_at is not None), default=None)
    return page


def read_ahead(cache: UserPageCache, graph: Graph, tenants: Mapping[str, str], query: Query, limit: int) -> None:
    """Begin to read the first pages that `list_kept_users` will ask for, without waiting for them.

    It only saves time: where the worker stops before it is done, the list reads what is missing.
    """
    top = _cached_top(limit, len(tenants))
    for key, tenant in tenants.items():
        _KeptStream(key, graph.of(tenant), query, Spot(), top, cache, 0.0, EVER).begin()


def _top(limit: int, customers: int) -> int:
    """Return how many users of each customer are read at once."""
    return limit if customers == 1 else min(limit, max(20, 2 * limit // max(customers, 1)))


def _cached_top(limit: int, customers: int) -> int:
    """Return how many users of each customer are read at once: two lists of all customers have to fit into the cache."""
    return max(1, min(_top(limit, customers), MOST_ROWS // (2 * max(customers, 1)) - 1))


def _spots(tenants: Mapping[str, str], spots: Mapping[str, Spot] | None) -> dict[str, Spot]:
    if spots is None:
        return {key: Spot() for key in tenants}
    return {key: spot for key, spot in spots.items() if key in tenants}


async def _merge(streams: "list[_Stream] | list[_KeptStream]", query: Query, limit: int) -> UserPage:
    page = UserPage()
    first_of = max if query.descending else min
    while len(page.users) < limit:
        heads = [stream for stream in streams if stream.rows]
        if not heads:
            break
        first = first_of(heads, key=lambda stream: stream.head)
        page.users.append(first.take())
        if not first.rows:
            await first.fill()
    for stream in streams:
        if stream.fault is not None:
            page.faults[stream.customer] = stream.fault
        if stream.more:
            page.spots[stream.customer] = stream.spot
        if stream.count is not None:
            page.counts[stream.customer] = stream.count
    if not any(stream.rows or (stream.more and stream.fault is None) for stream in streams):
        page.spots = {}  # only customers that do not answer are left: asking again is a new list
    return page


def _sort_key(row: ListedUser, order: Order) -> str:
    return (row.user.display_name if order == "name" else row.user.user_principal_name).casefold()


class _Stream:
    """One customer's list: the rows of the page at hand that were not shown yet, and where it goes on."""

    def __init__(self, customer: str, client: GraphClient, query: Query, spot: Spot, top: int) -> None:
        self.customer = customer
        self._client = client
        self._query = query
        self._top = top
        self.spot = spot
        self.rows: deque[ListedUser] = deque()
        self.head = ""  # what the first of the rows is sorted by
        self.count: int | None = None
        self.fault: GraphError | None = None
        self._next: str | None = spot.page
        self._skip = spot.shown

    @property
    def more(self) -> bool:
        return bool(self.rows) or self._next is not None

    def take(self) -> ListedUser:
        self.spot = Spot(self.spot.page, self.spot.shown + 1, self.spot.plain)
        taken = self.rows.popleft()
        self._find_head()
        return taken

    async def fill(self) -> None:
        """Read on until there is a row to show, or the end."""
        while not self.rows and self._next is not None and self.fault is None:
            try:
                page = await self._read(self._next)
            except GraphError as error:
                self._stop_at(self._next, error)
                return
            self._use(self._next, page)

    async def _read(self, page: str) -> ListedPage:
        return await read_page(self._client, self.customer, self._query, page, self._top, plain=self.spot.plain)

    def _use(self, name: str, page: ListedPage) -> None:
        shown = min(self._skip, len(page.rows))
        self._skip -= shown
        self.spot = Spot(name, shown, page.plain)
        self.rows.extend(page.rows[shown:])
        self._find_head()
        self._next = page.following
        if page.matching is not None:
            self.count = page.matching

    def _stop_at(self, name: str, fault: GraphError | None = None) -> None:
        self.fault = fault
        self.spot = Spot(name, self._skip, self.spot.plain)

    def _find_head(self) -> None:
        self.head = _sort_key(self.rows[0], self._query.order) if self.rows else ""


class _KeptStream(_Stream):
    """One customer's list of pages that are in a cache, or are read until `until` of the event loop's time."""

    def __init__(
        self,
        customer: str,
        client: GraphClient,
        query: Query,
        spot: Spot,
        top: int,
        cache: UserPageCache,
        until: float,
        after: datetime,
    ) -> None:
        super().__init__(customer, client, query, spot, top)
        self._cache = cache
        self._until = until
        self._after = after
        self.unread = False
        self.read_at: datetime | None = None

    def begin(self) -> None:
        """Begin to read the page that comes next, unless it is fresh."""
        if self._next is not None and self._cache.fresh(self._key(self._next)) is None:
            self._reading(self._next)

    def fill_at_once(self) -> bool:
        """Fill from the cache alone; return whether that was enough."""
        while not self.rows and self._next is not None and self.fault is None:
            kept = self._cache.fresh(self._key(self._next), after=self._after)
            if kept is None:
                return False
            self._use_kept(self._next, kept)
        return True

    async def fill(self) -> None:
        while not self.unread and not self.fill_at_once():
            if self._next is None:
                return
            task = self._reading(self._next)
            left = self._until - asyncio.get_running_loop().time()
            await asyncio.wait({task}, timeout=max(left, 0))
            if task.done():
                self._use_kept(self._next, task.result())
                continue
            self.unread = True
            if (stale := self._cache.stale(self._key(self._next))) is not None:
                self._use_kept(self._next, stale)
                self.count = None
            else:
                self._stop_at(self._next)

    def _reading(self, page: str) -> "asyncio.Task[KeptPage]":
        return self._cache.reading(self._key(page), lambda: self._read(page))

    def _use_kept(self, name: str, kept: KeptPage) -> None:
        if isinstance(kept.page, GraphError):
            self._stop_at(name, kept.page)
            return
        self._use(name, kept.page)
        self.read_at = kept.at if self.read_at is None else min(self.read_at, kept.at)

    def _key(self, page: str) -> PageKey:
        return PageKey(self.customer, self._client.tenant_id, self._query, page, self._top, self.spot.plain)
