"""The world's own state, for tests in other processes: a user, the tenants, the call log."""

from typing import Any

from localhost.simulator.handlers.authentication_methods import show
from localhost.simulator.model import method_kinds
from localhost.simulator.model.entities import Method, User
from localhost.simulator.model.timestamps import stamp
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.world import World


class NotFoundError(Exception):
    """No such tenant or user in this world."""


def find_user(world: World, request: Request) -> User:
    try:
        return world.user(request.ids["tenant"], request.ids["user"])
    except KeyError as error:
        raise NotFoundError(f"no {error} here") from error


def state_of(method: Method) -> dict[str, Any]:
    return {"kind": method.kind.name, "usable": method.usable, **show(method, typed=True)}


def get_state(world: World, request: Request) -> Response:
    """Return a user's actual state, whatever Graph's delayed reads still show."""
    user = find_user(world, request)
    methods = [state_of(method) for method in user.methods.values() if method.kind is not method_kinds.PASSWORD]
    body = {
        "id": user.id,
        "userPrincipalName": user.upn,
        "displayName": user.name,
        "preferred": user.preferred,
        "accountEnabled": user.enabled,
        "risk": user.risk,
        "sessionsRevokedAt": stamp(user.sessions_revoked_at),
        "methods": methods,
    }
    return Response(200, body)


def list_tenants(world: World, _: Request) -> Response:
    rows = [
        {"id": t.id, "key": t.key, "displayName": t.name, "domain": t.domain, "users": len(t.users)}
        for t in world.tenants.values()
    ]
    return Response(200, {"value": rows})


def get_calls(world: World, request: Request) -> Response:
    """List the kept calls, filtered by `?tenant=&user=&method=&ending=&containing=`, and count all since the last DELETE."""
    params = request.params
    records = world.calls.matching(
        tenant=params.get("tenant"),
        user=params.get("user"),
        verb=params.get("method"),
        ending=params.get("ending", ""),
        containing=params.get("containing", ""),
    )
    rows = [
        {
            "at": record.at.isoformat().replace("+00:00", "Z"),
            "tenant": record.tenant,
            "method": record.verb,
            "path": record.path,
            "template": record.template,
            "user": record.user,
            "status": record.status,
            "inBatch": record.in_batch,
        }
        for record in records
    ]
    counts = [
        {"method": verb, "template": template, "status": status, "count": count}
        for (verb, template, status), count in world.calls.counts.items()
    ]
    return Response(200, {"value": rows, "counts": counts})
