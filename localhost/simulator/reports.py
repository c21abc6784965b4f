"""The tenant-wide list of who has registered what: for choosing, never for verifying.

It needs a P1 licence, holds no method ids and lags behind [d]; it has no rows for disabled users [d].
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from localhost.simulator import kinds
from localhost.simulator.defaults import satisfies
from localhost.simulator.entities import Method, Tenant, User
from localhost.simulator.errors import GraphError
from localhost.simulator.filters import Filter
from localhost.simulator.methods import stamp
from localhost.simulator.odata import page
from localhost.simulator.wire import Answer, Call

if TYPE_CHECKING:
    from localhost.simulator.world import World

STRONG = {kinds.FIDO2, kinds.WINDOWS_HELLO, kinds.PLATFORM_CREDENTIAL, kinds.EXTERNAL}
PASSWORDLESS = {kinds.FIDO2, kinds.WINDOWS_HELLO, kinds.PLATFORM_CREDENTIAL}


def _word(method: Method) -> str:
    return kinds.PHONE_REPORTED[method.phone_type] if method.phone_type else method.kind.reported


def details(_: Tenant, user: User, at: datetime) -> dict[str, Any]:
    """The row of one user as the report would say it now."""
    methods = [method for method in user.methods.values() if method.kind is not kinds.PASSWORD]
    strong = any(satisfies(method) or method.kind in STRONG for method in methods)
    return {
        "id": user.id,
        "userPrincipalName": user.upn,
        "userDisplayName": user.name,
        "userType": user.type.lower(),
        "isAdmin": bool(user.roles),
        "isSsprRegistered": len(methods) > 1,
        "isSsprEnabled": True,
        "isSsprCapable": len(methods) > 1,
        "isMfaRegistered": strong,
        "isMfaCapable": strong,
        "isPasswordlessCapable": any(method.kind in PASSWORDLESS for method in methods),
        "methodsRegistered": list(dict.fromkeys(_word(method) for method in methods)),
        "isSystemPreferredAuthenticationMethodEnabled": user.system_preferred,
        "systemPreferredAuthenticationMethods": [],
        "userPreferredMethodForSecondaryAuthentication": user.preferred or "none",
        "lastUpdatedDateTime": stamp(at),
    }


def list_details(world: "World", call: Call) -> Answer:
    """`GET /reports/authenticationMethods/userRegistrationDetails`, paged."""
    tenant = call.home
    if not tenant.premium:
        raise GraphError(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",  # Microsoft's own grammar [i]
        )
    now = world.clock()
    users = [user for user in tenant.users.values() if user.enabled]
    if "$filter" in call.params:
        test = Filter(call.params["$filter"]).parse()
        users = [user for user in users if test(_current(world, tenant, user, now))]
    if "$orderby" in call.params:
        name, _, direction = call.params["$orderby"].partition(" ")
        users.sort(key=lambda user: (user.upn if name == "userPrincipalName" else user.name).lower())
        if direction.strip().lower() == "desc":
            users.reverse()
    return page(
        call,
        users,
        lambda user: _current(world, tenant, user, now),
        "reports/authenticationMethods/userRegistrationDetails",
        size=1000,
        largest=1000,
    )


def _current(world: "World", tenant: Tenant, user: User, now: datetime) -> dict[str, Any]:
    if user.report is not None:
        since, row = user.report
        if now - since < world.report_delay:
            return row
        user.report = None
    return details(tenant, user, now)
