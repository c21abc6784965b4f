"""A reset request: what a caller may ask for, and the record of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from domain.addresses import name_of
from domain.containment.actions import ContainmentTerms, Profile
from domain.mails import Mailed
from domain.methods import STANDARD_SCOPE, MethodType
from domain.model import Instant, Model
from domain.normal_address import normal_address, spellings
from domain.outcomes import RequestStatus
from domain.request.follow_up import FollowUp
from domain.request.involved import Identities, Involved, asked_by
from domain.request.phone_numbers import PhoneOnly
from domain.request.schedule import Schedule
from domain.request.teams_message import TeamsMessage
from domain.request.usage import RecentUsers
from domain.text import clean
from domain.verification.evidence import RequestVerification
from languages import Message


def _printable(value: str) -> str:
    # Control, direction and invisible characters: no name has them, and a name with them reads like another name.
    if not value.isprintable():
        raise ValueError(Message("has characters that no user name has"))
    return value


# A UPN has at most 113 characters in Entra and an object id 36; 320 is the longest mail address there can be. What a mail program
# or a ticketing system writes around it comes on top.
UserText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    AfterValidator(_printable),
    AfterValidator(name_of),
    StringConstraints(max_length=320),
]
CustomerText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=253)]


def _requester(text: str) -> str:
    return normal_address(text) if (text := clean(text, limit=320)) else ""


Requester = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=320),
    AfterValidator(_requester),
    Field(description="The mail address or user principal name of the person who asks, and nothing around it"),
]


class TargetsOfCustomer(Model):
    customer: CustomerText = Field(description="A policy key, a tenant id or a verified domain")
    users: list[UserText] = Field(min_length=1, description="User principal names, mail addresses or object ids")


class ResetRequestBody(Model):
    """What is posted to `/api/reset-requests`, and what a delivery is mapped to."""

    # Strict: a number is no text and "yes" is no boolean; a pipeline's mistake shows here, not at a user.
    model_config = ConfigDict(strict=True)

    targets: list[TargetsOfCustomer] = Field(min_length=1)
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    ticket: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    requester: Requester = ""
    methods: list[MethodType] | None = Field(default=None, min_length=1)
    revoke_sessions: bool = True
    access_pass: bool = Field(
        default=False, description="Whether each user is offered a Temporary Access Pass after the reset"
    )
    phone_only: PhoneOnly | None = Field(
        default=None, description="ifPasskey: phone numbers go only where a passkey or another strong method stays"
    )
    dry_run: bool = False
    profile: Profile | None = Field(
        default=None,
        description="`compromised`: block sign-in, end sessions and remove every method (docs/containment.md)",
    )
    not_before: Annotated[Instant | None, Field(strict=False)] = Field(
        default=None, description="An approved request resets no user before then; at most 30 days ahead"
    )
    waves: list[Annotated[int, Field(ge=1, le=1000)]] = Field(
        default_factory=list, max_length=10, description="Users of each wave; those that are left are the last wave"
    )
    stop_above: Annotated[int | None, Field(ge=0, le=99)] = Field(
        default=None, description="Percent: where more of a wave's users fail, the rest is not begun"
    )

    @field_validator("profile", mode="before")
    @classmethod
    def _profile(cls, value: object) -> object:
        return next((profile for profile in Profile if profile == value), value)

    @model_validator(mode="after")
    def _can_wait(self) -> Self:
        if self.stop_above is not None and not self.waves:
            raise ValueError(Message("stopAbove is about waves, and there are none"))
        if self.profile is not None and (self.not_before is not None or self.waves):
            raise ValueError(Message("compromised accounts wait for nothing: leave notBefore and waves out"))
        return self

    @field_validator("methods", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        # Strict mode wants enum members; JSON can only bring their names.
        if isinstance(value, list):
            known = {kind.value: kind for kind in MethodType}
            return [known.get(name, name) if isinstance(name, str) else name for name in value]
        return value

    @field_validator("reason", "ticket")
    @classmethod
    def _clean(cls, value: str) -> str:
        return clean(value, limit=2000)

    @property
    def scope(self) -> tuple[MethodType, ...]:
        if self.profile is not None:  # what is left could be an attacker's way in
            return tuple(MethodType)
        return tuple(dict.fromkeys(self.methods or STANDARD_SCOPE))

    @property
    def target_count(self) -> int:
        return sum(len(group.users) for group in self.targets)


class UndoBody(Model):
    """What may be said of an undo. What is left out is taken from the request that is undone."""

    model_config = ConfigDict(strict=True)

    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    ticket: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    requester: Requester = ""


class TokenCode(Model):
    """The code that a hardware token shows right now."""

    model_config = ConfigDict(strict=True)

    method: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="The token's id: `methods[].id` of the target"
    )
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] = Field(description="Six digits; kept nowhere")


class ApproversNamed(Model):
    """The approvers to mail again."""

    approvers: list[str]


# "sent": Graph took it. "bounced": it did, and the mail came back.
type ApproverMail = Literal["pending", "sent", "failed", "bounced"]


class Approver(Model):
    """One person asked to decide, for the customers named."""

    approver: str
    customers: list[str]
    accounts: list[str] = Field(
        default_factory=list, description="Tenant id/object id of the accounts that may decide as this approver"
    )
    through: list[str] = Field(
        default_factory=list,
        description="By what they were asked, where not by their address alone: `group:NAME`, `onCall:NAME`, `delegateOf:ADDRESS`",
    )
    escalated: bool = Field(default=False, description="Asked because there were not enough approvals, or approvers")
    mail: ApproverMail = "pending"
    mails: int = Field(default=0, description="How many mails were sent: the first and the reminders")
    reference: str = Field(default="", description="Of the last mail that was sent: what a report of it repeats")
    mailed_at: Instant | None = Field(default=None, description="When that was")
    detail: str = ""


class Decision(Model):
    approver: str
    decision: Literal["approve", "deny"]
    comment: str = ""
    at: Instant
    plan_digest: str = Field(default="", description="The plan that was decided on")
    signed_in_as: str = Field(default="", description="Tenant and object id of the approver, where sign-in is on")
    without: list[int] = Field(default_factory=list, description="Numbers of the targets the approver left out")


class ApprovalNeeded(Model):
    required: bool = False
    quorum: int = 0
    step_up: bool = False
    unknown_requester: bool = Field(
        default=False, description="More approvals are needed because nobody knows who asked"
    )
    unverified: bool = Field(
        default=False, description="Likewise, because nothing shows of some users that they ask for it"
    )
    expires_at: Instant | None = None
    approvers: list[Approver] = Field(default_factory=list)
    escalates_at: Instant | None = Field(default=None, description="When those of `escalation` are asked, too")
    escalation: list[Approver] = Field(default_factory=list)
    escalation_quorum: int = 0
    escalated_at: Instant | None = None
    decided: int = Field(default=0, description="How many decisions were recorded, in the same write as each of them")
    teams: TeamsMessage | None = Field(
        default=None, description="The message to the approvers' channel, once it was tried"
    )
    ends_as: RequestStatus | None = Field(
        default=None,
        description="The verdict of the decisions; written before anything follows from it, and no decision is accepted after that",
    )


# The failure of a request whose record cannot be read, and the reason of such a target.
RECORD_UNREADABLE = "recordUnreadable"


class ResetRequest(Model):
    """The record of a request. Decisions, totals and targets are records of their own."""

    # What was read is shared by all who read it (records/requests.py).
    model_config = ConfigDict(frozen=True)

    id: str
    status: RequestStatus = RequestStatus.PLANNING
    created_at: Instant
    ended_at: Instant | None = None
    source: str
    requester: str = ""
    requested_by: str = Field(default="", description="The name of the signed-in caller, as involved as the requester")
    requested_by_id: str = Field(
        default="", description="Tenant and object id of a signed-in caller, or the key's name"
    )
    ticket: str = ""
    reason: str = ""
    dry_run: bool = False
    methods: list[MethodType]
    revoke_sessions: bool = True
    access_pass: bool = Field(default=False, description="Whether a Temporary Access Pass was asked for")
    phone_only: PhoneOnly | None = Field(default=None, description="When phone numbers may go; None: always")
    target_count: int
    ranges: list[tuple[str, int, int]] = Field(description="Customer key, number of its first target, how many it has")
    recent: RecentUsers = Field(
        default_factory=RecentUsers,
        description="What its sender and its customers were asked for before, within the step-up's window",
    )
    plan_digest: str | None = None
    approval: ApprovalNeeded = Field(default_factory=ApprovalNeeded)
    retry_of: str | None = Field(default=None, description="The request whose unfinished users this one tries again")
    takeover_of: str | None = Field(
        default=None, description="The request whose users this one takes over from others that held them"
    )
    schedule: Schedule | None = None
    identities: Identities | None = None
    verification: RequestVerification | None = None
    containment: ContainmentTerms | None = Field(
        default=None, description="What is done beside the removal, of a request about compromised accounts"
    )
    blocks_allotted: dict[str, int] = Field(
        default_factory=dict, description="By customer, how many of its users may be blocked before the approval"
    )
    undo_of: str | None = Field(
        default=None, description="The request whose deactivated tokens this one activates again"
    )
    undone_by: str | None = Field(default=None, description="The last undo of this request")
    codes_until: Instant | None = Field(default=None, description="Until when an approved undo takes codes")
    correlation_id: str = Field(
        default="", description="As the message said that brought the request; echoed in events"
    )
    reply_to: str = Field(default="", description="Likewise")
    failure: str | None = Field(default=None, description="Why the request as a whole failed, a stable word")
    detail: str = ""

    mails: list[Mailed] = Field(default_factory=list, description="To the requester, after the end")
    follow_up: FollowUp | None = None

    @property
    def customers(self) -> list[str]:
        return [customer for customer, _, _ in self.ranges]

    def customer_of(self, number: int) -> str | None:
        """Return the customer of a target by its number, None where the request does not say."""
        return next((name for name, first, count in self.ranges if first <= number < first + count), None)

    @property
    def earlier_request(self) -> str | None:
        """Return the request whose targets this one names again, as a retry or as a takeover."""
        return self.retry_of or self.takeover_of

    @property
    def asked_by(self) -> str:
        """Return who asked, as people read it; "" where nobody is named."""
        return asked_by(self.requester, self.requested_by)

    @property
    def actor(self) -> str:
        """Return who made the request, for the audit: the signed-in caller, the key, or the source. Not whom they named."""
        return self.requested_by or self.requested_by_id or self.source

    @property
    def involved(self) -> Involved:
        """Return the people behind the request: they neither decide on it nor are reset by it."""
        found = self.identities.requester if self.identities else ()
        return Involved.of(self.requester, self.requested_by, accounts=[self.requested_by_id, *found])

    @property
    def requester_is_known(self) -> bool:
        """Return whether it is known which account the requester is: they signed in, or the directory has them."""
        if self.identities is None or self.identities.requester:  # none: planned by an older version
            return True
        own = spellings(self.requested_by) if "@" in self.requested_by else frozenset()
        return bool(own) and (not self.requester or self.requester in own)

    @property
    def is_over(self) -> bool:
        """Return whether the request has ended and its end is written: a record that cannot be read says less than that."""
        return self.status.ended and (self.ended_at is not None or self.failure != RECORD_UNREADABLE)

    def takes_decisions(self, at: datetime) -> bool:
        """Return whether a decision that is made then counts."""
        needed = self.approval
        in_time = needed.expires_at is None or at < needed.expires_at
        return self.status is RequestStatus.AWAITING_APPROVAL and needed.ends_as is None and in_time

    def with_approvers(self, change: Callable[[Approver], Approver]) -> Self:
        """Return the same with each approver's entry as `change` gives it."""
        approvers = [change(entry) for entry in self.approval.approvers]
        return self.model_copy(update={"approval": self.approval.model_copy(update={"approvers": approvers})})
