"""The simulated Graph: tenants, clock, switches, faults."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

from localhost.simulator.model.entities import Method, PartnerRelationship, Tenant, User
from localhost.simulator.model.method_kinds import BY_NAME
from localhost.simulator.model.new_methods import new_method
from localhost.simulator.model.registration_row import registration_row
from localhost.simulator.seeds import demo, generated, people
from localhost.simulator.world.access_tokens import AccessTokens
from localhost.simulator.world.call_log import CallLog
from localhost.simulator.world.directory_audits import (
    HOME_ADDRESS,
    USER_REGISTERED,
    USER_REGISTERED_ALL,
    DirectoryAudits,
    SignIn,
)
from localhost.simulator.world.faults import Faults
from localhost.simulator.world.inbox import Inbox
from localhost.simulator.world.mailbox import Mailbox
from localhost.simulator.world.throttle import Throttle

Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


class World:
    """All tenants, with the clock, switches, faults, limits, mails and call log.

    `clock` returns aware UTC datetimes; pass one to control tokens' age, throttling, delays and dates.
    """

    def __init__(self, seed: int = 1, clock: Clock = now) -> None:
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 - a world that repeats, not secrets
        self.tenants: dict[str, Tenant] = {}
        self.faults = Faults(seed)
        self.throttle = Throttle()
        self.calls = CallLog()
        self.mailbox = Mailbox()
        self.inbox = Inbox()
        self.audits = DirectoryAudits()
        self.sign_ins: dict[str, list[SignIn]] = {}  # by tenant id
        self.tokens = AccessTokens()
        self.presentations: dict[str, Any] = {}  # what Verified ID was asked for, by its id
        self.passes: list[str] = []  # every temporary access pass ever made, for tests that look where its text went
        self.client_secret: str | None = None  # None: any secret will do
        # Whether today's service always enforces the default-method rule is unclear [i]: so both are possible.
        self.enforces_default = True
        # Two texts were seen in the wild [i]; "unknown" is a third that no client can know.
        self.default_text: Literal["with-others", "matches", "unknown"] = "with-others"
        # Which other methods keep the default from going: those that could be the default, or any. [inf]
        self.default_blockers: Literal["capable", "any"] = "capable"
        self.collisions = True  # removals of one user that run side by side get lost: see removal.py
        self.report_delay = timedelta(hours=24)  # how long userRegistrationDetails lags behind [d: "delayed"]
        self._clock = clock
        self._offset = timedelta()

    @classmethod
    def demo(cls, users_per_customer: int = 30, seed: int = 1, clock: Clock = now) -> Self:
        """Return contoso, fabrikam, tailspin with `users_per_customer` users each, and home, the provider's own tenant."""
        world = cls(seed, clock)
        for tenant in demo.tenants():
            world.tenants[tenant.id] = tenant
            demo.fill(tenant, users_per_customer, seed)
        return world

    @classmethod
    def generate(cls, customers: int, users_per_customer: int, seed: int = 1, clock: Clock = now) -> Self:
        """Return `customers` tenants, customer0001.example and so on, with users user00001@..., and home."""
        world = cls(seed, clock)
        for number in range(1, customers + 1):
            tenant = generated.numbered_tenant(number)
            world.tenants[tenant.id] = tenant
            generated.fill(tenant, users_per_customer, seed)
        home = demo.home()
        world.tenants[home.id] = home
        demo.fill(home, users_per_customer, seed)
        return world

    def clock(self) -> datetime:
        return self._clock() + self._offset

    def advance(self, seconds: float) -> None:
        """Advance the clock at once, where the caller cannot pass one (another process)."""
        self._offset += timedelta(seconds=seconds)

    def tenant(self, key: str) -> Tenant:
        """Find a tenant by id, short name or domain.

        Raises:
            KeyError: there is no such tenant.
        """
        found = self.find_tenant(key)
        if found is None:
            raise KeyError(key)
        return found

    def find_tenant(self, key: str) -> Tenant | None:
        key = key.lower()
        if key in self.tenants:
            return self.tenants[key]
        return next((tenant for tenant in self.tenants.values() if tenant.named(key)), None)

    def token(self, tenant: str) -> str:
        """Return a bearer token for this tenant, without the token endpoint."""
        return self.tokens.issue(self.tenant(tenant), self.clock())

    def user(self, tenant: str, key: str) -> User:
        """Find a user by object id or UPN; here, unlike over HTTP, a guest's UPN works too.

        Raises:
            KeyError: there is no such tenant or user.
        """
        home = self.tenant(tenant)
        return home.users[key] if key in home.users else home.by_upn[key.lower()]

    def register(
        self,
        tenant: str,
        user: str,
        kind: str,
        *,
        prefer: str | None = None,
        address: str = HOME_ADDRESS,
        by: str | None = None,
        **properties: Any,
    ) -> Method:
        """Register a method for a user, as they would at the next sign-in. Graph has no such call.

        `kind` is a name of method_kinds.py: "phone" (with phoneType), "microsoftAuthenticator", "hardwareOath", ...
        `address` is where they are, `by` somebody else who does it.
        """
        person = self.user(tenant, user)
        method = new_method(BY_NAME[kind], self.random, self.clock(), **properties)
        self.keep_report(person)
        person.add(method)
        doer = None if by is None else self.user(tenant, by)
        for activity in (USER_REGISTERED, USER_REGISTERED_ALL):
            self.audits.by_user(self.tenant(tenant), person, activity, self.clock(), by=doer, address=address)
        if prefer is not None:
            person.preferred = prefer
        return method

    def sign_in(self, tenant: str, user: str, address: str, country: str, *, error: int = 0) -> None:
        """Note that a user signed in now from there, or tried to."""
        home, person = self.tenant(tenant), self.user(tenant, user)
        known = self.sign_ins.setdefault(home.id, [])
        known.append(SignIn(f"sign-in-{len(known)}", person.id, self.clock(), address, country, error))

    def make_eligible(
        self, tenant: str, user: str, *, role: str | None = None, group: str | None = None, access: str = "member"
    ) -> None:
        """Make a user eligible for a directory role, or for membership (or ownership) of a role-assignable group.

        `role` is the name of a role in people.ROLES, `group` the name of a group, which is made where there is none.

        Raises:
            KeyError: there is no such tenant, user, role or access.
        """
        home, person = self.tenant(tenant), self.user(tenant, user)
        if role is not None:
            person.eligible_roles.append(people.role(home, (role, people.ROLES[role])))
        if group is not None:
            lists = {"member": person.eligible_groups, "owner": person.eligible_ownerships}
            lists[access].append(people.assignable_group(home, group))

    def relate(
        self,
        partner: str,
        customer: str = "",
        *,
        name: str = "",
        domain: str = "",
        status: str = "active",
        days: float | None = 365,
        auto_extend: str = "PT0S",
        roles: tuple[str, ...] = (people.ROLES["Helpdesk Administrator"],),
        called: str = "",
    ) -> PartnerRelationship:
        """Add a relationship of a partner with a customer, which ends in so many days (None: not known yet).

        `customer` names a tenant of this world; without it a new one is made with `name` and `domain`.

        Raises:
            KeyError: there is no such tenant.
        """
        home = self.tenant(partner)
        if customer:
            other = self.tenant(customer)
        else:
            other = generated.named_tenant(name, domain)
            self.tenants.setdefault(other.id, other)
        number = len(home.relationships) + 1
        made = PartnerRelationship(
            id=f"{generated.relationship_id(home.id, number)}-{other.id}",
            name=called or f"{other.name} admin relationship {number}",
            customer=other.id,
            customer_name=other.name,
            status=status,
            created=self.clock() - timedelta(days=30),
            duration=730,
            ends=None if days is None else self.clock() + timedelta(days=days),
            auto_extend=auto_extend,
            roles=roles,
        )
        home.relationships.append(made)
        return made

    def synchronize(self, tenant: str) -> None:
        """Let the directory on premises write its state over the cloud's: there nobody disabled the account."""
        for user in self.tenant(tenant).users.values():
            user.enabled = user.enabled or bool(user.synced)

    def keep_report(self, user: User) -> None:
        """Keep what the report says before the user's methods change: it goes on saying so for `report_delay`."""
        at = self.clock()
        if user.report is None or at - user.report[0] >= self.report_delay:
            user.report = (at, registration_row(user, at))
