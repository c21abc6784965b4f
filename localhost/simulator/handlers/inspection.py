"""What is really so, for tests in other processes: the state of a user, the tenants, the calls that came."""

from typing import Any

from localhost.simulator.handlers.authentication_methods import show
from localhost.simulator.model import method_kinds
from localhost.simulator.model.entities import Method, User
from localhost.simulator.model.timestamps import stamp
from localhost.simulator.protocol.messages import Answer, Call
from localhost.simulator.world.world import World


class NotFoundError(Exception):
    """No such tenant or user in this world."""


def found(world: World, call: Call) -> User:
    try:
        return world.user(call.ids["tenant"], call.ids["user"])
    except KeyError as error:
        raise NotFoundError(f"no {error} here") from error


def truth(method: Method) -> dict[str, Any]:
    return {"kind": method.kind.name, "usable": method.usable, **show(method, typed=True, device=True)}


def get_state(world: World, call: Call) -> Answer:
    """What is really so, whatever late readers see."""
    user = found(world, call)
    methods = [truth(method) for method in user.methods.values() if method.kind is not method_kinds.PASSWORD]
    body = {
        "id": user.id,
        "userPrincipalName": user.upn,
        "displayName": user.name,
        "preferred": user.preferred,
        "sessionsRevokedAt": stamp(user.sessions_revoked_at),
        "methods": methods,
    }
    return Answer(200, body)


def list_tenants(world: World, _: Call) -> Answer:
    rows = [
        {"id": t.id, "key": t.key, "displayName": t.name, "domain": t.domain, "users": len(t.users)}
        for t in world.tenants.values()
    ]
    return Answer(200, {"value": rows})


def get_calls(world: World, call: Call) -> Answer:
    """`?tenant=&user=&method=&ending=&containing=`; the counters are of all calls since the last DELETE."""
    params = call.params
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
    return Answer(200, {"value": rows, "counts": counts})
