"""The tenant itself: organization, roles, and the policies that require MFA."""

from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from localhost.simulator.handlers.directory_objects import list_objects, role_row
from localhost.simulator.handlers.users import DEFAULT, show_user
from localhost.simulator.model.entities import Tenant
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response, context
from localhost.simulator.protocol.paging import page
from localhost.simulator.world.world import World

# The prompt to register comes at the next sign-in that needs strong authentication. Where nothing requires it,
# a user without methods is left with the password alone. [d] So callers read both policies below.


def list_organization(_: World, request: Request) -> Response:
    tenant = request.own_tenant
    domain = {"name": tenant.domain, "isDefault": True, "isInitial": False, "type": "Managed"}
    initial = {"name": f"{tenant.key}.onmicrosoft.com", "isDefault": False, "isInitial": True, "type": "Managed"}
    row: dict[str, Any] = {"id": tenant.id, "displayName": tenant.name, "verifiedDomains": [domain, initial]}
    row = {name: row.get(name) for name in request.options.select or row}
    return Response(200, {"@odata.context": context(request, "organization"), "value": [row]})


def list_roles(_: World, request: Request) -> Response:
    return list_objects(request, map(role_row, request.own_tenant.roles.values()), "directoryRoles", typed=False)


def list_role_members(_: World, request: Request) -> Response:
    wanted = request.ids["role"]
    role = next((role for role in request.own_tenant.roles.values() if role.id == wanted), None)
    if role is None:
        raise GraphError(404, "Request_ResourceNotFound", f"Resource '{wanted}' does not exist.")
    members = [user for user in request.own_tenant.users.values() if role in user.roles]
    return page(
        request,
        members,
        lambda user: {"@odata.type": "#microsoft.graph.user"} | show_user(user, request.options.select or DEFAULT),
        "directoryObjects",
    )


def get_security_defaults(_: World, request: Request) -> Response:
    body = {
        "@odata.context": context(request, "policies/identitySecurityDefaultsEnforcementPolicy/$entity"),
        "id": "00000000-0000-0000-0000-000000000005",
        "displayName": "Security Defaults",
        "isEnabled": request.own_tenant.enforces == "securityDefaults",
    }
    return Response(200, body)


def list_access_policies(_: World, request: Request) -> Response:
    """List a policy that requires MFA or only reports, and one about registering security information."""
    tenant = request.own_tenant
    state = "enabled" if tenant.enforces == "conditionalAccess" else "enabledForReportingButNotEnforced"
    policy: dict[str, Any] = {
        "id": str(uuid5(NAMESPACE_DNS, f"mfa-for-all.{tenant.id}")),
        "displayName": "Require MFA for all users",
        "state": state,
        "conditions": {
            "users": {"includeUsers": ["All"], "excludeUsers": []},
            "applications": {"includeApplications": ["All"]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }
    rows = [row for row in (policy, *_registering(tenant)) if request.options.passes(row)]
    names = request.options.select
    what = "identity/conditionalAccess/policies"
    return page(request, rows, lambda row: {name: row.get(name) for name in names or row}, what)


def _registering(tenant: Tenant) -> list[dict[str, Any]]:
    """Return the policy of Microsoft's template "Securing security info registration", or the stricter one that blocks."""
    if tenant.registering == "open":
        return []
    policy = {
        "id": str(uuid5(NAMESPACE_DNS, f"registering.{tenant.id}")),
        "displayName": "Secure registration of security information",
        # Policies cannot be on together with security defaults. [d]
        "state": "disabled" if tenant.enforces == "securityDefaults" else "enabled",
        "conditions": {
            "users": {"includeUsers": ["All"], "excludeUsers": []},
            "applications": {"includeApplications": [], "includeUserActions": ["urn:user:registersecurityinfo"]},
            "locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
        },
        "grantControls": {
            "operator": "OR",
            "builtInControls": ["block" if tenant.registering == "blocked" else "mfa"],
        },
    }
    return [policy]
