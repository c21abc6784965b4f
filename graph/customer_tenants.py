"""What a customer's tenant says of itself: whether it lets the service in, and its domains."""

from collections.abc import Mapping
from typing import Any

from graph.client import Graph, GraphClient
from graph.delegated_admin import Pause, wait_out_throttling
from graph.errors import Fault, GraphError
from graph.permissions import Access, access_of, no_access

_ORGANIZATION = "organization?$select=id,verifiedDomains"


async def read_access(graph: Graph, tenant_id: str, pause: Pause, *, audit_logs: bool, contains: bool) -> Access:
    """Return what the tenant grants now, by a new token; `pause` waits while Entra says that there are too many."""
    try:
        token = await wait_out_throttling(lambda: graph.fresh_token(tenant_id), pause)
    except GraphError as error:
        return no_access(error)
    return access_of(token, audit_logs=audit_logs, contains=contains)


async def read_verified_domains(client: GraphClient, pause: Pause) -> list[str] | None:
    """Return the tenant's verified domains, the default first; None where it does not let them be read.

    That needs Directory.Read.All or Organization.Read.All there. (Graph documentation, "List organization" and "organization
    resource type"; permissions reference)

    Raises: GraphError for other failures.
    """
    try:
        body = await wait_out_throttling(lambda: client.get(_ORGANIZATION), pause)
    except GraphError as error:
        if error.fault is Fault.FORBIDDEN:
            return None
        raise
    value = body.get("value")
    first = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else {}
    domains = first.get("verifiedDomains")
    rows = [row for row in domains if isinstance(row, dict)] if isinstance(domains, list) else []
    return [str(row.get("name") or "") for row in sorted(rows, key=_not_default)]


def _not_default(row: Mapping[str, Any]) -> bool:
    return row.get("isDefault") is not True
