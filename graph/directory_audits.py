"""A customer's own directory audit log: who removed or registered methods, and when.

Needs `AuditLog.Read.All` and `Directory.Read.All` both. [Graph documentation, directoryaudit-list: permissions] Filtered by the two
properties that it is most often filtered by, and sorted out here: whether `initiatedBy/app/appId` is filled in for removals is
not documented, and filters by other properties were seen to find nothing [microsoft-graph-docs#3648]. Not tried on Azure.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from domain.dates import read_date
from domain.model import iso
from graph.client import GraphClient
from graph.paging import read_all

# Of registrations: one entry for each method, and one when all that is required is there. An administrator's, or an
# application's, for the user has a name of its own. [entra-docs, reference-audit-activities,
# howto-registration-mfa-sspr-combined-troubleshoot]
REGISTRATIONS = (
    "User registered security info",
    "User registered all required security info",
    "Admin registered security info",
)


class Initiator(NamedTuple):
    """A user or an application, "" where the log does not say. `address` is the client's IP address, of users only."""

    user_id: str = ""
    user_name: str = ""
    address: str = ""
    app_id: str = ""
    principal_id: str = ""
    app_name: str = ""

    @property
    def is_app(self) -> bool:
        return bool(self.app_id or self.principal_id)


class AuditEntry(NamedTuple):
    """`users` are the object ids of the users that it is about."""

    id: str
    activity: str
    at: datetime
    by: Initiator
    users: tuple[str, ...]


async def read_audit_entries(client: GraphClient, activities: Iterable[str], since: datetime) -> list[AuditEntry]:
    """Return the entries of these activities that succeeded since then, each once, oldest first.

    One after the other: a tenant takes five calls of an application in ten seconds. [Graph documentation, throttling-limits:
    identity and access reports]

    Raises: GraphError; FORBIDDEN without the permissions.
    """
    found: dict[str, AuditEntry] = {}
    for activity in dict.fromkeys(activities):
        name = activity.replace("'", "''")
        query = f"activityDateTime ge {iso(since)} and activityDisplayName eq '{name}'"
        for item in await read_all(client, f"auditLogs/directoryAudits?$filter={quote(query, safe='')}"):
            if (entry := _entry(item)) is not None:
                found[entry.id] = entry
    return sorted(found.values(), key=lambda entry: (entry.at, entry.id))


async def read_service_principal(client: GraphClient, app_id: str) -> str:
    """Return the object id that an application has in this tenant, "" where it is not there.

    Raises: GraphError.
    """
    query = quote(f"appId eq '{app_id}'", safe="")
    items = await read_all(client, f"servicePrincipals?$filter={query}&$select=id,appId")
    return next((str(item["id"]) for item in items if item.get("appId") == app_id and item.get("id")), "")


def _entry(item: dict[str, Any]) -> AuditEntry | None:
    """Return None for what failed (nothing was done), and for what names no instant."""
    at = read_date(item.get("activityDateTime"))
    if at is None or not item.get("id") or str(item.get("result")).lower() != "success":
        return None
    resources = item.get("targetResources")
    users = tuple(
        str(one["id"])
        for one in (resources if isinstance(resources, list) else ())
        if isinstance(one, dict) and one.get("id") and str(one.get("type") or "User").lower() == "user"
    )
    return AuditEntry(str(item["id"]), str(item.get("activityDisplayName") or ""), at, _initiator(item), users)


def _initiator(item: dict[str, Any]) -> Initiator:
    by = item.get("initiatedBy")
    user, app = (by.get(kind) if isinstance(by, dict) else None for kind in ("user", "app"))
    user, app = (one if isinstance(one, dict) else {} for one in (user, app))
    return Initiator(
        user_id=str(user.get("id") or ""),
        user_name=str(user.get("userPrincipalName") or ""),
        address=str(user.get("ipAddress") or ""),
        app_id=str(app.get("appId") or ""),
        principal_id=str(app.get("servicePrincipalId") or ""),
        app_name=str(app.get("displayName") or ""),
    )
