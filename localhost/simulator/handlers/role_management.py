"""Who holds a directory role, who is eligible for one, and who is eligible for a group (Privileged Identity Management).

Eligibility needs an Entra ID P2 or Governance licence; without it Graph answers 400 AadPremiumLicenseRequired.
[i maester#1421] Role definitions have the ids of the role templates. [d]
"""

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from localhost.simulator.handlers.directory_objects import group_row, user_row
from localhost.simulator.model.entities import Group, Role, Tenant, User
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.protocol.paging import page
from localhost.simulator.world.world import World

DIRECTORY = "roleManagement/directory"
GROUP_ELIGIBILITY = "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"

Principal = User | Group


def _list(request: Request, rows: Iterator[dict[str, Any]], what: str) -> Response:
    """One page, without the relationships that $expand does not name."""
    found = [row for row in rows if request.options.passes(row)]
    return page(request, found, lambda row: _shown(request, row), what)


def _shown(request: Request, row: dict[str, Any]) -> dict[str, Any]:
    select, expand = request.options.select, request.options.expand
    shown = {name: value for name, value in row.items() if not name.startswith("+") and (not select or name in select)}
    for name, inner in expand.items():
        related = row.get(f"+{name}") or {}
        shown[name] = {key: value for key, value in related.items() if not inner or key in inner or "@" in key}
    return shown


def _holders(tenant: Tenant) -> Iterator[tuple[Principal, Role]]:
    for group in tenant.groups.values():
        yield from ((group, role) for role in group.roles)
    for user in tenant.users.values():
        yield from ((user, role) for role in user.roles)


def _key(*parts: str) -> str:
    return str(uuid5(NAMESPACE_OID, "/".join(parts)))


def _row(kind: str, principal: Principal, role: Role, **more: Any) -> dict[str, Any]:
    principal_row = user_row(principal) if isinstance(principal, User) else group_row(principal)
    return {
        "id": _key(kind, principal.id, role.id),
        "principalId": principal.id,
        "roleDefinitionId": role.template_id,
        "directoryScopeId": "/",
        "appScopeId": None,
        **more,
        "+principal": principal_row,
        "+roleDefinition": definition_row(role),
    }


def definition_row(role: Role) -> dict[str, Any]:
    return {"id": role.template_id, "displayName": role.name, "templateId": role.template_id, "isBuiltIn": True}


def list_definitions(_: World, request: Request) -> Response:
    rows = map(definition_row, request.own_tenant.roles.values())
    return _list(request, iter(rows), f"{DIRECTORY}/roleDefinitions")


def list_assignments(_: World, request: Request) -> Response:
    """Serve the active assignments, to users and to groups [d]."""
    return _list(request, _assignments(request.own_tenant), f"{DIRECTORY}/roleAssignments")


def _assignments(tenant: Tenant) -> Iterator[dict[str, Any]]:
    for principal, role in _holders(tenant):
        yield _row("assignment", principal, role)
    scope = f"/administrativeUnits/{_key('unit', tenant.id)}"
    for user in tenant.users.values():
        for role in user.scoped_roles:
            yield _row("scoped", user, role, directoryScopeId=scope)


def list_assignment_instances(_: World, request: Request) -> Response:
    """Serve the active assignments with their schedules: those of a group's members come as `memberType: Group` [d]."""
    _check_licence(request)
    return _list(request, _assignment_instances(request.own_tenant), f"{DIRECTORY}/roleAssignmentScheduleInstances")


def _assignment_instances(tenant: Tenant) -> Iterator[dict[str, Any]]:
    schedule = {"startDateTime": "2024-01-01T00:00:00Z", "endDateTime": None, "assignmentType": "Assigned"}
    for principal, role in _holders(tenant):
        yield _row("instance", principal, role, memberType="Direct", **schedule)
    for user in tenant.users.values():
        for group in user.groups:
            for role in group.roles:
                yield _row("instance", user, role, memberType="Group", **schedule)


def list_eligibility_instances(_: World, request: Request) -> Response:
    """Serve who may activate a directory role [d]."""
    _check_licence(request)
    schedule = {"startDateTime": "2024-01-01T00:00:00Z", "endDateTime": None, "memberType": "Direct"}
    rows = (
        _row("eligible", user, role, **schedule)
        for user in request.own_tenant.users.values()
        for role in user.eligible_roles
    )
    return _list(request, rows, f"{DIRECTORY}/roleEligibilityScheduleInstances")


def list_group_eligibility(_: World, request: Request) -> Response:
    """Serve who may activate a membership or ownership of a group; $filter must name a group or a principal [d]."""
    _check_licence(request)
    if not {"groupId", "principalId"} & request.options.filtered_by("eq"):
        raise GraphError(  # that it is refused is documented [d], the words are ours [inf]
            400, "MissingParameters", "The request must be filtered by groupId or principalId."
        )
    return _list(request, _group_eligibility(request.own_tenant), GROUP_ELIGIBILITY)


def _group_eligibility(tenant: Tenant) -> Iterator[dict[str, Any]]:
    for user in tenant.users.values():
        for access, groups in (("member", user.eligible_groups), ("owner", user.eligible_ownerships)):
            for group in groups:
                schedule = _key("schedule", group.id, access, user.id)
                yield {
                    "id": f"{group.id}_{access}_{schedule}",
                    "startDateTime": "2024-01-01T00:00:00Z",
                    "endDateTime": None,
                    "accessId": access,
                    "principalId": user.id,
                    "groupId": group.id,
                    "memberType": "direct",
                    "eligibilityScheduleId": schedule,
                    "+principal": user_row(user),
                    "+group": group_row(group),
                }


def _check_licence(request: Request) -> None:
    if not request.own_tenant.privileged_identity_management:
        raise GraphError(
            400,
            "AadPremiumLicenseRequired",
            "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
        )
