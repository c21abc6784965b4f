"""Reading authentication methods: all of a user, those of one kind, one."""

from collections.abc import Callable
from typing import Any

from localhost.simulator.model import method_kinds
from localhost.simulator.model.entities import Method
from localhost.simulator.model.method_kinds import Kind
from localhost.simulator.model.timestamps import stamp
from localhost.simulator.protocol.errors import no_method, no_segment
from localhost.simulator.protocol.messages import Answer, Call, context
from localhost.simulator.world.world import World


def show(method: Method, *, typed: bool, device: bool = False) -> dict[str, Any]:
    """One method as JSON. `@odata.type` is there in the mixed list, where it is needed. [d]"""
    body: dict[str, Any] = {"@odata.type": method.kind.odata_type} if typed else {}
    body["id"] = method.id
    body["createdDateTime"] = stamp(method.created)
    if method.kind is not method_kinds.HARDWARE_OATH:
        body.update(method.properties)
    elif device:  # a relationship: it comes with `$expand=device` [d]
        body["device"] = method.properties["device"]
    return body


def list_all(world: World, call: Call) -> Answer:
    """`GET /methods`. Hardware tokens are in beta's list; in v1.0 only where the tenant says so. [d][inf]"""
    tenant, user = call.home, call.target
    hardware = tenant.hardware_missing is None and (call.version == "beta" or tenant.hardware_in_v1)
    seen = user.seen(world.clock(), method_kinds.ALL if hardware else method_kinds.IN_V1)
    body = {
        "@odata.context": context(call, f"users('{user.id}')/authentication/methods"),
        "value": [show(method, typed=True) for method in seen],
    }
    return Answer(200, body)


def check_available(call: Call, kind: Kind) -> None:
    """Hardware OATH: beta, and the Global cloud only. [d]

    Raises:
        GraphError: 400 or 404, it is not there.
    """
    if not kind.beta_only:
        return
    missing = call.home.hardware_missing
    if call.version != "beta" or missing is not None:
        error = no_segment(kind.collection)
        error.status = missing or 400
        raise error


def list_kind(kind: Kind) -> Callable[[World, Call], Answer]:
    def handler(world: World, call: Call) -> Answer:
        check_available(call, kind)
        device = "device" in call.params.get("$expand", "")
        seen = call.target.seen(world.clock(), (kind,))
        body = {
            "@odata.context": context(call, f"users('{call.target.id}')/authentication/{kind.collection}"),
            "value": [show(method, typed=False, device=device) for method in seen],
        }
        return Answer(200, body)

    return handler


def get_one(kind: Kind | None) -> Callable[[World, Call], Answer]:
    """One method by id, of one kind or (None, `GET /methods/{id}`) of any."""

    def handler(world: World, call: Call) -> Answer:
        if kind is not None:
            check_available(call, kind)
        wanted = (kind,) if kind else method_kinds.ALL if call.version == "beta" else method_kinds.IN_V1
        for method in call.target.seen(world.clock(), wanted):
            if method.id == call.ids["method"]:
                device = "device" in call.params.get("$expand", "")
                return Answer(200, show(method, typed=True, device=device))
        raise no_method(call.ids["method"])

    return handler
