"""Groups with their members and owners; a role-assignable group has no groups in it [d], and here no other has."""

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
    group = _find(request)
    return list_objects(request, [user_row(user) for user in request.own_tenant.users.values() if group in user.groups])


def list_owners(_: World, request: Request) -> Response:
    group = _find(request)
    return list_objects(request, [user_row(user) for user in request.own_tenant.users.values() if group in user.owned])
