"""Users, and the roles and groups that make some of them privileged."""

from collections.abc import Callable, Iterable
from typing import Any

from localhost.simulator.model.entities import Group, Role, User
from localhost.simulator.model.timestamps import stamp
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.filters import Filter, Test, search
from localhost.simulator.protocol.messages import Request, Response, context
from localhost.simulator.protocol.odata import page, selected
from localhost.simulator.world.world import World

FIELDS: dict[str, Callable[[User], Any]] = {
    "id": lambda user: user.id,
    "displayName": lambda user: user.name,
    "userPrincipalName": lambda user: user.upn,
    "mail": lambda user: user.mail,
    "accountEnabled": lambda user: user.enabled,
    "userType": lambda user: user.type,
    "createdDateTime": lambda user: stamp(user.created),
    "onPremisesSyncEnabled": lambda user: user.synced,
    "signInSessionsValidFromDateTime": lambda user: stamp(user.sessions_revoked_at or user.created),
    "givenName": lambda user: user.name.partition(" ")[0],
    "surname": lambda user: user.name.partition(" ")[2] or None,
    "jobTitle": lambda _: None,
    "mobilePhone": lambda _: None,
    "officeLocation": lambda _: None,
    "preferredLanguage": lambda _: None,
    "businessPhones": lambda _: [],
}
KNOWN = frozenset(FIELDS)
# Without $select only these come; accountEnabled and userType, for example, do not. [d]
DEFAULT = (
    "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName", "id",
)  # fmt: skip


class Row(dict[str, Any]):
    """A user as a mapping that computes only the fields that a filter asks for."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user

    def get(self, key: str, default: Any = None) -> Any:
        reader = FIELDS.get(key)
        return default if reader is None else reader(self.user)


def list_users(_: World, request: Request) -> Response:
    """Serve `GET /users`: $filter, $search (needs ConsistencyLevel: eventual), $select, $top <= 999, $count [d]."""
    params = request.params
    names = selected(request, KNOWN, DEFAULT)
    users = list(request.own_tenant.users.values())
    tests: list[Test] = []
    if "$search" in params:
        if not request.eventual:
            raise GraphError(  # [i]
                400,
                "Request_UnsupportedQuery",
                "Request with $search query parameter only works through MSGraph with a special request header:"
                " 'ConsistencyLevel: eventual'",
            )
        tests.append(search(params["$search"]))
    if "$filter" in params:
        tests.append(Filter(params["$filter"]).parse())
    if tests:
        users = [user for user in users if _passes(Row(user), tests)]
    if "$orderby" in params:
        users = _sorted(users, params["$orderby"])
    counted = request.eventual and params.get("$count", "").lower() == "true"
    return page(request, users, lambda user: _show(user, names), "users", count=counted)


def _passes(row: Row, tests: list[Test]) -> bool:
    return all(test(row) for test in tests)


def _sorted(users: list[User], order: str) -> list[User]:
    name, _, direction = order.partition(" ")
    if name not in {"displayName", "userPrincipalName", "createdDateTime"}:
        raise GraphError(400, "Request_UnsupportedQuery", f"Sorting by '{name}' is not supported.")
    read = FIELDS[name]
    return sorted(users, key=lambda user: str(read(user)).lower(), reverse=direction.strip().lower() == "desc")


def _show(user: User, names: Iterable[str]) -> dict[str, Any]:
    return {name: FIELDS[name](user) for name in names}


def get_user(_: World, request: Request) -> Response:
    names = selected(request, KNOWN, DEFAULT)
    return Response(200, {"@odata.context": context(request, "users/$entity"), **_show(request.path_user, names)})


def get_manager(_: World, request: Request) -> Response:
    manager = request.own_tenant.users.get(request.path_user.manager or "")
    if manager is None:
        raise GraphError(404, "Request_ResourceNotFound", "Resource 'manager' does not exist.")
    names = selected(request, KNOWN, DEFAULT)
    body = {"@odata.context": context(request, "directoryObjects/$entity"), "@odata.type": "#microsoft.graph.user"}
    return Response(200, body | _show(manager, names))


def show_role(role: Role) -> dict[str, Any]:
    return {"id": role.id, "displayName": role.name, "roleTemplateId": role.template_id}


def show_group(group: Group) -> dict[str, Any]:
    return {"id": group.id, "displayName": group.name, "isAssignableToRole": group.assignable_to_role or None}


def _listing(request: Request, what: str, rows: list[dict[str, Any]]) -> Response:
    params = request.params
    if "$filter" in params:
        test = Filter(params["$filter"]).parse()
        rows = [row for row in rows if test(row)]
    names = [name for name in params.get("$select", "").split(",") if name]
    return page(request, rows, lambda row: {k: v for k, v in row.items() if not names or k in names}, what)


def list_roles(_: World, request: Request) -> Response:
    """List the directory roles of a user: app-only permissions reset Global Administrators too, so callers read this first [d]."""
    return _listing(request, "directoryRoles", [show_role(role) for role in request.path_user.roles])


def list_groups(_: World, request: Request) -> Response:
    return _listing(request, "groups", [show_group(group) for group in request.path_user.groups])


def list_owned(_: World, request: Request) -> Response:
    return _listing(request, "groups", [show_group(group) for group in request.path_user.owned])


def revoke_sessions(world: World, request: Request) -> Response:
    """Serve `POST revokeSignInSessions`: 200 and true; no effect on external users, who sign in elsewhere [d]."""
    if request.path_user.type == "Member":
        request.path_user.sessions_revoked_at = world.clock()
    return Response(200, {"@odata.context": context(request, "Edm.Boolean"), "value": True})
