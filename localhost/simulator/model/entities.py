"""Tenants, their users, the users' authentication methods."""

from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from localhost.simulator.model.method_kinds import HARDWARE_OATH, PHONE, Kind


@dataclass(slots=True)
class Method:
    kind: Kind
    id: str
    created: datetime | None  # may be null on every kind [d]
    properties: dict[str, Any] = field(default_factory=dict)  # as they appear in JSON
    # Shown as createdDateTime instead of `created`: "0001-01-01T00:00:00Z" [d], "", any text. See timestamps.py.
    created_text: str | None = None
    created_absent: bool = False  # the property is not there at all

    @property
    def phone_type(self) -> str | None:
        return self.properties["phoneType"] if self.kind is PHONE else None

    @property
    def usable(self) -> bool:
        """Whether the user can sign in with it: a deactivated hardware token stays assigned, but is not usable [d]."""
        return self.kind is not HARDWARE_OATH or self.properties["device"]["status"] == "activated"


@dataclass(slots=True)
class StaleMethod:
    """A method as it was before a change that reads do not show yet.

    Removal is not always visible at once: a public runbook waits 10 s and reads again, up to three times. [c]
    """

    method: Method
    reads: int | None  # how many more reads show it
    until: datetime | None  # or the moment from which none does

    def shows(self, now: datetime) -> bool:
        return now < self.until if self.until is not None else bool(self.reads)


@dataclass(slots=True)
class Role:
    id: str
    name: str
    template_id: str


@dataclass(slots=True)
class Group:
    id: str
    name: str
    assignable_to_role: bool
    roles: list[Role] = field(default_factory=list)  # only a role-assignable group may hold some [d]
    nested: list["Group"] = field(default_factory=list)  # groups in it; a role-assignable group has none [d]


@dataclass(slots=True)
class User:
    id: str
    upn: str
    name: str
    mail: str | None
    created: datetime
    enabled: bool = True
    type: Literal["Member", "Guest"] = "Member"
    synced: bool | None = None  # null for users that live in the cloud only [d]
    manager: str | None = None
    country: str | None = None  # usageLocation, two letters [d]
    per_user_mfa: Literal["disabled", "enabled", "enforced"] = "disabled"
    roles: list[Role] = field(default_factory=list)
    # Held for an administrative unit only: in roleAssignments, and in no memberOf. [d: resources/scopedrolemembership]
    scoped_roles: list[Role] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    owned: list[Group] = field(default_factory=list)
    # Eligible in Privileged Identity Management: not active, so in no memberOf and no directoryRoles. [i]
    eligible_roles: list[Role] = field(default_factory=list)
    eligible_groups: list[Group] = field(default_factory=list)
    eligible_ownerships: list[Group] = field(default_factory=list)
    methods: dict[str, Method] = field(default_factory=dict)
    preferred: str | None = None
    language: str | None = None  # preferredLanguage
    system_preferred: bool = True
    stale: list[StaleMethod] = field(default_factory=list)
    sessions_revoked_at: datetime | None = None
    risk: Literal["none", "high"] = "none"  # as an administrator confirmed or dismissed it
    removing: int = 0  # removals of this user that are under way right now
    report: tuple[datetime, dict[str, Any]] | None = None  # what the report still says, and since when it is wrong

    @property
    def active_roles(self) -> list[Role]:
        """The roles that the user holds, also through a group."""
        through_groups = [role for group in self.groups for role in group.roles]
        return list({role.id: role for role in self.roles + through_groups}.values())

    def add(self, method: Method) -> None:
        self.stale = [stale_method for stale_method in self.stale if stale_method.method.id != method.id]
        self.methods[method.id] = method

    def keep_stale(self, method: Method, reads: int | None, until: datetime | None) -> None:
        if reads or until:
            before = replace(method, properties=deepcopy(method.properties))
            self.stale.append(StaleMethod(before, reads, until))

    def seen(self, now: datetime, kinds: Collection[Kind]) -> list[Method]:
        """Return the methods of these kinds as a read shows them, using up one read of each stale method it shows."""
        shown = self.methods
        if self.stale:
            shown = dict(shown)
            for stale_method in self.stale:
                if stale_method.shows(now) and stale_method.method.kind in kinds:
                    shown[stale_method.method.id] = stale_method.method
                    if stale_method.reads is not None:
                        stale_method.reads -= 1
            self.stale = [stale_method for stale_method in self.stale if stale_method.shows(now)]
        return [method for method in shown.values() if method.kind in kinds]


