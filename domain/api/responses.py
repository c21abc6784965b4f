"""Responses of the API. The OpenAPI document is generated from these models, so the two cannot differ."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from domain.audit.chain import AuditEvent
from domain.bootstrap.access_pass import AccessPass
from domain.containment.actions import Containment, ContainmentTerms
from domain.mails import Mailed
from domain.methods import MethodType
from domain.model import Guid, Instant, Model
from domain.outcomes import MethodOutcome, RequestStatus, TargetOutcome
from domain.request.follow_up import FollowUp, FollowUpFinding
from domain.request.forecast import Forecast
from domain.request.notifications import CallbackResponse, OutcomeEventResponse
from domain.request.phone_numbers import PhoneOnly
from domain.request.reset_request import ApproverMail, Decision, ResetRequest
from domain.request.schedule import Schedule
from domain.request.target import Target
from domain.request.teams_message import TeamsMessage
from domain.verification.evidence import RequestVerification, TargetVerification


class Totals(Model):
    """How many targets there are, and how many of them have each outcome."""

    targets: int
    pending: int = 0
    reset: int = 0
    already_clear: int = 0
    partially_reset: int = 0
    refused: int = 0
    failed: int = 0
    cancelled: int = 0


class ApproverResponse(Model):
    approver: str
    customers: list[str]
    through: list[str] = Field(
        default_factory=list,
        description="By what they were asked, where not by address: `group:NAME`, `onCall:NAME`, `delegateOf:ADDRESS`",
    )
    escalated: bool = Field(default=False, description="Asked because there were not enough approvals, or approvers")
    mail: ApproverMail = Field(description="`bounced`: it was sent, and a report came back that it did not arrive")
    detail: str


class ApprovalResponse(Model):
    """`quorum` is how many approvals each customer of the request needs, of its own approvers."""

    required: bool
    quorum: int
    step_up: bool
    unknown_requester: bool = Field(default=False, description="Among the reasons for it: nobody knows who asked")
    unverified: bool = Field(default=False, description="Likewise: nothing shows of some users that they ask for it")
    expires_at: Instant | None
    escalates_at: Instant | None = Field(None, description="When those of `escalateTo` are asked, too")
    escalated_at: Instant | None = Field(None, description="When they were")
    approvers: list[ApproverResponse]
    decisions: list[Decision]
    teams: TeamsMessage | None = Field(
        None, description="The message to the approvers' channel of Microsoft Teams, once it was tried"
    )


class IdentitiesResponse(Model):
    """The accounts behind the names of a request, as found at its plan: tenant id and object id with a slash between them."""

    caller: str = Field(description="Who made the request; `key:NAME` for a key, empty for a source")
    requester: list[str]
    approvers: dict[str, list[str]] = Field(description="By the approver's address")


class Links(Model):
    self: str
    targets: str
    audit: str
    cancel: str
    retry: str
    undo: str
    takeover: str


class UndoResponse(Model):
    """What an undo waits for once it is approved: this many codes, each sent to `.../targets/{number}/activate`."""

    codes_needed: int
    codes_until: Instant | None


class RequestResponse(Model):
    id: Guid
    status: RequestStatus
    created_at: Instant
    ended_at: Instant | None
    source: str
    requester: str = Field(description="For whom was asked, as the caller or the source named them")
    requested_by: str = Field("", description="The signed-in caller; empty for a key and for a source")
    asked_by: str = Field("", description="Both in words: `X (signed in), on behalf of Y`")
    identities: IdentitiesResponse | None = Field(None, description="null before the plan is made")
    ticket: str
    reason: str
    dry_run: bool
    methods: list[MethodType]
    revoke_sessions: bool
    access_pass: bool = Field(default=False, description="Whether a Temporary Access Pass was asked for")
    phone_only: PhoneOnly | None = Field(
        None, description="ifPasskey: phone numbers go only where a passkey or another strong method stays"
    )
    customers: list[str]
    plan_digest: str | None
    totals: Totals
    approval: ApprovalResponse
    retry_of: Guid | None = Field(description="The request whose users that did not end well this one tries again")
    takeover_of: Guid | None = Field(
        None, description="The request whose users, held by other requests, this one takes over"
    )
    kind: Literal["reset", "undo"]
    undo_of: Guid | None = Field(description="The request whose deactivated hardware tokens this one activates again")
    schedule: Schedule | None = Field(
        None, description="When it resets once it is approved, and the waves begun; null: at once, all together"
    )
    verification: RequestVerification | None = Field(
        None, description="Where users have to be verified: until when evidence is taken, and when that ended"
    )
    containment: ContainmentTerms | None = Field(
        None, description="Of the profile `compromised`: what is done beside the removal; else null"
    )
    undone_by: Guid | None = Field(description="The last undo that was asked for of this request")
    undo: UndoResponse | None = Field(description="Of an undo only")
    failure: str | None
    detail: str
    mails: list[Mailed] = Field(description="To the requester, after the end")
    follow_up: FollowUp | None = Field(description="Whether the users have registered again, once that was looked at")
    callbacks: list[CallbackResponse] = Field(description="Events sent to the source, with their delivery state")
    outcome_events: list[OutcomeEventResponse] = Field(
        default_factory=list, description="What was published to the Service Bus topic"
    )
    links: Links


class MethodResponse(Model):
    """`label` is masked. `request_id` is Graph's, for a support case."""

    type: MethodType
    id: str
    label: str
    is_default: bool
    created_at: Instant | None
    model: str = Field("", description="Of a passkey, as its maker's metadata name it")
    outcome: MethodOutcome
    detail: str
    request_id: str | None
    reactivated: bool = Field(description="Of an undo: whether the hardware token was seen active again")


