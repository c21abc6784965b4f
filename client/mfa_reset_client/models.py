"""What the service returns. A newer service may return more: unknown fields are kept, unknown values stay plain text."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Item = TypeVar("Item", bound="ApiModel")


class Status(StrEnum):
    """Where a request stands."""

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
    """How a target ended."""

    PENDING = "pending"
    RESET = "reset"
    ALREADY_CLEAR = "alreadyClear"
    PARTIALLY_RESET = "partiallyReset"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


_OPEN = frozenset({Status.PLANNING, Status.AWAITING_APPROVAL, Status.RESETTING})
_ENDS = frozenset(Status) - _OPEN


class ApiModel(BaseModel):
    """Base of the JSON objects: camelCase names, immutable."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object as the service sent it."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the object of a JSON value; pydantic.ValidationError if it does not match."""
        return cls.model_validate(value)


class CustomerTargets(ApiModel):
    """Users of one customer: a policy key, tenant id or verified domain, and user principal names or object ids."""

    customer: str
    users: list[str]


class Totals(ApiModel):
    """How many targets a request has, and how many have each outcome."""

    targets: int
    pending: int = 0
    reset: int = 0
    already_clear: int = 0
    partially_reset: int = 0
    refused: int = 0
    failed: int = 0
    cancelled: int = 0


class Decision(ApiModel):
    """One approver's `approve` or `deny`."""

    approver: str
    decision: str
    comment: str = ""
    at: datetime


class Approver(ApiModel):
    """An approver who was asked. `mail` is pending, sent, failed or bounced, with the reason in `detail`."""

    approver: str
    mail: str = ""
    detail: str = ""
    customers: list[str] = Field(default_factory=list)
    through: list[str] = Field(default_factory=list)
    escalated: bool = False


class Approval(ApiModel):
    """The approval that a request needs, and the decisions so far."""

    required: bool = False
    quorum: int = 0
    expires_at: datetime | None = None
    escalates_at: datetime | None = None
    escalated_at: datetime | None = None
    approvers: list[Approver] = Field(default_factory=list)
    decisions: list[Decision] = Field(default_factory=list)


class Wave(ApiModel):
    """A wave of a scheduled request that was begun."""

    count: int = 0
    at: datetime


class NextWave(ApiModel):
    """The wave of a scheduled request that waits; the first one has the `number` 0."""

    number: int = 0
    count: int = 0


class Schedule(ApiModel):
    """When a request resets once it is approved, and the waves begun."""

    not_before: datetime | None = None
    waves: list[int] = Field(default_factory=list)
    stop_above: int | None = None
    begun: list[Wave] = Field(default_factory=list)
    upcoming: NextWave | None = None
    stopped_at: datetime | None = None


class ResetRequest(ApiModel):
    """A reset request."""

    id: str
    status: Annotated[Status | str, Field(union_mode="left_to_right")]
    created_at: datetime
    ended_at: datetime | None = None
    source: str = ""
    requester: str = ""
    requested_by: str = ""
    asked_by: str = ""
    ticket: str = ""
    reason: str = ""
    dry_run: bool = False
    plan_digest: str | None = None
    totals: Totals
    approval: Approval = Field(default_factory=Approval)
    retry_of: str | None = None
    takeover_of: str | None = None
    schedule: Schedule | None = None
    undo_of: str | None = None
    undone_by: str | None = None
    failure: str | None = None
    detail: str = ""

    @property
    def ended(self) -> bool:
        """Whether the request is in its final state. An unknown status is final if the service gives the time of the end."""
        return self.status in _ENDS or (self.status not in _OPEN and self.ended_at is not None)


class Method(ApiModel):
    """An authentication method of a target. `label` is masked; `request_id` is Microsoft Graph's, for a support case."""

    type: str
    id: str
    label: str = ""
    is_default: bool = False
    outcome: str
    detail: str = ""
    model: str = ""
    created_at: datetime | None = None
    request_id: str | None = None
    reactivated: bool = False