@dataclass(slots=True)
class NamedLocation:
    """Addresses, which may be trusted, or countries. [d: resources/namedlocation]"""

    ranges: tuple[str, ...] = ()
    countries: frozenset[str] = frozenset()
    trusted: bool = False


@dataclass(slots=True)
class PartnerRelationship:
    """A relationship that this tenant, a Microsoft partner, has with a customer. [d resources/delegatedadminrelationship]

    `customer` is the tenant's id, None until a customer has approved one that was made for any.
    """

    id: str
    name: str
    customer: str | None
    customer_name: str
    status: str
    created: datetime
    duration: int  # in days
    ends: datetime | None
    auto_extend: str = "PT0S"
    roles: tuple[str, ...] = ()


@dataclass(slots=True)
class Tenant:
    id: str
    key: str
    name: str
    domain: str
    domains: tuple[str, ...] = ()  # further verified ones
    users: dict[str, User] = field(default_factory=dict)
    by_upn: dict[str, User] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)  # by template id
    groups: dict[str, Group] = field(default_factory=dict)
    consented: bool = True
    granted: frozenset[str] | None = None  # application permissions; None: all of them
    granted_to: dict[str, frozenset[str]] = field(default_factory=dict)  # those of single applications, by client id
    # Whether the application holds a directory role, without which it may not disable administrators. [d user-update]
    application_is_administrator: bool = False
    # The account state of a synchronised user is mastered on premises: the change is refused [i docs-contrib#5768], or taken
    # and undone by the next synchronisation, which `World.synchronize` is [d users-revoke-access].
    synced_accounts: Literal["overwritten", "refused"] = "overwritten"
    identity_protection: bool = True  # an Entra ID P2 licence, which risky users need [d]
    # The policy for Temporary Access Pass: a pass of a user outside of it is made and is not usable.
    # [d temporaryaccesspassauthenticationmethod: methodUsabilityReason; s realmjoin-runbooks]
    passes_enabled: bool = True
    # A second pass is refused [d of 2021], or takes the place of the first [d authentication-post-temporaryaccesspassmethods].
    passes_replace: bool = False
    sms_sign_in: bool = False  # whether a number alone may sign in [d howto-authentication-sms-signin]
    # Lifetimes that the policy allows, in minutes. [d temporaryaccesspassauthenticationmethodconfiguration]
    pass_lifetimes: tuple[int, int] = (10, 480)
    premium: bool = True  # an Entra ID P1 licence, which the reports need [d]
    privileged_identity_management: bool = True  # an Entra ID P2 or Governance licence, which eligibility needs [i]
    advanced_queries: bool = True  # Azure AD B2C tenants have none of them [d]
    enforces: Literal["securityDefaults", "conditionalAccess", "nothing"] = "securityDefaults"
    # Conditional Access policies of its own, as Graph lists them, in place of those that the switches above and below stand for.
    policies: list[dict[str, Any]] | None = None
    named_locations: dict[str, NamedLocation] = field(default_factory=dict)  # by id
    # What a policy for registering security information asks for from where the tenant does not trust. [d]
    registering: Literal["open", "mfa", "blocked"] = "open"
    # Hardware OATH is in the Global cloud only [d]. With a status here the tenant lives in a cloud without it.
    hardware_missing: Literal[400, 404, 501] | None = None
    hardware_in_v1: bool = False  # v1.0 `/methods` may or may not list hardware tokens [d]
    # Those of a partner; a tenant that is none gets empty lists [i microsoft-graph-explorer-v4#2953].
    relationships: list[PartnerRelationship] = field(default_factory=list)

    def permissions_of(self, client_id: str) -> frozenset[str] | None:
        """Return the application permissions of this application here; None: all of them."""
        return self.granted_to.get(client_id, self.granted)

    def named(self, key: str) -> bool:
        """Whether `key` is its id, short name or domain."""
        return key.lower() in {self.id, self.key, self.domain}

    def add(self, user: User) -> User:
        self.users[user.id] = user
        self.by_upn[user.upn.lower()] = user
        return user

    def find(self, key: str) -> User | None:
        """Find a user by object id or UPN; a guest's UPN holds `#EXT#`, which cuts a URL, so only the id finds it [d]."""
        user = self.users.get(key)
        if user is None and "#" not in key:
            user = self.users.get(key.lower()) or self.by_upn.get(key.lower())
        return user
