"""The values of the policy file: who decides, what is guarded, which customers there are and who may send requests.

The same models validate the file and make `docs/policy.schema.json`.
"""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from domain.methods import STANDARD_SCOPE, MethodType
from domain.policy.bootstrap import Bootstrap
from domain.policy.maintenance import MaintenanceWindow
from domain.policy.on_call import OnCall
from domain.policy.part import (
    Account,
    ApproverName,
    AuthorityUrl,
    Count,
    Domain,
    Duration,
    Expression,
    Flag,
    Key,
    Language,
    Mail,
    ObjectId,
    Part,
    Reader,
    Secrets,
    SecretUrl,
    TenantId,
    Url,
    UserName,
)
from domain.policy.partner import Partner
from domain.policy.profiles import Profiles
from domain.policy.reconciliation import Reconciliation
from domain.policy.values import at_most_a_day, bearer_tokens, standard_secrets, strong_secrets
from domain.policy.verification import CustomerVerification, Verification, VerificationOverride


class Role(StrEnum):
    """App roles of the sign-in's registration."""

    REQUESTER = "Requester"
    APPROVER = "Approver"
    OPERATOR = "Operator"
    AUDITOR = "Auditor"


Scheme = Literal["standard-webhooks", "github", "jira", "zendesk", "bearer"]


class StepUp(Part):
    targets: Count = Field(
        25,
        description="From this many targets on, more approvals are needed; counted over `window` per sender and customer",
    )
    quorum: Count = Field(2, description="Approvals needed then, and for any privileged target")
    window: Annotated[Duration, AfterValidator(at_most_a_day)] = Field(
        timedelta(hours=1),
        json_schema_extra={"default": "1h"},
        description="How far back the targets of earlier requests count, at most 24h",
    )


class Approval(Part):
    quorum: Count = Field(1, description="Approvals needed")
    expires_after: Duration = Field(
        timedelta(hours=24),
        json_schema_extra={"default": "24h"},
        description="Without a decision by then nothing is removed",
    )
    remind_after: Duration = Field(
        timedelta(hours=4),
        json_schema_extra={"default": "4h"},
        description="Approvers who have not decided get one more mail",
    )
    hold_for: Duration = Field(
        timedelta(hours=4),
        json_schema_extra={"default": "4h"},
        description="So long a request without any decision holds its users against other requests",
    )
    sign_in: Literal["mfa", "phishingResistant", "any"] = Field(
        "mfa",
        description="How approvers have to be signed in, where sign-in is on; a weaker session has to sign in again",
    )
    authentication_context: str | None = Field(
        None,
        pattern=r"^c[1-9][0-9]?$",
        description="The Conditional Access authentication context that stands for signIn: a session with it is strong enough",
    )
    max_age: Duration | None = Field(
        None, description="An approver who signed in longer ago signs in again; absent: any session will do"
    )
    unknown_requester: Literal["refuse", "stepUp"] = Field(
        "stepUp", description="Requests whose requester is in neither the provider's directory nor the customer's"
    )
    approvers: tuple[ApproverName, ...] = Field(
        (), description="Approvers of the customers that name none: addresses, group:NAME or onCall:NAME"
    )
    groups: dict[Key, ObjectId] = Field(
        default_factory=dict,
        description="Object ids of Entra groups in the provider's tenant, by name. Members are read when a request is planned",
    )
    on_call: dict[Key, OnCall] = Field(
        default_factory=dict, description="Tables of who is on call when; it counts who is when a request is planned"
    )
    escalate_after: Duration | None = Field(
        None, description="Without enough approvals by then, those of escalateTo are asked, too; absent: never"
    )
    escalate_to: tuple[ApproverName, ...] = Field(
        (), description="Who is asked then, and at once where a customer has too few approvers left"
    )
    escalation_quorum: Count | None = Field(
        None, description="Approvals needed once those of escalateTo are asked; always at least one more than before"
    )
    delegates: tuple[ApproverName, ...] = Field(
        (), description="Who may stand in for an approver who is away, besides the customer's other approvers"
    )
    identities: dict[Mail, Account] = Field(
        default_factory=dict,
        description="Per approver's address the one account, tenant id/object id, that may sign in for it",
    )
    teams_webhook: SecretUrl | None = Field(
        None,
        repr=False,
        description="The address of a workflow that posts to a channel of Microsoft Teams when a request waits for approval",
    )
    step_up: StepUp = Field(default_factory=StepUp)


