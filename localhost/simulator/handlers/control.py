"""`/simulator/...`: faults, switches and limits, for tests that run in another process. Graph has none of this."""

import re
from collections.abc import Callable
from typing import Any

from localhost.simulator.handlers.inspection import NotFoundError, find_user, state_of
from localhost.simulator.model.method_kinds import BY_NAME
from localhost.simulator.model.timestamps import stamp
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.faults import KNOWN_FAULTS, RULE_FIELDS
from localhost.simulator.world.world import World

CODE = re.compile(r"[45]\.\d{1,3}\.\d{1,3}", re.ASCII)
WORLD_SWITCHES = {
    "clientSecret": "client_secret",
    "enforcesDefault": "enforces_default",
    "defaultText": "default_text",
    "defaultBlockers": "default_blockers",
    "collisions": "collisions",
}
TENANT_SWITCHES = {
    "consented": "consented",
    "premium": "premium",
    "enforces": "enforces",
    "registering": "registering",
    "hardwareMissing": "hardware_missing",
    "hardwareInV1": "hardware_in_v1",
    "applicationIsAdministrator": "application_is_administrator",
    "syncedAccounts": "synced_accounts",
    "identityProtection": "identity_protection",
    "smsSignIn": "sms_sign_in",
    "passesEnabled": "passes_enabled",
    "passesReplace": "passes_replace",
    "advancedQueries": "advanced_queries",
    "privilegedIdentityManagement": "privileged_identity_management",
}
FAULT_NAMES = {
    "retryAfter": "retry_after",
    "visibleAfterReads": "visible_after_reads",
    "visibleAfterSeconds": "visible_after_seconds",
    "inGroup": "in_group",
}


def _refused(text: str) -> Response:
    return Response(400, {"error": text})


def add_fault(world: World, request: Request) -> Response:
    """Add a rule with the fields of faults.Rule; the response holds its id.

    `"known"` names one of KNOWN_FAULTS, which the other fields narrow down.
    """
    body = {FAULT_NAMES.get(name, name): value for name, value in request.json().items()}
    known = body.pop("known", None)
    if known is not None and known not in KNOWN_FAULTS:
        return _refused(f"known is one of {', '.join(KNOWN_FAULTS)}")
    unknown = sorted(set(body) - RULE_FIELDS)
    if unknown:
        return _refused(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(RULE_FIELDS))}")
    rule = world.faults.add(**body) if known is None else world.faults.add_known(known, **body)
    return Response(201, {"id": rule.id})


def list_faults(world: World, _: Request) -> Response:
    return Response(
        200, {"value": [{"id": rule.id, "hits": rule.hits, "seen": rule.seen} for rule in world.faults.rules]}
    )


def clear_faults(world: World, _: Request) -> Response:
    world.faults.clear()
    return Response(204)


def add_limit(world: World, request: Request) -> Response:
    body = request.json()
    world.throttle.limit(
        float(body["rate"]),
        float(body["burst"]),
        tenant=body.get("tenant"),
        path=body.get("path", "*"),
        fractional=bool(body.get("fractional", False)),
        retry_after=body.get("retryAfter"),
    )
    return Response(201, {})


def clear_limits(world: World, _: Request) -> Response:
    world.throttle.clear()
    return Response(204)


def _set(target: object, switches: dict[str, str], body: dict[str, Any]) -> Response:
    unknown = sorted(set(body) - set(switches))
    if unknown:
        return _refused(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(switches))}")
    for name, value in body.items():
        setattr(target, switches[name], value)
    return Response(200, {name: getattr(target, attribute) for name, attribute in switches.items()})


def set_world(world: World, request: Request) -> Response:
    return _set(world, WORLD_SWITCHES, request.json())


def set_tenant(world: World, request: Request) -> Response:
    tenant = world.find_tenant(request.ids["tenant"])
    if tenant is None:
        raise NotFoundError(f"no tenant {request.ids['tenant']}")
    body = request.json()
    if "granted" in body:
        granted = body.pop("granted")
        tenant.granted = None if granted is None else frozenset(granted)
    if "grantedTo" in body:  # by client id
        tenant.granted_to = {client: frozenset(names) for client, names in body.pop("grantedTo").items()}
    return _set(tenant, TENANT_SWITCHES, body)


def relate(world: World, request: Request) -> Response:
    """Add a relationship of a partner: `{"customer": "contoso", "days": 20}`, or a new tenant by `name` and `domain`."""
    body = request.json()
    if "roles" in body:
        body["roles"] = tuple(body["roles"])
    return Response(201, {"id": world.relate(request.ids["tenant"], **body).id})


def set_bouncing(world: World, request: Request) -> Response:
    """Set which addresses accept no mail from now on, each with its status code: `{"lead@msp.example": "5.1.10"}`."""
    body = request.json()
    for address, code in body.items():
        if "@" not in address or not CODE.fullmatch(str(code)):
            return _refused(f"{address!r}: an address and a status code such as 5.1.10")
    world.inbox.bouncing = {address.lower(): str(code) for address, code in body.items()}
    return Response(200, world.inbox.bouncing)


def advance_clock(world: World, request: Request) -> Response:
    world.advance(float(request.json()["seconds"]))
    return Response(200, {"now": stamp(world.clock())})


def register(world: World, request: Request) -> Response:
    """Register a method for a user: `{"kind": "phone", "phoneType": "mobile", "prefer": "sms"}`."""
    body = request.json()
    kind = body.pop("kind", None)
    if kind not in BY_NAME:
        return _refused(f"kind is one of {', '.join(BY_NAME)}")
    find_user(world, request)
    method = world.register(request.ids["tenant"], request.ids["user"], kind, **body)
    return Response(201, state_of(method))


def make_eligible(world: World, request: Request) -> Response:
    """Make a user eligible: `{"role": "Global Administrator"}` or `{"group": "Tier 0", "access": "owner"}`."""
    body, user = request.json(), find_user(world, request)
    eligible = {"role": body.get("role"), "group": body.get("group"), "access": body.get("access", "member")}
    world.make_eligible(request.ids["tenant"], user.id, **eligible)
    return Response(204)


def clear_calls(world: World, _: Request) -> Response:
    world.calls.clear()
    return Response(204)


def guarded(handler: Callable[[World, Request], Response]) -> Callable[[World, Request], Response]:
    """Turn mistakes of a test into 400 and 404 responses that say what is wrong."""

    def guarded_handler(world: World, request: Request) -> Response:
        try:
            return handler(world, request)
        except NotFoundError as error:
            return Response(404, {"error": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            return _refused(f"{type(error).__name__}: {error}")

    return guarded_handler
