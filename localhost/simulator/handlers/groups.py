"""Groups with their members and owners; a role-assignable group has no groups in it [d]."""

from collections.abc import Iterable
from typing import Any

from localhost.simulator.handlers.directory_objects import group_row, list_objects, user_row
from localhost.simulator.model.entities import Group
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.world import World


def _find(request: Request) -> Group:
    wanted = request.ids["group"]
    if wanted not in request.own_tenant.groups:
        raise GraphError(404, "Request_ResourceNotFound", f"Resource '{wanted}' does not exist.")
    return request.own_tenant.groups[wanted]


def list_groups(_: World, request: Request) -> Response:
    return list_objects(request, map(group_row, request.own_tenant.groups.values()), "groups", typed=False)


def list_members(_: World, request: Request) -> Response:
    """Serve the direct members: users and groups."""
    group = _find(request)
    return list_objects(request, [*_users(request, [group]), *map(group_row, group.nested)])


def list_transitive_members(_: World, request: Request) -> Response:
    """Serve a flat list of all members, those of groups in it and these groups themselves among them. [d]"""
    groups = _with_nested(_find(request))
    return list_objects(request, [*_users(request, groups), *map(group_row, groups[1:])])


def list_member_users(_: World, request: Request) -> Response:
    return list_objects(request, _users(request, [_find(request)]), "users", typed=False)


def list_transitive_users(_: World, request: Request) -> Response:
    return list_objects(request, _users(request, _with_nested(_find(request))), "users", typed=False)


def list_owners(_: World, request: Request) -> Response:
    group = _find(request)
    return list_objects(request, [user_row(user) for user in request.own_tenant.users.values() if group in user.owned])


def _users(request: Request, groups: Iterable[Group]) -> list[dict[str, Any]]:
    ids = {group.id for group in groups}
    return [
        user_row(user) for user in request.own_tenant.users.values() if any(group.id in ids for group in user.groups)
    ]


def _with_nested(group: Group) -> list[Group]:
    """Return the group and all groups in it, each once: they may be in each other."""
    found = {group.id: group}
    waiting = [group]
    while waiting:
        for inner in waiting.pop().nested:
            if inner.id not in found:
                found[inner.id] = inner
                waiting.append(inner)
    return list(found.values())
