"""Body and response of a lookup of many users. The OpenAPI document is generated from these models."""

from typing import Literal

from pydantic import Field

from domain.model import Guid, Instant, Model

type LookupState = Literal["found", "duplicate", "ambiguous", "unknown", "unread", "invalid"]


class LookupBody(Model):
    text: str = Field(
        description="One user a line, or a CSV file with a header: addresses, names or object ids", max_length=2_000_000
    )
    customers: list[str] = Field(
        default_factory=list, description="Where to look: policy keys, tenant ids or domains; empty: every customer"
    )


class FoundUser(Model):
    customer: str
    id: Guid
    user_principal_name: str
    display_name: str


class LookupRow(Model):
    """`user` is set for `found` and `duplicate`, `candidates` for `ambiguous`; `reason` is a stable code."""

    line: int
    text: str
    name: str
    state: LookupState
    reason: str = ""
    user: FoundUser | None = None
    candidates: list[FoundUser] = Field(default_factory=list)


class LookupResponse(Model):
    value: list[LookupRow]
    counts: dict[str, int] = Field(description="Rows per state")
    read_at: Instant
