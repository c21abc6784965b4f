"""Users of several customers as one sorted list, live from Graph, page by page; no customer's list is ever read as a whole.

Each customer's own list comes sorted from Graph; the pages are merged here. Where only the registration report can answer (who
is registered, who is an administrator) the list comes from there: it lags, and has no disabled accounts.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from domain.cursors import LONGEST_PAGE, Spot
from graph.client import Graph, GraphClient
from graph.errors import Fault, GraphError
from graph.responses import items_in
from graph.users import FIELDS, User, user_of

# $search, $count and $orderby with $filter are advanced queries.
_ADVANCED = {"ConsistencyLevel": "eventual"}
_REPORT = "reports/authenticationMethods/userRegistrationDetails"
# The system query options that say what is listed (OData URL conventions 4.01, section 5.1). In a nextLink they repeat our own
# query; whatever else is in it, `$skiptoken` or `$skip`, says which page. Without a dollar sign they mean the same.
_OF_THE_QUERY = {
    f"{dollar}{name}"
    for dollar in ("$", "")
    for name in (
        "filter",
        "select",
        "expand",
        "orderby",
        "search",
        "count",
        "top",
        "apply",
        "compute",
        "format",
        "levels",
    )
}
# Customers asked side by side: half of the connections (graph.client.CONNECTIONS). Each is another tenant, and across tenants Graph
# takes 130,000 calls in ten seconds of one app. (learn.microsoft.com/graph/throttling-limits, "Global limit")
_AT_ONCE = 125

Order = Literal["name", "userPrincipalName"]


class Query(NamedTuple):
    """What to list; None means either. `registered` and `admin` are answered by the report."""

    search: str = ""
    enabled: bool | None = None
    guest: bool | None = None
    registered: bool | None = None
    admin: bool | None = None
    order: Order = "name"
    descending: bool = False

    @property
    def from_report(self) -> bool:
        return self.registered is not None or self.admin is not None


class ListedUser(NamedTuple):
    """`registered` and `admin` are known only where the report was asked."""

    customer: str
    user: User
    registered: bool | None = None
    admin: bool | None = None


class UserPage:
    """`spots` are where the customers' lists go on, `faults` the customers that did not answer, `counts` the matches per
    customer where Graph counted them."""

    def __init__(self) -> None:
        self.users: list[ListedUser] = []
        self.spots: dict[str, Spot] = {}
        self.faults: dict[str, GraphError] = {}
        self.counts: dict[str, int] = {}


async def list_users(
    graph: Graph, tenants: Mapping[str, str], query: Query, spots: Mapping[str, Spot] | None, limit: int
) -> UserPage:
    """Return the next `limit` users of `tenants` (customer key to tenant id). `spots` None starts; else only those go on."""
    top = limit if len(tenants) == 1 else min(limit, max(20, 2 * limit // max(len(tenants), 1)))
    going = {key: Spot() for key in tenants} if spots is None else {k: s for k, s in spots.items() if k in tenants}
    streams = [_Stream(key, graph.of(tenants[key]), query, spot, top) for key, spot in going.items()]
    gate = asyncio.Semaphore(_AT_ONCE)

    async def begin(stream: _Stream) -> None:
        async with gate:
            await stream.fill()

    await asyncio.gather(*map(begin, streams))
    page = UserPage()
    while len(page.users) < limit:
        heads = [stream for stream in streams if stream.rows]
        if not heads:
            break
        first = (max if query.descending else min)(heads, key=lambda stream: _key(stream.rows[0], query.order))
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


def _key(row: ListedUser, order: Order) -> str:
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
        self.count: int | None = None
        self.fault: GraphError | None = None
        self._next: str | None = spot.page
        self._skip = spot.shown

    @property
    def more(self) -> bool:
        return bool(self.rows) or self._next is not None

    def take(self) -> ListedUser:
        self.spot = Spot(self.spot.page, self.spot.shown + 1, self.spot.plain)
        return self.rows.popleft()

    async def fill(self) -> None:
        """Read on until there is a row to show, or the end."""
        while not self.rows and self._next is not None and self.fault is None:
            page = self._next
            try:
                body = await self._read(page)
                items = items_in(body, last=False)
                following = _page_of(body.get("@odata.nextLink"), self._client, self._path)
            except GraphError as error:
                self.fault = error
                self.spot = Spot(page, self._skip, self.spot.plain)
                return
            rows = [self._row(item) for item in items if item.get("id")]
            shown = min(self._skip, len(rows))
            self._skip -= shown
            self.spot = Spot(page, shown, self.spot.plain)
            self.rows.extend(rows[shown:])
            self._next = following
            if isinstance(count := body.get("@odata.count"), int):
                self.count = count

    @property
    def _path(self) -> str:
        return _REPORT if self._query.from_report else "users"

    async def _read(self, page: str) -> dict[str, Any]:
        if not self.spot.plain:
            try:
                return await self._client.get(self._address(page, plain=False), headers=_ADVANCED)
            except GraphError as error:
                if error.fault is not Fault.REFUSED or page:
                    raise
            # A directory that does not sort or search (400) is asked for less.
            self.spot = Spot(page, self.spot.shown, plain=True)
        return await self._client.get(self._address(page, plain=True))

    def _address(self, page: str, *, plain: bool) -> str:
        parameters = _of_report(self._query) if self._query.from_report else _of_users(self._query, plain=plain)
        parameters["$top"] = str(self._top)
        parameters |= {name: value for name, value in parse_qsl(page) if name.lower() not in _OF_THE_QUERY}
        return f"{self._path}?" + "&".join(f"{name}={quote(text, safe='')}" for name, text in parameters.items())

    def _row(self, item: Mapping[str, Any]) -> ListedUser:
        if not self._query.from_report:
            return ListedUser(self.customer, user_of(dict(item)))
        fields = {
            "id": item["id"],
            "displayName": item.get("userDisplayName"),
            "userPrincipalName": item.get("userPrincipalName"),
            "userType": item.get("userType"),
        }
        return ListedUser(self.customer, user_of(fields), bool(item.get("isMfaRegistered")), bool(item.get("isAdmin")))


def _page_of(link: object, client: GraphClient, path: str) -> str | None:
    """Return how a nextLink is kept: the parameters that say which page; its address and its query are ours to say again.

    Raises: GraphError for a link to anywhere else, and for one that names no page.
    """
    if not isinstance(link, str) or not link:
        return None
    parts = urlsplit(link)
    if not client.serves(link) or not parts.path.endswith(f"/{path}"):
        raise GraphError(Fault.REFUSED, "Graph's next page is not a page of the same list")
    token = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name.lower() not in _OF_THE_QUERY])
    if not 0 < len(token) <= LONGEST_PAGE:
        raise GraphError(Fault.REFUSED, "Graph's next page cannot be kept")
    return token


def _of_users(query: Query, *, plain: bool) -> dict[str, str]:
    wanted: list[str] = []
    if query.enabled is not None:
        wanted.append(f"accountEnabled eq {str(query.enabled).lower()}")
    if query.guest is not None:
        wanted.append(f"userType eq '{'Guest' if query.guest else 'Member'}'")
    parameters = {"$select": FIELDS}
    if query.search and plain:
        wanted.append(_starts(query.search, ("displayName", "userPrincipalName")))
    elif query.search:
        text = query.search.replace("\\", "\\\\").replace('"', '\\"')
        names = ("displayName", "userPrincipalName", "mail")
        parameters["$search"] = " OR ".join(f'"{name}:{text}"' for name in names)
    if wanted:
        parameters["$filter"] = " and ".join(wanted)
    if not plain:
        order = "displayName" if query.order == "name" else "userPrincipalName"
        parameters["$orderby"] = f"{order} desc" if query.descending else order
        parameters["$count"] = "true"
    return parameters


def _of_report(query: Query) -> dict[str, str]:
    wanted: list[str] = []
    if query.registered is not None:
        wanted.append(f"isMfaRegistered eq {str(query.registered).lower()}")
    if query.admin is not None:
        wanted.append(f"isAdmin eq {str(query.admin).lower()}")
    if query.guest is not None:
        wanted.append(f"userType eq '{'guest' if query.guest else 'member'}'")
    if query.search:
        wanted.append(_starts(query.search, ("userDisplayName", "userPrincipalName")))
    order = "userDisplayName" if query.order == "name" else "userPrincipalName"
    return {"$filter": " and ".join(wanted), "$orderby": f"{order} desc" if query.descending else order}


def _starts(search: str, names: Sequence[str]) -> str:
    text = search.replace("'", "''")
    return "(" + " or ".join(f"startswith({name},'{text}')" for name in names) + ")"