class TargetResponse(Model):
    number: int
    customer: str
    tenant_id: Guid
    user_id: str
    user_principal_name: str
    display_name: str
    outcome: TargetOutcome
    reason: str = Field(description="A stable code for why, empty where all went well")
    detail: str
    held_by: str = Field(description="The request that holds the user, where `reason` is `alreadyRunning`; else empty")
    privileged: bool
    privileges: list[str]
    warnings: list[str]
    verification: TargetVerification | None = Field(
        None, description="Proof that the user asks for it; null where none is needed"
    )
    containment: Containment | None = Field(
        None, description="Of the profile `compromised`: what was done beside the removal, each action with its outcome"
    )
    forecast: Forecast | None = Field(
        description="What the plan foresees for the user after the reset; null where nothing was, as of an undo"
    )
    access_pass: AccessPass | None = Field(
        None, description="The Temporary Access Pass that was planned, and what came of it; never the pass itself"
    )
    methods: list[MethodResponse]
    sessions_revoked: bool | None
    ended_at: Instant | None
    mails: list[Mailed] = Field(description="The notices to the user and the manager")
    follow_up: FollowUpFinding | None = Field(description="What the user has registered since, once that was looked at")


class RequestsPage(Model):
    value: list[RequestResponse]
    cursor: str | None = Field(description="Where the next page begins; null on the last page")


class TargetsPage(Model):
    value: list[TargetResponse]
    cursor: str | None


class AuditPage(Model):
    value: list[AuditEvent]
    cursor: str | None


class ExportResponse(Model):
    request: RequestResponse
    targets: list[TargetResponse]
    cursor: str | None


class HealthResponse(Model):
    status: Literal["ok"]


class MistakeResponse(Model):
    pointer: str = Field(description="A JSON pointer into the body; /query/... for a parameter")
    detail: str


class ProblemResponse(Model):
    """RFC 9457. `title`, and each `detail`, are in a language of `Accept-Language` that the service speaks, English by default."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[MistakeResponse] = Field(default_factory=list)


class AuditVerification(Model):
    """Whether the chain of a request's audit is whole; `problem` says in a sentence what is not."""

    request_id: Guid
    intact: bool
    events: int
    problem: str | None


def to_request_response(
    request: ResetRequest,
    totals: dict[str, int],
    decisions: list[Decision],
    base: str,
    callbacks: Sequence[CallbackResponse] = (),
    codes_needed: int = 0,
    outcome_events: Sequence[OutcomeEventResponse] = (),
) -> RequestResponse:
    """`base` is the address the API's paths are under, such as https://host."""
    address = f"{base}/api/reset-requests/{request.id}"
    approval = request.approval
    return RequestResponse(
        **request.model_dump(
            include=set(RequestResponse.model_fields) & set(ResetRequest.model_fields) - {"approval", "identities"}
        ),
        asked_by=request.asked_by,
        identities=_identities(request),
        kind="undo" if request.undo_of else "reset",
        undo=UndoResponse(codes_needed=codes_needed, codes_until=request.codes_until) if request.undo_of else None,
        customers=request.customers,
        totals=Totals.model_validate({"targets": request.target_count} | totals),
        approval=ApprovalResponse(
            required=approval.required,
            quorum=approval.quorum,
            step_up=approval.step_up,
            unknown_requester=approval.unknown_requester,
            unverified=approval.unverified,
            expires_at=approval.expires_at,
            escalates_at=approval.escalates_at,
            escalated_at=approval.escalated_at,
            approvers=[
                ApproverResponse(**entry.model_dump(include=set(ApproverResponse.model_fields)))
                for entry in approval.approvers
            ],
            decisions=decisions,
            teams=approval.teams,
        ),
        callbacks=list(callbacks),
        outcome_events=list(outcome_events),
        links=Links(
            self=address,
            targets=f"{address}/targets",
            audit=f"{address}/audit",
            cancel=f"{address}/cancel",
            retry=f"{address}/retry",
            undo=f"{address}/undo",
            takeover=f"{address}/takeover",
        ),
    )


def _identities(request: ResetRequest) -> IdentitiesResponse | None:
    found = request.identities
    if found is None:
        return None
    return IdentitiesResponse(caller=request.requested_by_id, requester=found.requester, approvers=found.approvers)


def to_target_response(target: Target) -> TargetResponse:
    fields = target.model_dump(include=set(TargetResponse.model_fields) - {"methods", "user_principal_name"})
    methods = [MethodResponse(**m.model_dump(include=set(MethodResponse.model_fields))) for m in target.methods]
    # A user that was not found has the name that was asked for.
    return TargetResponse(**fields, user_principal_name=target.user_principal_name or target.asked, methods=methods)
