"""The tenant itself: organization, roles, and the policies that require MFA."""

from typing import Any

from localhost.simulator.handlers.access_policies import access_policies
from localhost.simulator.handlers.directory_objects import list_objects, role_row
from localhost.simulator.handlers.users import DEFAULT, show_user
from localhost.simulator.model.entities import NamedLocation
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
    more = [domain | {"name": name, "isDefault": False} for name in tenant.domains]
    row: dict[str, Any] = {"id": tenant.id, "displayName": tenant.name, "verifiedDomains": [initial, domain, *more]}
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


def list_named_locations(_: World, request: Request) -> Response:
    rows = [_named_location(key, place) for key, place in request.own_tenant.named_locations.items()]
    names = request.options.select
    what = "identity/conditionalAccess/namedLocations"
    return page(request, rows, lambda row: {name: row.get(name) for name in names or row}, what)


def _named_location(key: str, place: NamedLocation) -> dict[str, Any]:
    row: dict[str, Any] = {"id": key, "displayName": "A named location"}
    if place.countries:
        more = {"countriesAndRegions": sorted(place.countries), "includeUnknownCountriesAndRegions": False}
        return {"@odata.type": "#microsoft.graph.countryNamedLocation"} | row | more
    ranges = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": each} for each in place.ranges]
    return {"@odata.type": "#microsoft.graph.ipNamedLocation"} | row | {"isTrusted": place.trusted, "ipRanges": ranges}


def list_access_policies(_: World, request: Request) -> Response:
    rows = [row for row in access_policies(request.own_tenant) if request.options.passes(row)]
    names = request.options.select
    what = "identity/conditionalAccess/policies"
    return page(request, rows, lambda row: {name: row.get(name) for name in names or row}, what)
