"""The directory audit log of each tenant: what is written when methods are removed and registered, and when it can be read.

An entry can be read some time after it happened: 2 minutes at the 95th percentile, 5 at the 99th. [d of 2022:
reports-monitoring/reference-reports-latencies; the page of today, monitoring-health/reference-log-latency, has no figures]

Which activity an application's removal is, is not documented: "Admin deleted security info" is one of two of Microsoft's list
that fit. [inf; d reference-audit-activities] Nor is it known whether `appId` is filled in; `has_app_id` shows both.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from localhost.simulator.model.entities import Tenant, User
from localhost.simulator.model.timestamps import precise

ADMIN_DELETED = "Admin deleted security info"
ADMIN_REGISTERED = "Admin registered security info"
USER_REGISTERED = "User registered security info"
USER_REGISTERED_ALL = "User registered all required security info"
TOKEN_UPDATED = "Update Hardware Oath Token"  # noqa: S105 - an activity's name, no secret
HOME_ADDRESS = "203.0.113.10"


@dataclass(slots=True)
class Entry:
    id: str
    activity: str
    at: datetime
    readable_at: datetime
    category: str
    by_user: dict[str, Any] | None
    by_app: dict[str, Any] | None
    target: dict[str, Any]
    result: str = "success"
    _row: dict[str, Any] | None = None

    def row(self) -> dict[str, Any]:
        """Return the JSON, made once: a log is read again and again."""
        if self._row is None or self._row["result"] != self.result:
            self._row = self._made()
        return self._row

    def _made(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "category": self.category,
            "correlationId": self.id.partition("_")[2],
            "result": self.result,
            "resultReason": "",
            "activityDisplayName": self.activity,
            "activityDateTime": precise(self.at, self.id),
            "loggedByService": "Authentication Methods",
            "operationType": "",
            "initiatedBy": {"user": self.by_user, "app": self.by_app},
            "targetResources": [self.target],
            "additionalDetails": [],
        }


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in of a user. `error` 0 is a success."""

    id: str
    user_id: str
    at: datetime
    address: str
    country: str
    error: int = 0


@dataclass
class DirectoryAudits:
    delay: timedelta = timedelta(minutes=2)
    page: int = 1000
    has_app_id: bool = True
    entries: dict[str, list[Entry]] = field(default_factory=dict)  # by tenant id, as they happened

    def of(self, tenant: Tenant, now: datetime) -> list[Entry]:
        """Return what can be read, the latest first."""
        entries = [entry for entry in self.entries.get(tenant.id, ()) if entry.readable_at <= now]
        return sorted(entries, key=lambda entry: (entry.at, entry.id), reverse=True)

    def by_app(
        self, tenant: Tenant, user: User, activity: str, at: datetime, client_id: str, *, delay: timedelta | None = None
    ) -> Entry:
        """Write down what an application did to a user."""
        app = {
            "appId": client_id if self.has_app_id else None,
            "displayName": "MFA reset",
            "servicePrincipalId": service_principal_id(tenant, client_id),
            "servicePrincipalName": None,
        }
        return self._add(tenant, user, activity, at, None, app, delay)

    def by_user(
        self,
        tenant: Tenant,
        user: User,
        activity: str,
        at: datetime,
        *,
        by: User | None = None,
        address: str = HOME_ADDRESS,
    ) -> Entry:
        """Write down what a user did, to themselves unless it is another's doing."""
        doer = by or user
        initiator = {"id": doer.id, "displayName": None, "userPrincipalName": doer.upn, "ipAddress": address}
        return self._add(tenant, user, activity, at, initiator, None, None)

    def _add(
        self,
        tenant: Tenant,
        user: User,
        activity: str,
        at: datetime,
        by_user: dict[str, Any] | None,
        by_app: dict[str, Any] | None,
        delay: timedelta | None,
    ) -> Entry:
        target: dict[str, Any] = {
            "id": user.id,
            "displayName": user.name,
            "type": "User",
            "userPrincipalName": user.upn,
            "groupType": None,
            "modifiedProperties": [],
        }
        readable_at = at + (self.delay if delay is None else delay)
        category = (
            "ApplicationManagement" if activity == TOKEN_UPDATED else "UserManagement"
        )  # [d reference-audit-activities]
        entry = Entry(f"Authentication Methods_{uuid4()}", activity, at, readable_at, category, by_user, by_app, target)
        self.entries.setdefault(tenant.id, []).append(entry)
        return entry


def service_principal_id(tenant: Tenant, client_id: str) -> str:
    """Return the object id of an application in a tenant: another one in each."""
    return str(uuid5(UUID(tenant.id), client_id))
