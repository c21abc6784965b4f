"""Users: listed, counted, read one by one, and their managers."""

from collections.abc import Callable, Iterable
from typing import Any

from localhost.simulator.model.entities import User
from localhost.simulator.model.timestamps import stamp
from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response, context
from localhost.simulator.protocol.paging import page
from localhost.simulator.protocol.resource_types import USER
from localhost.simulator.world.world import World

# What the simulator knows of a user; every other property of the type is null or empty.
FIELDS: dict[str, Callable[[User], Any]] = {
    "id": lambda user: user.id,
    "displayName": lambda user: user.name,
    "userPrincipalName": lambda user: user.upn,
    "mail": lambda user: user.mail,
    "accountEnabled": lambda user: user.enabled,
    "userType": lambda user: user.type,
    "usageLocation": lambda user: user.country,
    "preferredLanguage": lambda user: user.language,
    "createdDateTime": lambda user: stamp(user.created),
    "onPremisesSyncEnabled": lambda user: user.synced,
    "signInSessionsValidFromDateTime": lambda user: stamp(user.sessions_revoked_at or user.created),
    "givenName": lambda user: user.name.partition(" ")[0],
    "surname": lambda user: user.name.partition(" ")[2] or None,
}
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


def show_user(user: User, names: Iterable[str] = DEFAULT) -> dict[str, Any]:
    """Return these properties of a user as JSON."""
    return {name: _value(user, name) for name in names}


def _value(user: User, name: str) -> Any:
    reader = FIELDS.get(name)
    if reader is not None:
        return reader(user)
    return [] if name in USER.collections else None


def _matching(request: Request) -> list[User]:
    users = list(request.own_tenant.users.values())
    options = request.options
    if options.where is None and options.search is None:
        return users
    return [user for user in users if options.passes(Row(user))]


def list_users(_: World, request: Request) -> Response:
    """Serve `GET /users`: $filter, $search, $select, $expand=manager, $orderby, $top <= 999, $count [d]."""
    users, options = _matching(request), request.options
    if options.order:
        read = FIELDS[options.order]
        users.sort(key=lambda user: str(read(user)).lower(), reverse=options.descending)
    return page(request, users, lambda user: _shown(request, user), "users")


def count_users(_: World, request: Request) -> Response:
    """Serve `GET /users/$count`: a number as text; an error without `ConsistencyLevel: eventual` [d]."""
    if not request.eventual or not request.own_tenant.advanced_queries:
        raise GraphError(400, "Request_BadRequest", "$count is not currently supported.")
    return Response(200, str(len(_matching(request))).encode(), {"content-type": "text/plain"})


def get_user(_: World, request: Request) -> Response:
    return Response(200, {"@odata.context": context(request, "users/$entity"), **_shown(request, request.path_user)})


def _shown(request: Request, user: User) -> dict[str, Any]:
    shown = show_user(user, request.options.select or DEFAULT)
    if "manager" in request.options.expand:
        manager = request.own_tenant.users.get(user.manager or "")
        if manager is not None:
            names = request.options.expand["manager"] or DEFAULT
            shown["manager"] = {"@odata.type": "#microsoft.graph.user"} | show_user(manager, names)
    return shown


def get_manager(_: World, request: Request) -> Response:
    manager = request.own_tenant.users.get(request.path_user.manager or "")
    if manager is None:
        raise GraphError(404, "Request_ResourceNotFound", "Resource 'manager' does not exist.")
    body = {"@odata.context": context(request, "directoryObjects/$entity"), "@odata.type": "#microsoft.graph.user"}
    return Response(200, body | show_user(manager, request.options.select or DEFAULT))


def revoke_sessions(world: World, request: Request) -> Response:
    """Serve `POST revokeSignInSessions`: 200 and true; no effect on external users, who sign in elsewhere [d]."""
    if request.path_user.type == "Member":
        request.path_user.sessions_revoked_at = world.clock()
    return Response(200, {"@odata.context": context(request, "Edm.Boolean"), "value": True})
