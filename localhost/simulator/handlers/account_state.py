"""Whether a user may sign in, and what an administrator says of the user's risk."""

from collections.abc import Callable
from typing import Any, Literal

from localhost.simulator.protocol.errors import GraphError, forbidden_directory
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.world import World

MOST_RISKY_USERS = 60  # in one call [d riskyuser-dismiss, beta]


def set_enabled(_: World, request: Request) -> Response:
    """Serve `PATCH /users/{id}` for accountEnabled alone: 204 [d user-update].

    Raises:
        GraphError: 400, another property, no boolean, or a synchronised user of a tenant that refuses those; 403, the user holds
            a directory role and the application holds none [d user-update].
    """
    body, user, tenant = request.json(), request.path_user, request.own_tenant
    enabled = body.get("accountEnabled")
    if set(body) != {"accountEnabled"} or not isinstance(enabled, bool):
        raise GraphError(400, "Request_BadRequest", "The simulator takes accountEnabled alone, true or false.")
    if user.active_roles and not tenant.application_is_administrator:
        raise forbidden_directory(frozenset())
    if user.synced and tenant.synced_accounts == "refused":
        raise GraphError(
            400,
            "Request_BadRequest",
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently"
            " undergoing migration.",
        )
    user.enabled = enabled
    return Response(204)


def set_risk(risk: Literal["none", "high"]) -> Callable[[World, Request], Response]:
    """Serve `POST riskyUsers/confirmCompromised` and `dismiss`: 204; 403 without a P2 licence [d]."""

    def handler(_: World, request: Request) -> Response:
        ids: Any = request.json().get("userIds")
        if not isinstance(ids, list) or not ids or len(ids) > MOST_RISKY_USERS:
            raise GraphError(400, "BadRequest", f"userIds must name 1 to {MOST_RISKY_USERS} users.")
        if not request.own_tenant.identity_protection:
            raise GraphError(403, "Forbidden", "Your tenant is not licensed for this feature.")
        users = [request.own_tenant.users.get(str(user_id)) for user_id in ids]
        if not all(users):
            raise GraphError(404, "ResourceNotFound", "A user of userIds does not exist.")
        for user in users:
            if user is not None:
                user.risk = risk
        return Response(204)

    return handler
