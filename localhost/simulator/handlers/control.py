"""`/simulator/...`: faults, switches and the truth, for tests that run in another process. Graph has none of this."""

import re
from collections.abc import Callable
from typing import Any

from localhost.simulator.handlers.inspection import NotFoundError, found, truth
from localhost.simulator.model.method_kinds import BY_NAME
from localhost.simulator.model.timestamps import stamp
from localhost.simulator.protocol.messages import Answer, Call
from localhost.simulator.world.faults import RULE_FIELDS
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
}
FAULT_NAMES = {
    "retryAfter": "retry_after",
    "visibleAfterReads": "visible_after_reads",
    "visibleAfterSeconds": "visible_after_seconds",
}


def _refused(text: str) -> Answer:
    return Answer(400, {"error": text})


def add_fault(world: World, call: Call) -> Answer:
    """The fields of faults.Rule. Answers with the rule's id."""
    body = {FAULT_NAMES.get(name, name): value for name, value in call.json().items()}
    unknown = sorted(set(body) - RULE_FIELDS)
    if unknown:
        return _refused(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(RULE_FIELDS))}")
    return Answer(201, {"id": world.faults.add(**body).id})


def list_faults(world: World, _: Call) -> Answer:
    return Answer(
        200, {"value": [{"id": rule.id, "hits": rule.hits, "seen": rule.seen} for rule in world.faults.rules]}
    )


def clear_faults(world: World, _: Call) -> Answer:
    world.faults.clear()
    return Answer(204)


def add_limit(world: World, call: Call) -> Answer:
    body = call.json()
    world.throttle.limit(
        float(body["rate"]),
        float(body["burst"]),
        tenant=body.get("tenant"),
        path=body.get("path", "*"),
        fractional=bool(body.get("fractional", False)),
        retry_after=body.get("retryAfter"),
    )
    return Answer(201, {})


def clear_limits(world: World, _: Call) -> Answer:
    world.throttle.clear()
    return Answer(204)


def _set(target: object, switches: dict[str, str], body: dict[str, Any]) -> Answer:
    unknown = sorted(set(body) - set(switches))
    if unknown:
        return _refused(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(switches))}")
    for name, value in body.items():
        setattr(target, switches[name], value)
    return Answer(200, {name: getattr(target, attribute) for name, attribute in switches.items()})


def set_world(world: World, call: Call) -> Answer:
    return _set(world, WORLD_SWITCHES, call.json())


def set_tenant(world: World, call: Call) -> Answer:
    tenant = world.find_tenant(call.ids["tenant"])
    if tenant is None:
        raise NotFoundError(f"no tenant {call.ids['tenant']}")
    body = call.json()
    if "granted" in body:
        granted = body.pop("granted")
        tenant.granted = None if granted is None else frozenset(granted)
    return _set(tenant, TENANT_SWITCHES, body)


def set_bouncing(world: World, call: Call) -> Answer:
    """Which addresses take no mail from now on, and why: `{"lead@msp.example": "5.1.10"}`."""
    body = call.json()
    for address, code in body.items():
        if "@" not in address or not CODE.fullmatch(str(code)):
            return _refused(f"{address!r}: an address and a status code such as 5.1.10")
    world.inbox.bouncing = {address.lower(): str(code) for address, code in body.items()}
    return Answer(200, world.inbox.bouncing)


def advance_clock(world: World, call: Call) -> Answer:
    world.advance(float(call.json()["seconds"]))
    return Answer(200, {"now": stamp(world.clock())})


def register(world: World, call: Call) -> Answer:
    """A user registers a method again: `{"kind": "phone", "phoneType": "mobile", "prefer": "sms"}`."""
    body = call.json()
    kind = body.pop("kind", None)
    if kind not in BY_NAME:
        return _refused(f"kind is one of {', '.join(BY_NAME)}")
    found(world, call)
    method = world.register(call.ids["tenant"], call.ids["user"], kind, **body)
    return Answer(201, truth(method))


def clear_calls(world: World, _: Call) -> Answer:
    world.calls.clear()
    return Answer(204)


def guarded(handler: Callable[[World, Call], Answer]) -> Callable[[World, Call], Answer]:
    """Mistakes of a test come back as 400 and 404 that say what is wrong."""

    def call_it(world: World, call: Call) -> Answer:
        try:
            return handler(world, call)
        except NotFoundError as error:
            return Answer(404, {"error": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            return _refused(f"{type(error).__name__}: {error}")

    return call_it
