"""What a customer has to consent to, and what of it is missing: read from the roles in the token that its tenant gives us.

The names are application permissions of Microsoft Graph (Graph documentation, permissions reference).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Literal, NamedTuple

from graph.client import Graph
from graph.errors import GraphError


class Permission(NamedTuple):
    """`instead` are wider permissions that do as well. Without an optional one the service does less, and says so."""

    name: str
    needed_for: str
    optional: bool = False
    instead: tuple[str, ...] = ()


WIDE = "UserAuthenticationMethod.ReadWrite.All"
PERMISSIONS = (
    Permission(WIDE, "reading and removing authentication methods"),
    Permission("User.Read.All", "finding users", instead=("Directory.Read.All", "User.ReadWrite.All")),
    Permission("User.RevokeSessions.All", "ending sign-in sessions", instead=("User.ReadWrite.All",)),
    Permission(
        "RoleManagement.Read.Directory",
        "reading who holds a directory role",
        instead=("Directory.Read.All", "RoleManagement.Read.All"),
    ),
    Permission(
        "GroupMember.Read.All",
        "reading who is in or owns a role-assignable group",
        instead=("Directory.Read.All", "Group.Read.All"),
    ),
    Permission(
        "PrivilegedEligibilitySchedule.Read.AzureADGroup",
        "reading who may activate the membership of a role-assignable group",
        optional=True,
    ),
    Permission("Policy.Read.All", "foreseeing what a reset means for each user", optional=True),
    Permission("AuditLog.Read.All", "listing who has registered, and the follow-up", optional=True),
)
# Asked of customers only where the policy reads their audit logs: it reads the whole directory. The log needs it besides
# AuditLog.Read.All. (Graph documentation, directoryaudit-list)
AUDIT_LOGS = Permission(
    "Directory.Read.All", "reading the audit log: reconciliation, and who registered in the follow-up", optional=True
)
# Removes numbers, and adds them: without it no permission of the set below can make anything to sign in with.
PHONES = "UserAuthMethod-Phone.ReadWrite.All"
# What does instead of the first, and cannot make a pass, a password, a passkey or an app. (Graph documentation, permissions
# reference: since October 2025.) To remove a number, to add one and to turn on SMS sign-in for it is the same permission;
# with it, only numbers can be added. (Graph documentation: phoneauthenticationmethod-enablesmssignin, application permissions)
# UserAuthMethod-Passkey.ReadWrite.All is left out: it removes passkeys, and registers them for anybody as well.
# (Graph documentation: authentication-post-fido2methods, application permissions)
NARROW = (
    Permission("UserAuthenticationMethod.Read.All", "reading authentication methods"),
    Permission(PHONES, "removing phone numbers"),
    Permission("UserAuthMethod-MicrosoftAuthApp.ReadWrite.All", "removing Microsoft Authenticator"),
    Permission("UserAuthMethod-SoftwareOATH.ReadWrite.All", "removing authenticator app codes"),
    Permission(
        "UserAuthMethod-WindowsHello.ReadWrite.All", "removing Windows Hello, where a request names it", optional=True
    ),
)
# What the narrow set cannot do: but for passkeys, no page of Graph's names a narrower permission for it.
# (hardwareOathAuthenticationMethod: deactivate, beta; signInPreferences, beta; emailMethods, platformCredentialMethods,
# externalAuthenticationMethods and temporaryAccessPassMethods as far as their pages go)
NARROW_CANNOT = (
    "deactivate hardware tokens",
    "change the default method, where Microsoft refuses to remove it",
    "remove passkeys, unless UserAuthMethod-Passkey.ReadWrite.All is granted too, which can also register them",
    "remove e-mail addresses, platform credentials, external methods and Temporary Access Passes",
)
# The same without PHONES. No call that it allows makes a credential.
NARROWEST = tuple(permission for permission in NARROW if permission.name != PHONES)
NARROWEST_CANNOT = ("remove phone numbers: the one permission for it can also add them", *NARROW_CANNOT)
# Only where the policy has [profiles.compromised]. (Graph documentation, "Update user": the first, with User.Read.All, is the least
# privileged permission for accountEnabled; of users with a privileged administrator role the app needs a higher role besides.
# "riskyUser: confirmCompromised", "riskyUser: dismiss": the second.)
CONTAINMENT = (
    Permission(
        "User.EnableDisableAccount.All",
        "blocking and unblocking the sign-in of compromised accounts",
        instead=("User.ReadWrite.All", "Directory.ReadWrite.All"),
    ),
    Permission(
        "IdentityRiskyUser.ReadWrite.All",
        "confirming compromised accounts in Entra ID Protection, and dismissing that",
        optional=True,
    ),
)
# Of the application that makes Temporary Access Passes, which has no other. (Graph documentation, "Create
# temporaryAccessPassMethod": application permissions)
BOOTSTRAP = (
    Permission(
        "UserAuthMethod-TAP.ReadWrite.All",
        "making Temporary Access Passes, and removing those that were not shown",
        instead=(WIDE,),
    ),
)
# Only in the provider's own tenant.
HOME = ("Mail.Send", "User.Read.All", "GroupMember.Read.All")
# Likewise, and optional: to notice mails that bounce. Given in Exchange for the one mailbox, not by consent like those above, which
# would let the service read all mail: the two add up, and the wider one wins. So no token names it.
HOME_MAILBOX = ("Mail.Read",)
# Only in the partner's tenant, where the policy has [partner] tenantId. No customer is asked for it: it reads what the provider's own
# tenant knows of its relationships. (Graph documentation, "List delegatedAdminCustomers", "List delegatedAdminRelationships")
PARTNER = Permission(
    "DelegatedAdminRelationship.Read.All",
    "reading the partner relationships (GDAP)",
    instead=("DelegatedAdminRelationship.ReadWrite.All",),
)


type PermissionSet = Literal["wide", "narrow", "narrowest"]
_SETS: Mapping[PermissionSet, tuple[tuple[Permission, ...], tuple[str, ...]]] = {
    "wide": (PERMISSIONS[:1], ()),
    "narrow": (NARROW, NARROW_CANNOT),
    "narrowest": (NARROWEST, NARROWEST_CANNOT),
}


class Access(NamedTuple):
    """What a tenant lets us do. `reason` is a stable word for why there is no token at all, "" where there is one.

    `cannot`: what the granted set of permissions does not allow, for people.
    """

    missing: tuple[Permission, ...]
    reason: str = ""
    detail: str = ""
    cannot: tuple[str, ...] = ()
    permission_set: PermissionSet = "wide"

    @property
    def is_enough(self) -> bool:
        return not self.reason and all(permission.optional for permission in self.missing)


def roles_in(token: str) -> frozenset[str]:
    """Return the application permissions in an access token.

    It is not verified: Graph does that; we only look what it will find.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, binascii.Error, ValueError):
        return frozenset()
    roles = claims.get("roles") if isinstance(claims, dict) else None
    return frozenset(str(role) for role in roles) if isinstance(roles, list) else frozenset()