class Evidence(ApiModel):
    """Who showed how and when that a user asks for a reset."""

    kind: str
    by: str
    at: datetime
    detail: str = ""


class Verification(ApiModel):
    """How it stands with that proof: waiting, verified, denied or missing."""

    state: str
    accept: list[str] = Field(default_factory=list)
    until: datetime | None = None
    evidence: Evidence | None = None


class PassState(ApiModel):
    """How it stands with a user's Temporary Access Pass: offered, refused, making, shown or failed. Never the pass itself."""

    state: str
    why: str
    lifetime_minutes: int
    once: bool = True
    by: str = ""
    at: datetime | None = None
    reason: str = ""


class AccessPass(ApiModel):
    """A Temporary Access Pass. Show it to one person and keep it nowhere."""

    access_pass: Annotated[str, Field(repr=False)]
    user_principal_name: str
    lifetime_minutes: int
    once: bool = True
    ends_at: datetime


class Delegation(ApiModel):
    """Who stands in for the signed-in approver. `approvers` are the addresses under which they are asked, none: they are no approver."""

    approvers: list[str] = Field(default_factory=list)
    delegate: str | None = None
    until: datetime | None = None
    deputies: list[str] = Field(default_factory=list)


class Presentation(ApiModel):
    """What a user opens with a wallet to present a credential of Microsoft Entra Verified ID."""

    id: str
    url: str
    expires_at: datetime


class Registration(ApiModel):
    """A registration by the customer's audit log; `by` is `user`, `otherUser` or `application`."""

    at: datetime
    by: str
    by_name: str = ""
    address: str = ""
    country: str = ""


class FollowUpFinding(ApiModel):
    """What a user has registered since the reset; `source` is `auditLog`, or `dates` of the methods alone."""

    state: str
    detail: str = ""
    source: str = "dates"
    registrations: list[Registration] = Field(default_factory=list)
    suspicions: list[str] = Field(default_factory=list)


class Action(ApiModel):
    """What came of one action of a containment: pending, awaitingApproval, done, already, refused, forbidden or failed."""

    outcome: str
    reason: str = ""
    detail: str = ""
    by: str = ""


class Containment(ApiModel):
    """What was done to a user of the profile "compromised" beside the removal; null is what was not asked for."""

    enabled_before: bool | None = None
    blocked: Action | None = None
    sessions_revoked: Action | None = None
    risk_confirmed: Action | None = None
    unblocked: Action | None = None
    risk_dismissed: Action | None = None


class UserLeft(ApiModel):
    """A user who stays as they are, and a stable word for why."""

    number: int
    reason: str


class ReleaseAsked(ApiModel):
    """How many users are unblocked, or have their risk dismissed, within seconds; and who of the named is not."""

    asked: int
    left: list[UserLeft] = Field(default_factory=list)


class Target(ApiModel):
    """One user in a request. `number` is the position in the request, from 0."""

    number: int = 0
    customer: str
    tenant_id: str = ""
    user_id: str = ""
    user_principal_name: str
    display_name: str = ""
    outcome: Annotated[TargetOutcome | str, Field(union_mode="left_to_right")]
    reason: str = ""
    detail: str = ""
    verification: Verification | None = None
    containment: Containment | None = None
    access_pass: PassState | None = None
    forecast: str | None = None
    follow_up: FollowUpFinding | None = None
    methods: list[Method] = Field(default_factory=list)
    sessions_revoked: bool | None = None


class Customer(ApiModel):
    """A customer: its policy key, and which methods its policy allows to reset."""

    customer: str
    name: str = ""
    tenant_id: str = ""
    domains: list[str] = Field(default_factory=list)
    methods: list[str] = Field(default_factory=list)


class User(ApiModel):
    """A user of a customer. `registered` (for MFA) and `privileged` are None if they are unknown."""

    customer: str
    tenant_id: str = ""
    id: str
    display_name: str = ""
    user_principal_name: str
    mail: str | None = None
    enabled: bool = True
    guest: bool = False
    registered: bool | None = None
    privileged: bool | None = None


