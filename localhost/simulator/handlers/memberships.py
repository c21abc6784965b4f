"""What a user is a member of and owns: the directory roles and role-assignable groups make some users privileged.

Active memberships only: who is merely eligible is in none of these lists, see role_management.py. [i]
"""

from collections.abc import Callable
from typing import Any

from localhost.simulator.handlers.directory_objects import group_row, list_objects, role_row
from localhost.simulator.model.entities import User
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.world import World

Rows = Callable[[User], list[dict[str, Any]]]


def roles(user: User) -> list[dict[str, Any]]:
    return [role_row(role) for role in user.active_roles]


def direct_roles(user: User) -> list[dict[str, Any]]:
    return [role_row(role) for role in user.roles]


def groups(user: User) -> list[dict[str, Any]]:
    return [group_row(group) for group in user.groups]


def owned_groups(user: User) -> list[dict[str, Any]]:
    return [group_row(group) for group in user.owned]


def list_mixed(*parts: Rows) -> Callable[[World, Request], Response]:
    """Serve a list of several types, each row with its `@odata.type`."""

    def handler(_: World, request: Request) -> Response:
        return list_objects(request, [row for rows in parts for row in rows(request.path_user)])

    return handler


def list_cast(rows: Rows, what: str) -> Callable[[World, Request], Response]:
    """Serve a list that a cast limits to one type."""

    def handler(_: World, request: Request) -> Response:
        return list_objects(request, rows(request.path_user), what, typed=False)

    return handler
