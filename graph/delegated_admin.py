"""The provider's relationships with its customers (GDAP), read in the partner's own tenant.

Graph documentation, "List delegatedAdminCustomers" and "List delegatedAdminRelationships": an application needs
`DelegatedAdminRelationship.Read.All` there, and `$top` is at most 300. The v1.0 pages of 2022 said that applications are not
supported; those of today name the permission for them.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from domain.dates import read_date
from domain.partner.relationships import Relationship
from domain.policy.values import guid
from graph.client import GraphClient
from graph.errors import Fault, GraphError
from graph.responses import items_in

_LARGEST_PAGE = 300
_MOST_PAGES = 200  # 60,000 rows; a list that never ends is a fault
# Longer than a single call may pause (graph/retry.py): what was read of thousands of customers is not to be thrown away.
_WAITS, _LONGEST_WAIT = 6, 60.0
_CUSTOMERS = f"tenantRelationships/delegatedAdminCustomers?$select=tenantId,displayName&$top={_LARGEST_PAGE}"
_RELATIONSHIPS = (
    "tenantRelationships/delegatedAdminRelationships"
    "?$select=id,displayName,customer,status,endDateTime,autoExtendDuration,accessDetails"
    f"&$top={_LARGEST_PAGE}"
)
# What autoExtendDuration says where it does not extend. (Graph documentation, "delegatedAdminRelationship resource type")
_NOT_EXTENDED = frozenset({"", "PT0S", "P0D"})

Pause = Callable[[float], Awaitable[None]]


class DelegatedCustomer(NamedTuple):
    """A tenant with which the provider has a relationship that runs, and the name that Entra has for it."""

    tenant_id: str
    name: str


async def read_delegated_customers(client: GraphClient, pause: Pause) -> list[DelegatedCustomer]:
    """Return all customers. `pause` waits while Graph throttles. Raises: GraphError."""
    rows = await _read(client, _CUSTOMERS, pause)
    found = (DelegatedCustomer(_tenant(row.get("tenantId")), str(row.get("displayName") or "")) for row in rows)
    return [one for one in found if one.tenant_id]


async def read_relationships(client: GraphClient, pause: Pause) -> list[Relationship]:
    """Return all relationships, those that are over and those that wait for an approval too. Raises: GraphError."""
    return [_relationship(row) for row in await _read(client, _RELATIONSHIPS, pause)]


async def wait_out_throttling[T](call: Callable[[], Awaitable[T]], pause: Pause) -> T:
    """Return what a call comes to, and make it again while Graph or Entra answers that there were too many.

    Raises: GraphError for other failures, and where it goes on for too long.
    """
    for _ in range(_WAITS):
        try:
            return await call()
        except GraphError as error:
            wait = error.retry_after if error.retry_after is not None else 1.0
            if error.fault is not Fault.THROTTLED or wait > _LONGEST_WAIT:
                raise
            await pause(wait)
    return await call()


async def _read(client: GraphClient, path: str, pause: Pause) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    link: str | None = path
    for _ in range(_MOST_PAGES):
        if link is None:
            return rows
        body = await _page(client, link, pause)
        following = body.get("@odata.nextLink")
        rows += items_in(body, last=following is None)
        link = None if following is None else str(following)
        if link is not None and not client.serves(link):
            raise GraphError(Fault.REFUSED, "Graph's next page is not a page of the same Graph")
    raise GraphError(Fault.UNAVAILABLE, f"a list has more than {_MOST_PAGES} pages")


async def _page(client: GraphClient, link: str, pause: Pause) -> dict[str, Any]:
    return await wait_out_throttling(lambda: client.get(link), pause)


def _relationship(row: Mapping[str, Any]) -> Relationship:
    customer, details = _object(row.get("customer")), _object(row.get("accessDetails"))
    roles = details.get("unifiedRoles")
    ids = (str(_object(role).get("roleDefinitionId") or "") for role in roles) if isinstance(roles, list) else ()
    return Relationship(
        id=str(row.get("id") or ""),
        name=str(row.get("displayName") or ""),
        tenant_id=_tenant(customer.get("tenantId")),
        customer_name=str(customer.get("displayName") or ""),
        status=str(row.get("status") or ""),
        ends_at=read_date(row.get("endDateTime")),
        auto_extends=str(row.get("autoExtendDuration") or "") not in _NOT_EXTENDED,
        roles=frozenset(filter(None, ids)),
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _tenant(value: object) -> str:
    """Return a tenant id in lower case, "" for what is none: a relationship that no one has approved may have no customer."""
    try:
        return guid(str(value))
    except ValueError:
        return ""
