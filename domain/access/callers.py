"""Who calls the API: a key, or a person or application that App Service signed in, with what they may do and where."""

import base64
import binascii
import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.access.sign_in import SignIn, read_sign_in
from domain.policy.load import Policy
from domain.policy.model import Role

# Entra's claims as App Service passes them on: by their short names or by the long ones of WS-Federation.
_TENANT = ("http://schemas.microsoft.com/identity/claims/tenantid", "tid")
_OBJECT = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
_ROLES = ("roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role")
_NAMES = (
    "preferred_username",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "upn",
)
# Never shown as somebody's name, and never an identity: nobody verifies it. (Microsoft identity platform, "Optional claims reference")
_UNVERIFIED = ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "email")
# The token of a user in many groups is large; App Service itself accepts no headers beyond 64 KB.
_LONGEST = 64 * 1024


class PrincipalError(ValueError):
    """The header is not one that App Service writes for a sign-in with Entra."""

    reason = "badPrincipal"


class Principal(NamedTuple):
    """An account signed in with Entra. `mails` are case-folded, an application has none: they exclude people and identify nobody."""

    tenant_id: str
    object_id: str
    mails: frozenset[str]
    name: str
    roles: frozenset[str]
    issued_at: datetime | None = None  # when Entra issued the token of the sign-in
    sign_in: SignIn = SignIn()

    @property
    def identity(self) -> str:
        """The name that is unique to this account and never changes."""
        return f"{self.tenant_id}/{self.object_id}"


def read_principal(header: str) -> Principal:
    """Parse the header X-MS-CLIENT-PRINCIPAL: base64 of {"auth_typ", "claims": [{"typ", "val"}], "role_typ"}."""
    try:
        principal: Any = json.loads(base64.b64decode(header[: _LONGEST + 1], validate=True))
        provider = principal.get("auth_typ", "aad")
        claims = [(str(claim["typ"]), str(claim["val"])) for claim in principal["claims"]]
        roles = {*_ROLES, str(principal.get("role_typ", "roles"))}
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise PrincipalError("the principal cannot be read") from None
    if provider != "aad":
        raise PrincipalError("the principal is not Entra's")
    names = [value for kind in _NAMES for name, value in claims if name == kind and "@" in value]
    mails = names + [value for name, value in claims if name in _UNVERIFIED and "@" in value]
    return Principal(
        tenant_id=_guid(claims, _TENANT),
        object_id=_guid(claims, _OBJECT),
        mails=frozenset(mail.casefold() for mail in mails),
        name=names[0] if names else "",
        roles=frozenset(value for name, value in claims if name in roles),
        issued_at=_issued_at(claims),
        sign_in=read_sign_in(claims),
    )


def _issued_at(claims: Iterable[tuple[str, str]]) -> datetime | None:
    """The latest `iat`, seconds since 1970; eleven digits reach the year 5138."""
    seconds = [int(value) for name, value in claims if name == "iat" and re.fullmatch("[0-9]{1,11}", value, re.ASCII)]
    return datetime.fromtimestamp(max(seconds), UTC) if seconds else None


def _guid(claims: Iterable[tuple[str, str]], kinds: tuple[str, ...]) -> str:
    try:
        # With several values another reader could pick a different one.
        (text,) = {value for name, value in claims if name in kinds}
        return str(UUID(text))
    except ValueError:
        raise PrincipalError("the principal has no tenant or no object id") from None


class Caller(NamedTuple):
    """`name` stands in the audit. `grants`: per role the customers it covers, None: all."""

    name: str
    identity: str
    grants: Mapping[Role, frozenset[str] | None]
    signed_in: bool = True

    def reach(self, roles: Iterable[Role]) -> frozenset[str] | None:
        """Return the customers that any of these roles reaches; None: all. Empty where the caller has none of them."""
        reached: set[str] = set()
        for role in roles:
            if role in self.grants:
                customers = self.grants[role]
                if customers is None:
                    return None
                reached |= customers
        return frozenset(reached)

    def has(self, roles: Iterable[Role]) -> bool:
        return any(role in self.grants for role in roles)


def key_holder(name: str) -> Caller:
    """Return the caller of an API key, who may do everything: keys have no roles."""
    return Caller(name, f"key:{name}", dict.fromkeys(Role, None), signed_in=False)


def caller_of(principal: Principal, policy: Policy, home_tenant: str) -> Caller:
    """Return what a principal may do.

    App roles are given out by each tenant's own administrators, so those of the provider's tenant count everywhere, those
    of a customer's tenant for that customer only, and those of any other tenant nowhere.
    """
    grants: dict[Role, frozenset[str] | None] = {}
    for role, customers in policy.granted(principal.roles, principal.object_id).items():
        if principal.tenant_id == home_tenant.lower():
            grants[role] = customers
        elif own := policy.find_customer(principal.tenant_id):
            grants[role] = frozenset({own}) if customers is None else customers & {own}
    return Caller(principal.name or principal.identity, principal.identity, grants)


def is_approver(identity: str, approver: str, pinned: Collection[str], policy: Policy) -> bool:
    """Return whether an account may decide as the approver with this address.

    The account that the policy names for the address is the only one. Else it is one of `pinned`, those that the directory had for
    it when the request was planned. What addresses a session shows does not matter: they are no identities.
    """
    named = {mail.casefold(): account for mail, account in policy.approval.identities.items()}
    account = named.get(approver.casefold())
    return identity == account if account else identity in pinned
