"""Users with a realistic mix of methods: about three each, the password among them."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5
from zlib import crc32

from localhost.simulator.model import method_kinds
from localhost.simulator.model.entities import Group, Method, Role, Tenant, User
from localhost.simulator.model.method_kinds import BY_NAME
from localhost.simulator.model.new_methods import new_method

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)  # users and methods are dated from here on
GLOBAL_ADMINISTRATOR = ("Global Administrator", "62e90394-69f5-4237-9190-012177145e10")  # template id [d]
# Role templates by name. [d]
ROLES = {
    GLOBAL_ADMINISTRATOR[0]: GLOBAL_ADMINISTRATOR[1],
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Privileged Authentication Administrator": "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
}


@dataclass(frozen=True)
class Profile:
    weight: int
    methods: tuple[tuple[str, dict[str, Any]], ...]
    preferred: str | None


MOBILE = ("phone", {"phoneType": "mobile"})
ALTERNATE = ("phone", {"phoneType": "alternateMobile"})
OFFICE = ("phone", {"phoneType": "office"})
AUTHENTICATOR: tuple[str, dict[str, Any]] = ("microsoftAuthenticator", {})
SOFTWARE: tuple[str, dict[str, Any]] = ("softwareOath", {})
HARDWARE: tuple[str, dict[str, Any]] = ("hardwareOath", {})
FIDO2: tuple[str, dict[str, Any]] = ("fido2", {})
HELLO: tuple[str, dict[str, Any]] = ("windowsHelloForBusiness", {})

PROFILES = {
    "phone": Profile(18, (MOBILE,), "sms"),
    "push": Profile(30, (MOBILE, AUTHENTICATOR), "push"),
    "everyday": Profile(12, (MOBILE, AUTHENTICATOR, SOFTWARE), "push"),
    "alternate": Profile(7, (MOBILE, ALTERNATE), "voiceAlternateMobile"),
    "office": Profile(5, (OFFICE, MOBILE), "voiceOffice"),
    "hardware": Profile(8, (HARDWARE, MOBILE), "oath"),
    "software": Profile(8, (SOFTWARE,), "oath"),
    "passkey": Profile(6, (FIDO2, HELLO, AUTHENTICATOR), "push"),
    "none": Profile(5, (), None),
    "odd": Profile(
        1,
        (AUTHENTICATOR, ("email", {}), ("platformCredential", {}), ("externalAuthenticationMethod", {})),
        "push",
    ),
}
NAMES = tuple(PROFILES)
WEIGHTS = tuple(profile.weight for profile in PROFILES.values())

PHONES = ("iPhone 15", "iPhone 16", "Pixel 9", "Galaxy S25", "Fairphone 5")


def user_id(tenant: Tenant, upn: str) -> str:
    return str(uuid5(NAMESPACE_DNS, f"{upn.lower()}.{tenant.id}"))


def make_user(tenant: Tenant, source: random.Random, local: str, name: str, profile: str, **other: Any) -> User:
    upn = local if "@" in local else f"{local}@{tenant.domain}"
    created = EPOCH + timedelta(minutes=source.randrange(400_000))
    user = User(user_id(tenant, upn), upn, name, None if "#" in upn else upn, created, **other)
    give(user, source, profile)
    return tenant.add(user)


def give(user: User, source: random.Random, profile: str) -> None:
    """Assign the password, the methods of a profile and its preference."""
    user.methods[method_kinds.PASSWORD_ID] = Method(
        method_kinds.PASSWORD, method_kinds.PASSWORD_ID, user.created, {"password": None}
    )
    chosen = PROFILES[profile]
    for kind, given in chosen.methods:
        # The date may be null: Authenticator has one only when it is set up for passwordless sign-in. [d]
        dated = source.random() < (0.3 if kind == "microsoftAuthenticator" else 0.9)
        created = user.created + timedelta(days=source.randrange(300)) if dated else None
        extra: dict[str, Any] = {}
        if kind == "phone":
            extra["phoneNumber"] = f"+1 206555{source.randrange(10_000):04d}"
        elif kind == "microsoftAuthenticator":
            extra["displayName"] = source.choice(PHONES)
        method = new_method(BY_NAME[kind], source, created, **given, **extra)
        if method.created is not None:  # dates have fractions of a second [d], which no random number is spent on
            fraction = crc32(f"{user.id}/{method.id}".encode()) % 1_000_000
            method.created = method.created.replace(microsecond=fraction)
        user.methods[method.id] = method
    user.preferred = chosen.preferred


def role(tenant: Tenant, named: tuple[str, str]) -> Role:
    name, template = named
    if template not in tenant.roles:
        tenant.roles[template] = Role(str(uuid5(NAMESPACE_DNS, f"{template}.{tenant.id}")), name, template)
    return tenant.roles[template]


def assignable_group(tenant: Tenant, name: str = "Tier 0 operators") -> Group:
    return _group(tenant, name, assignable_to_role=True)


def plain_group(tenant: Tenant, name: str = "All staff") -> Group:
    return _group(tenant, name, assignable_to_role=False)


def _group(tenant: Tenant, name: str, *, assignable_to_role: bool) -> Group:
    """Return the tenant's group of this name, a new one where there is none."""
    group_id = str(uuid5(NAMESPACE_DNS, f"{name}.{tenant.id}"))
    return tenant.groups.setdefault(group_id, Group(group_id, name, assignable_to_role))


def source_for(tenant: Tenant, seed: int) -> random.Random:
    return random.Random(f"{seed}/{tenant.id}")  # noqa: S311 - users that repeat, not secrets