class Limits(Part):
    targets_per_request: Count = Field(10_000, le=100_000, description="More targets than this are not accepted")
    users_per_hour: Count | None = Field(
        None,
        le=1_000_000,
        description="For each customer and each sender; more are refused (429). Absent: targetsPerRequest",
    )
    # The counts of a sender name its open requests; with more of them they would not fit into one record.
    open_requests: Count = Field(
        1_000, le=4_000, description="Of one sender that have not ended; more are refused (429)"
    )
    # Graph throttles a tenant long before 64 writers; 8 finish 10,000 users in well under an hour.
    in_flight_per_customer: Count = Field(8, le=64, description="Users of one customer worked on at the same time")


class Retention(Part):
    """How long things are kept, in days."""

    request_days: Annotated[int, Field(strict=True, ge=7, le=3660)] = Field(
        400, description="Ended requests with their targets, decisions and audit"
    )
    history_days: Annotated[int, Field(strict=True, ge=1, le=3660)] = Field(
        30, description="What the durable engine keeps of orchestrations that ended"
    )


class Guards(Part):
    privileged_users: Literal["stepUp", "refuse", "allow"] = Field(
        "stepUp", description="Users who hold a directory role"
    )
    unknown_privileges: Literal["stepUp", "refuse", "allow"] = Field(
        "stepUp", description="Users of whom it cannot be read whether they may activate a directory role"
    )
    guests: Literal["refuse", "allow"] = Field("refuse", description="Users whose methods live in another tenant")
    disabled_users: Literal["refuse", "allow"] = Field(
        "refuse", description="Users who cannot sign in; allow it for offboarding, which disables accounts first"
    )


class Customer(Part):
    tenant_id: TenantId
    name: str = Field("", max_length=100, description="As people call it; the key when empty")
    domains: tuple[Domain, ...] = Field((), description="Verified domains; a request may name the customer by one")
    approvers: tuple[ApproverName, ...] = Field(
        (), description="Who decides for this customer; absent: approval.approvers"
    )
    protected_users: tuple[UserName, ...] = Field((), description="Never touched: user principal names or object ids")
    methods: tuple[MethodType, ...] = Field(STANDARD_SCOPE, min_length=1, description="What may be reset there")
    in_flight: Count | None = Field(None, le=64, description="Instead of limits.inFlightPerCustomer")
    notify_users: Flag = Field(default=True, description="Whether users get a notice by mail after their reset")
    notify_managers: Flag = Field(default=False, description="Whether the user's manager gets one, too")
    contact: str = Field("", max_length=100, description="Whom users call, in notices; absent: notices.contact")
    language: Language | None = Field(
        None, description="Of mails about its users: a tag such as de; absent: notices.language"
    )
    verification: CustomerVerification = Field(default_factory=CustomerVerification)
    maintenance: MaintenanceWindow | None = Field(None, description="When its users may be reset; absent: at any time")


class Fields(Part):
    """JMESPath expressions into a delivery's body; each gives one part of a request."""

    model_config = ConfigDict(json_schema_extra={"required": ["requester"]})  # domain.policy.rules sees to it

    ticket: Expression | None = None
    requester: Expression | None = Field(
        None, description="The address of the person who asks: they do not approve it themselves"
    )
    reason: Expression | None = None
    customer: Expression | None = Field(
        None, description="A key, tenant id or domain; absent: the domain of each user's name"
    )
    users: Expression | None = Field(None, description="A list, or text separated by commas or spaces")
    methods: Expression | None = None
    targets: Expression | None = Field(None, description="Instead of customer and users: [{customer, users}, ...]")
    dry_run: Expression | None = None
    profile: Expression | None = Field(None, description="`compromised`, or nothing")
    access_pass: Expression | None = Field(None, description="Whether users get a Temporary Access Pass: true or false")
    phone_only: Expression | None = Field(
        None, description="`ifPasskey`, so that numbers go only where a strong method stays, or nothing"
    )
    not_before: Expression | None = Field(None, description="When an approved request may begin: 2026-12-01T22:00:00Z")
    waves: Expression | None = Field(None, description="Users of each wave: a list of numbers, or text such as 5, 50")
    stop_above: Expression | None = Field(None, description="Percent of a wave's users who may fail")

    @model_validator(mode="after")
    def _names_targets(self) -> "Fields":
        if self.targets is None and self.users is None:
            raise ValueError("needs users, with or without customer, or targets")
        if self.targets is not None and (self.customer is not None or self.users is not None):
            raise ValueError("has targets, so customer and users must go")
        return self


