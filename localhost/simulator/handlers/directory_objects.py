"""Lists of directory roles, groups and users, as relationships show them."""

from collections.abc import Iterable
from typing import Any

from localhost.simulator.handlers.users import DEFAULT, show_user
from localhost.simulator.model.entities import Group, Role, User
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.protocol.paging import page
from localhost.simulator.protocol.resource_types import DIRECTORY_ROLE, GROUP, USER, ResourceType


def role_row(role: Role) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.directoryRole",
        "id": role.id,
        "displayName": role.name,
        "roleTemplateId": role.template_id,
    }


def group_row(group: Group) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.group",
        "id": group.id,
        "displayName": group.name,
        "securityEnabled": True,
        "mailEnabled": False,
        "groupTypes": [],
        "isAssignableToRole": group.assignable_to_role or None,
    }


def user_row(user: User) -> dict[str, Any]:
    names = dict.fromkeys([*DEFAULT, "accountEnabled", "userType"])
    return {"@odata.type": "#microsoft.graph.user"} | show_user(user, names)


TYPES: dict[str, ResourceType] = {
    f"#microsoft.graph.{of_type.name}": of_type for of_type in (DIRECTORY_ROLE, GROUP, USER)
}


def list_objects(
    request: Request, rows: Iterable[dict[str, Any]], what: str = "directoryObjects", *, typed: bool = True
) -> Response:
    """Return one page of these rows with the request's options. A list of one type leaves `@odata.type` out [d]."""
    found = [row for row in rows if request.options.passes(row)]
    if request.options.order:
        found.sort(key=lambda row: str(row.get(request.options.order)).lower(), reverse=request.options.descending)
    return page(request, found, lambda row: _shown(row, request.options.select, typed=typed), what)


def _shown(row: dict[str, Any], select: tuple[str, ...], *, typed: bool) -> dict[str, Any]:
    named = {"@odata.type": row["@odata.type"]} if typed else {}
    if not select:
        return named | {name: value for name, value in row.items() if name != "@odata.type"}
    of_type = TYPES[row["@odata.type"]]
    return named | {
        name: row.get(name, [] if name in of_type.collections else None)
        for name in select
        if name in of_type.properties
    }
