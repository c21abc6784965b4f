"""What the service answers. A newer service may say more: unknown fields are kept, unknown words stay plain text."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Status(StrEnum):
    PLANNING = "planning"
    PLANNED = "planned"  # the end of a dry run
    AWAITING_APPROVAL = "awaitingApproval"
    RESETTING = "resetting"
    COMPLETED = "completed"
    PARTIALLY_COMPLETED = "partiallyCompleted"
    FAILED = "failed"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class TargetOutcome(StrEnum):
    PENDING = "pending"
    RESET = "reset"
    ALREADY_CLEAR = "alreadyClear"
    PARTIALLY_RESET = "partiallyReset"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


_OPEN = frozenset({Status.PLANNING, Status.AWAITING_APPROVAL, Status.RESETTING})
_ENDS = frozenset(Status) - _OPEN


class _Shown(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True)

    def to_json(self) -> dict[str, Any]:
        """The JSON object as the service gave it."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @classmethod
    def from_json(cls, value: object) -> Self:
        return cls.model_validate(value)


class TargetsOfCustomer(_Shown):
    """`customer` is a policy key, a tenant id or a verified domain; `users` are principal names or object ids."""

    customer: str
    users: list[str]


class Totals(_Shown):
    targets: int
    pending: int = 0
    reset: int = 0
    already_clear: int = 0
    partially_reset: int = 0
    refused: int = 0
    failed: int = 0
    cancelled: int = 0


class Decision(_Shown):
    approver: str
    decision: str
    comment: str = ""
    at: datetime


class Approver(_Shown):
    """`mail` is pending, sent, failed or bounced, with why in `detail`."""

    approver: str
    mail: str = ""
    detail: str = ""
    customers: list[str] = Field(default_factory=list)


class Approval(_Shown):
    required: bool = False
    quorum: int = 0
    expires_at: datetime | None = None
    approvers: list[Approver] = Field(default_factory=list)
    decisions: list[Decision] = Field(default_factory=list)


class ResetRequest(_Shown):
    id: str
    status: Annotated[Status | str, Field(union_mode="left_to_right")]
    created_at: datetime
    ended_at: datetime | None = None
    source: str = ""
    requester: str = ""
    ticket: str = ""
    reason: str = ""
    dry_run: bool = False
    plan_digest: str | None = None
    totals: Totals
    approval: Approval = Field(default_factory=Approval)
    retry_of: str | None = None
    undo_of: str | None = None
    undone_by: str | None = None
    failure: str | None = None
    detail: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen. A status this client does not know has ended if the service says when."""
        return self.status in _ENDS or (self.status not in _OPEN and self.ended_at is not None)


class Method(_Shown):
    """`label` is masked. `request_id` is Microsoft Graph's, for a support case."""

    type: str
    id: str
    label: str = ""
    is_default: bool = False
    outcome: str
    detail: str = ""
    request_id: str | None = None
    reactivated: bool = False


class Target(_Shown):
    """`number` is its place in the request."""

    number: int = 0
    customer: str
    tenant_id: str = ""
    user_id: str = ""
    user_principal_name: str
    display_name: str = ""
    outcome: Annotated[TargetOutcome | str, Field(union_mode="left_to_right")]
    reason: str = ""
    detail: str = ""
    methods: list[Method] = Field(default_factory=list)
    sessions_revoked: bool | None = None


class RequestPage(_Shown):
    value: list[ResetRequest]
    cursor: str | None = None


class TargetPage(_Shown):
    value: list[Target]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """`is_new` is False where the same idempotency key and body made this request before: nothing was started now."""

    request: ResetRequest
    is_new: bool
    idempotency_key: str