Template = Literal["servicenow", "jira", "zendesk", "halopsa", "connectwise", "freshservice"]


class Callback(Part):
    url: Url
    template: Template | None = Field(
        None, description="Adds a comment for a ticket of this system to the event's data"
    )
    allow_private: Flag = Field(default=False, description="Whether the address may be one of a private network")
    secrets: Annotated[Secrets, AfterValidator(standard_secrets)] = Field(
        alias="secret", repr=False, description="Signs with Standard Webhooks; with several, each signs"
    )


class Source(Part):
    scheme: Scheme
    secrets: Secrets = Field(alias="secret", repr=False, description="Several while one is replaced")
    approval: Literal["required", "exempt"] = Field("required", description="Exempt is still subject to stepUp")
    customers: tuple[str, ...] | None = Field(None, min_length=1, description="Which it may touch; absent: all")
    accept: Expression | None = Field(
        None,
        description="JMESPath that is true for deliveries that ask for a reset; others are ignored. Absent: all ask",
    )
    fields: Fields | None = Field(None, description="Absent: the body is a request as the API takes it")
    callback: Callback | None = None
    verification: VerificationOverride = Field(default_factory=VerificationOverride)
    # 10,000 user names fit into 1 MiB.
    max_body_bytes: Count = Field(1_048_576, le=10_485_760, description="Larger deliveries are refused (413)")
    rate_per_minute: Count = Field(600, le=60_000, description="More deliveries than this are refused (429)")

    @field_validator("secrets")
    @classmethod
    def _fit_the_scheme(cls, secrets: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        match info.data.get("scheme"):
            case "standard-webhooks":
                return standard_secrets(secrets)
            case "bearer":
                return strong_secrets(bearer_tokens(secrets))
            case _:
                return strong_secrets(secrets)


class FollowUp(Part):
    after: Duration | None = Field(
        None, description="How long after a reset the users' methods are read again; absent: never"
    )
    quickly: Duration = Field(
        timedelta(minutes=10),
        json_schema_extra={"default": "10m"},
        description="Who registers sooner than this after the reset is reported as quick",
    )
    looks: Count = Field(
        1,
        le=6,
        description="How often they are looked at until then: each time after twice as long, the last time at `after`",
    )
    audit_log: Flag = Field(
        default=False,
        description="Whether each customer's audit log says who registered, when and from where; needs Directory.Read.All",
    )


class Undo(Part):
    within: Duration = Field(
        timedelta(days=7),
        json_schema_extra={"default": "7d"},
        description="How long after its end the hardware tokens that a request deactivated may be activated again",
    )
    codes_within: Duration = Field(
        timedelta(hours=24),
        json_schema_extra={"default": "24h"},
        description="How long after its approval an undo takes the tokens' codes",
    )


class Evidence(Part):
    """How the evidence of a customer over a period is secured."""

    timestamp_authority: AuthorityUrl | None = Field(
        None, description="An authority (RFC 3161) that says when it saw the signature; absent: no timestamp"
    )


class Notices(Part):
    contact: str = Field("your service desk", max_length=100, description="Whom users call: a name, number or address")
    language: Language = Field("en", description="Of mails, where a customer has none of its own: a tag such as de")


class Access(Part):
    """What signed-in callers of the API may do where, by the app roles of their tokens."""

    roles: tuple[Role, ...] = Field(min_length=1, description="The app roles that this is about")
    principals: tuple[ObjectId, ...] | None = Field(
        None, min_length=1, description="Object ids; absent: everyone who has one of the roles"
    )
    customers: tuple[str, ...] | None = Field(None, min_length=1, description="Which they reach; absent: all")


class Queue(Part):
    """Requests from the Service Bus queue: everyone with the right to send there may name these customers."""

    customers: tuple[str, ...] | None = Field(None, min_length=1, description="Which they may touch; absent: all")
    # Of a queue's messages: Azure's Standard tier takes 256 KiB, Premium more.
    max_body_bytes: Count = Field(1_048_576, le=10_485_760, description="Larger messages are dead-lettered")


class Policy(Part):
    """The whole file. Customer keys are as written; look-ups ignore case."""

    approval: Approval = Field(default_factory=Approval)
    limits: Limits = Field(default_factory=Limits)
    guards: Guards = Field(default_factory=Guards)
    customers: dict[Key, Customer] = Field(min_length=1)
    sources: dict[Key, Source] = Field(default_factory=dict)
    access: dict[Key, Access] = Field(
        default_factory=dict, description="Absent: an app role reaches all customers; else only what is written here"
    )
    queue: Queue = Field(default_factory=Queue)
    follow_up: FollowUp = Field(default_factory=FollowUp)
    retention: Retention = Field(default_factory=Retention)
    notices: Notices = Field(default_factory=Notices)
    languages: dict[Reader, Language] = Field(
        default_factory=dict,
        description="Of mails to a person, by mail address, or to all of a domain; others: the customer's language",
    )
    undo: Undo = Field(default_factory=Undo)
    verification: Verification = Field(default_factory=Verification)
    bootstrap: Bootstrap = Field(default_factory=Bootstrap)
    evidence: Evidence = Field(default_factory=Evidence)
    reconciliation: Reconciliation = Field(default_factory=Reconciliation)
    partner: Partner = Field(default_factory=Partner)
    profiles: Profiles = Field(default_factory=Profiles)

    @property
    def reads_audit_logs(self) -> bool:
        return self.reconciliation.enabled or self.follow_up.audit_log

    @cached_property
    def _names(self) -> dict[str, str]:
        names = {
            name: key for key, customer in self.customers.items() for name in (customer.tenant_id, *customer.domains)
        }
        return names | {key.lower(): key for key in self.customers}

    def find_customer(self, text: str) -> str | None:
        """Return the key of the customer that `text` names by key, tenant id or verified domain, whatever the case."""
        return self._names.get(text.strip().lower())

    def approvers_of(self, customer_key: str, *, step_up: bool = False) -> tuple[str, ...]:
        """Return who may decide for this customer: its own approvers, or the provider's when it names none.

        After a step-up both are asked, so that a customer with one approver can reach a quorum of two.
        """
        customer = self.customers.get(customer_key)  # None: taken out of the policy since its users were planned
        own, general = customer.approvers if customer else (), self.approval.approvers
        if own and step_up:
            known = {mail.lower() for mail in own}
            return (*own, *(mail for mail in general if mail.lower() not in known))
        return own or general

    def people_in(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the addresses among these approvers, and of on-call tables everybody; of groups only the directory knows."""
        people: dict[str, None] = {}
        for name in names:
            kind, colon, key = name.partition(":")
            if not colon:
                people[name] = None
            elif kind == "onCall" and key in self.approval.on_call:
                people |= dict.fromkeys(self.approval.on_call[key].people)
        return tuple(people)

    def may_approve(self, customer_key: str) -> tuple[str, ...]:
        """Return all whom a request of this customer may come to ask: its approvers, the provider's and those of an escalation."""
        everyone = (*self.approvers_of(customer_key, step_up=True), *self.approval.escalate_to)
        return tuple(dict.fromkeys(everyone))

    def granted(self, roles: Iterable[str], object_id: str) -> dict[Role, frozenset[str] | None]:
        """Per app role that this principal really has, the customers it reaches; None: all."""
        had = [role for role in Role if role in set(roles)]
        if not self.access:
            return dict.fromkeys(had, None)
        grants: dict[Role, frozenset[str] | None] = {}
        for access in self.access.values():
            if access.principals is not None and object_id not in access.principals:
                continue
            for role in had:
                if role in access.roles:
                    before = grants.get(role, frozenset())
                    both = before is None or access.customers is None
                    grants[role] = None if both else frozenset((*(before or ()), *(access.customers or ())))
        return grants

    @property
    def users_per_hour(self) -> int:
        """How many users may be asked for within an hour, for each customer and each sender."""
        return self.limits.users_per_hour or self.limits.targets_per_request

    def in_flight_of(self, customer_key: str) -> int:
        """Return how many users of this customer are worked on at the same time."""
        return self.customers[customer_key].in_flight or self.limits.in_flight_per_customer

    def contact_of(self, customer_key: str) -> str:
        """Whom this customer's users call."""
        customer = self.customers.get(customer_key)
        return (customer.contact if customer else "") or self.notices.contact

    def language_for(self, customer_keys: Iterable[str], to: str = "") -> str:
        """Return the language of a mail about these customers.

        That of the person or domain that it goes `to`; else that of the customers, where they share one; else that of all mails.
        """
        address = to.lower()
        own = self.languages.get(address) or self.languages.get(address.rpartition("@")[2])
        if own is not None:
            return own
        keys = [key for key in customer_keys if key in self.customers]
        found = {self.customers[key].language or self.notices.language for key in keys}
        return found.pop() if len(found) == 1 else self.notices.language
