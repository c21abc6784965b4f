"""What reconciliation found, and how each customer stands."""

import hashlib
from typing import Literal

from pydantic import Field

from domain.model import Guid, Instant, Model

type AlertKind = Literal["unrequestedRemoval", "surplusRemoval", "missingRemoval"]
type ReadState = Literal["read", "forbidden", "noAccess", "unavailable", "waiting"]


class RemovalAlert(Model):
    """One disagreement between a customer's audit log and our records. People are named by object id only."""

    id: str = Field(description="The same for the same disagreement, however often it is found")
    kind: AlertKind
    customer: str
    tenant_id: Guid
    user_id: Guid
    at: Instant = Field(description="When it was removed by the audit log; of missingRemoval, when our reset ended")
    found_at: Instant
    activity: str = Field("", description="The name in the audit log")
    entry_id: str = Field("", description="The id of the entry in the audit log")
    request_id: str = Field("", description="The request that the removal is near to, or that has the outcome")
    removed: int = Field(0, description="How many methods that request removed of this user")
    recorded: int = Field(0, description="How many entries of the audit log belong to it")
    mailed_at: Instant | None = None


class CustomerReconciliation(Model):
    """`read`: the audit log was read until `readUntil`. Otherwise why it was not, with `detail` for people."""

    customer: str
    tenant_id: Guid
    state: ReadState
    detail: str = ""
    began_at: Instant | None = Field(None, description="What was removed earlier is not judged")
    read_until: Instant | None = None
    tried_at: Instant | None = None


class ReconciliationPage(Model):
    """Alerts, the latest first, a page at a time; the customers come with every page."""

    enabled: bool
    customers: list[CustomerReconciliation]
    value: list[RemovalAlert]
    cursor: str | None


def alert_id(*parts: object) -> str:
    """Return the id of a disagreement by what it is about."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:24]