class RemovalAlert(ApiModel):
    """A removal that a customer's audit log and the service's records disagree about."""

    id: str
    kind: str
    customer: str
    tenant_id: str = ""
    user_id: str = ""
    at: datetime
    found_at: datetime | None = None
    activity: str = ""
    entry_id: str = ""
    request_id: str = ""
    removed: int = 0
    recorded: int = 0


class AuditLogState(ApiModel):
    """How far a customer's audit log was read; `state` is `read`, or why it was not."""

    customer: str
    state: str
    detail: str = ""
    read_until: datetime | None = None


class AuditLogs(ApiModel):
    """Whether audit logs are read at all, and how far each was."""

    enabled: bool
    customers: list[AuditLogState] = Field(default_factory=list)


class PartnerRelationship(ApiModel):
    """A relationship of the provider with a customer, as Microsoft has it. `roles` are ids of Entra roles."""

    name: str = ""
    status: str
    ends_at: datetime | None = None
    auto_extends: bool = False
    roles: list[str] = Field(default_factory=list)
    role_names: list[str] = Field(default_factory=list)


class PartnerWarning(ApiModel):
    """What ends or has ended: a relationship, or a customer's consent."""

    kind: str
    at: datetime | None = None
    relationship: str = ""
    roles: int = 0
    role_names: list[str] = Field(default_factory=list)
    is_last: bool = False
    reason: str = ""


class ProposedFile(ApiModel):
    """A file for the policy, to be reviewed; `file` is its path beside the policy file."""

    key: str
    file: str
    text: str
    domains_read: bool = True
    taken: list[str] = Field(default_factory=list)
    needs_approvers: bool = False


class PartnerCustomer(ApiModel):
    """A customer of the partner relationships or of the policy; `state` is new, known or noRelationship."""

    tenant_id: str
    name: str = ""
    state: str
    customer: str = ""
    policy_name: str = ""
    relationships: list[PartnerRelationship] = Field(default_factory=list)
    has_access: bool = False
    reason: str = ""
    missing: list[str] = Field(default_factory=list)
    consent_url: str = ""
    warnings: list[PartnerWarning] = Field(default_factory=list)
    proposal: ProposedFile | None = None


class PartnerCustomerPage(ApiModel):
    """One page of them; `total` counts those of all pages."""

    value: list[PartnerCustomer]
    total: int = 0
    cursor: str | None = None


class Unreachable(ApiModel):
    """A customer whose directory did not respond, with the reason; the other customers' users are listed all the same."""

    customer: str
    reason: str = ""
    detail: str = ""


class FoundUser(ApiModel):
    """A user that a name in a list may stand for."""

    customer: str
    id: str
    user_principal_name: str = ""
    display_name: str = ""


class LookupRow(ApiModel):
    """One user of a list: `user` where `state` is found or duplicate, `candidates` where it is ambiguous."""

    line: int
    text: str = ""
    name: str = ""
    state: str
    reason: str = ""
    user: FoundUser | None = None
    candidates: list[FoundUser] = Field(default_factory=list)


class Lookup(ApiModel):
    """What a list of users came to, line by line."""

    value: list[LookupRow]
    counts: dict[str, int] = Field(default_factory=dict)


class AuditEvent(ApiModel):
    """One event in a request's audit. `hash` covers the event and `previous_hash`."""

    number: int
    at: datetime
    actor: str
    event: str
    data: dict[str, Any] = Field(default_factory=dict)
    previous_hash: str = ""
    hash: str = ""


class AuditVerification(ApiModel):
    """Whether a request's audit is complete and unchanged; `problem` says what is wrong with it."""

    request_id: str
    intact: bool
    events: int = 0
    problem: str | None = None


class Listing(ApiModel, Generic[Item]):
    """One page of a list; `cursor` is None on the last one."""

    value: list[Item]
    cursor: str | None = None
    unreachable: list[Unreachable] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that the service accepted.

    `is_new` is False if an earlier call with the same idempotency key and body made it; this call started nothing.
    """

    request: ResetRequest
    is_new: bool
    idempotency_key: str