def set_of(roles: frozenset[str]) -> PermissionSet:
    """Return of which set a tenant's consent is; the wide one where it is of none."""
    if WIDE in roles or roles.isdisjoint(p.name for p in NARROW):
        return "wide"
    return "narrow" if PHONES in roles else "narrowest"


def missing_of(roles: frozenset[str], *, audit_logs: bool = False, contains: bool = False) -> tuple[Permission, ...]:
    """Return what is missing of the set that the tenant chose, the wide one where it chose none.

    `contains`: the policy offers the containment of compromised accounts there.
    """
    wanted = (*_SETS[set_of(roles)][0], *PERMISSIONS[1:])
    if audit_logs:
        wanted = (*wanted, AUDIT_LOGS)
    if contains:
        wanted = (*wanted, *CONTAINMENT)
    return tuple(p for p in wanted if p.name not in roles and not roles & set(p.instead))


async def check_access(graph: Graph, tenant_id: str, *, audit_logs: bool = False, contains: bool = False) -> Access:
    """Ask for a new token, so that a consent given a minute ago counts. `audit_logs`: the policy reads them."""
    try:
        token = await graph.fresh_token(tenant_id)
    except GraphError as error:
        return no_access(error)
    return access_of(token, audit_logs=audit_logs, contains=contains)


def no_access(error: GraphError) -> Access:
    """Return the access to a tenant that gave no token."""
    return Access(PERMISSIONS, error.reason, error.detail)


def access_of(token: str, *, audit_logs: bool = False, contains: bool = False) -> Access:
    """Return the access that a token gives, by the permissions that it names."""
    roles = roles_in(token)
    chosen = set_of(roles)
    missing = missing_of(roles, audit_logs=audit_logs, contains=contains)
    return Access(missing, cannot=_SETS[chosen][1], permission_set=chosen)


async def check_bootstrap_access(graph: Graph, tenant_id: str) -> Access:
    """Likewise for the application that makes passes; `graph` is its own."""
    try:
        roles = roles_in(await graph.fresh_token(tenant_id))
    except GraphError as error:
        return Access(BOOTSTRAP, error.reason, error.detail)
    return Access(tuple(p for p in BOOTSTRAP if p.name not in roles and not roles & set(p.instead)))


def consent_url(authority: str, tenant_id: str, client_id: str) -> str:
    """Return where an administrator of the customer gives consent."""
    return f"{authority.rstrip('/')}/{tenant_id}/adminconsent?client_id={client_id}"
