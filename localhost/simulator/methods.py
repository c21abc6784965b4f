"""Reading authentication methods: all of a user, those of one kind, one."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from localhost.simulator import kinds
from localhost.simulator.entities import Method
from localhost.simulator.errors import no_method, no_segment
from localhost.simulator.kinds import Kind
from localhost.simulator.wire import Answer, Call, context

if TYPE_CHECKING:
    from localhost.simulator.world import World


def stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def show(method: Method, *, typed: bool, device: bool = False) -> dict[str, Any]:
    """One method as JSON. `@odata.type` is there in the mixed list, where it is needed. [d]"""
    body: dict[str, Any] = {"@odata.type": method.kind.odata_type} if typed else {}
    body["id"] = method.id
    body["createdDateTime"] = stamp(method.created)
    if method.kind is not kinds.HARDWARE_OATH:
        body.update(method.properties)
    elif device:  # a relationship: it comes with `$expand=device` [d]
        body["device"] = method.properties["device"]
    return body


def list_all(world: "World", call: Call) -> Answer:
    """`GET /methods`. Hardware tokens are in beta's list; in v1.0 only where the tenant says so. [d][inf]"""
    tenant, user = call.home, call.target
    hardware = tenant.hardware_missing is None and (call.version == "beta" or tenant.hardware_in_v1)
    seen = user.seen(world.clock(), kinds.ALL if hardware else kinds.IN_V1)
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


def list_kind(kind: Kind) -> Callable[["World", Call], Answer]:
    def handler(world: "World", call: Call) -> Answer:
        check_available(call, kind)
        device = "device" in call.params.get("$expand", "")
        seen = call.target.seen(world.clock(), (kind,))
        body = {
            "@odata.context": context(call, f"users('{call.target.id}')/authentication/{kind.collection}"),
            "value": [show(method, typed=False, device=device) for method in seen],
        }
        return Answer(200, body)

    return handler


def get_one(kind: Kind | None) -> Callable[["World", Call], Answer]:
    """One method by id, of one kind or (None, `GET /methods/{id}`) of any."""

    def handler(world: "World", call: Call) -> Answer:
        if kind is not None:
            check_available(call, kind)
        wanted = (kind,) if kind else kinds.ALL if call.version == "beta" else kinds.IN_V1
        for method in call.target.seen(world.clock(), wanted):
            if method.id == call.ids["method"]:
                device = "device" in call.params.get("$expand", "")
                return Answer(200, show(method, typed=True, device=device))
        raise no_method(call.ids["method"])

    return handler
