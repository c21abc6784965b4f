"""One page of one customer's list of users: the call that asks for it, and what its answer says.

Where only the registration report can answer (who is registered, who is an administrator) the page comes from there: it lags,
and has no disabled accounts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from domain.cursors import LONGEST_PAGE
from graph.client import GraphClient
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


class ListedPage(NamedTuple):
    """`following` says which page is next, None after the last; `matching` is how many match, where Graph counted them.

    `plain`: it was asked without sorting, because this directory does not sort.
    """

    rows: tuple[ListedUser, ...]
    following: str | None
    matching: int | None
    plain: bool


async def read_page(
    client: GraphClient, customer: str, query: Query, page: str, top: int, *, plain: bool
) -> ListedPage:
    """Return the page that `page` names, "" for the first, with at most `top` users. Raises: GraphError."""
    path = _REPORT if query.from_report else "users"
    body: dict[str, Any] | None = None
    if not plain:
        try:
            body = await client.get(_address(query, page, top, plain=False), headers=_ADVANCED)
        except GraphError as error:
            if error.fault is not Fault.REFUSED or page:
                raise
            plain = True  # A directory that does not sort or search (400) is asked for less.
    if body is None:
        body = await client.get(_address(query, page, top, plain=True))
    items = items_in(body, last=False)
    count = body.get("@odata.count")
    return ListedPage(
        tuple(_row(customer, query, item) for item in items if item.get("id")),
        _page_of(body.get("@odata.nextLink"), client, path),
        count if isinstance(count, int) else None,
        plain,
    )


def _address(query: Query, page: str, top: int, *, plain: bool) -> str:
    path = _REPORT if query.from_report else "users"
    parameters = _of_report(query) if query.from_report else _of_users(query, plain=plain)
    parameters["$top"] = str(top)
    parameters |= {name: value for name, value in parse_qsl(page) if name.lower() not in _OF_THE_QUERY}
    return f"{path}?" + "&".join(f"{name}={quote(text, safe='')}" for name, text in parameters.items())


def _row(customer: str, query: Query, item: Mapping[str, Any]) -> ListedUser:
    if not query.from_report:
        return ListedUser(customer, user_of(dict(item)))
    fields = {
        "id": item["id"],
        "displayName": item.get("userDisplayName"),
        "userPrincipalName": item.get("userPrincipalName"),
        "userType": item.get("userType"),
    }
    return ListedUser(customer, user_of(fields), bool(item.get("isMfaRegistered")), bool(item.get("isAdmin")))


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
