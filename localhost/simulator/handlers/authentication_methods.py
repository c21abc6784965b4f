"""Reading authentication methods: all of a user, those of one kind, one."""

from collections.abc import Callable
from typing import Any

from localhost.simulator.model import method_kinds
from localhost.simulator.model.entities import Method
from localhost.simulator.model.method_kinds import Kind
from localhost.simulator.model.timestamps import precise
from localhost.simulator.protocol.errors import no_method, no_segment
from localhost.simulator.protocol.messages import Request, Response, context
from localhost.simulator.protocol.paging import page
from localhost.simulator.world.world import World


def show(method: Method, *, typed: bool) -> dict[str, Any]:
    """Return one method as JSON, with `@odata.type` where the list is mixed [d]."""
    body: dict[str, Any] = {"@odata.type": method.kind.odata_type} if typed else {}
    body["id"] = method.id
    if not method.created_absent:
        body["createdDateTime"] = (
            precise(method.created, method.id) if method.created_text is None else method.created_text
        )
    return body | method.properties


def list_all(world: World, request: Request) -> Response:
    """Serve `GET /methods`; hardware tokens are in beta's list, in v1.0 only where the tenant says so [d][inf]."""
    tenant, user = request.own_tenant, request.path_user
    hardware = tenant.hardware_missing is None and (request.version == "beta" or tenant.hardware_in_v1)
    seen = user.seen(world.clock(), method_kinds.ALL if hardware else method_kinds.IN_V1)
    body = {
        "@odata.context": context(request, f"users('{user.id}')/authentication/methods"),
        "value": [show(method, typed=True) for method in seen],
    }
    return Response(200, body)


def check_available(request: Request, kind: Kind) -> None:
    """Refuse hardware OATH outside beta and the Global cloud [d].

    Raises:
        GraphError: 400 or 404, the collection does not exist.
    """
    if not kind.beta_only:
        return
    missing = request.own_tenant.hardware_missing
    if request.version != "beta" or missing is not None:
        error = no_segment(kind.collection)
        error.status = missing or 400
        raise error


def list_kind(kind: Kind) -> Callable[[World, Request], Response]:
    def handler(world: World, request: Request) -> Response:
        check_available(request, kind)
        seen = request.path_user.seen(world.clock(), (kind,))
        # The list of hardware tokens names their type and holds the device, without $expand. [d]
        rows = [show(method, typed=kind.beta_only) for method in seen]
        rows = [row for row in rows if request.options.passes(row)]
        what = f"users('{request.path_user.id}')/authentication/{kind.collection}"
        return page(request, rows, lambda row: _chosen(row, request.options.select), what)

    return handler


def _chosen(row: dict[str, Any], select: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not select or name in select or name.startswith("@")}


def get_one(kind: Kind | None) -> Callable[[World, Request], Response]:
    """Serve one method by id, of one kind or (None, `GET /methods/{id}`) of any."""

    def handler(world: World, request: Request) -> Response:
        if kind is not None:
            check_available(request, kind)
        wanted = (kind,) if kind else method_kinds.ALL if request.version == "beta" else method_kinds.IN_V1
        for method in request.path_user.seen(world.clock(), wanted):
            if method.id == request.ids["method"]:
                return Response(200, show(method, typed=True))
        raise no_method(request.ids["method"])

    return handler
