"""Removing a method: the rules, and what fails silently."""

from datetime import timedelta

from localhost.simulator.handlers.default_method import refuse_default
from localhost.simulator.model import method_kinds
from localhost.simulator.model.entities import Method
from localhost.simulator.model.method_kinds import Kind
from localhost.simulator.model.preferences import settle_default
from localhost.simulator.protocol.errors import GraphError, no_method, no_such_resource, no_verb
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.directory_audits import ADMIN_DELETED
from localhost.simulator.world.world import World


def find(request: Request, kind: Kind) -> Method:
    """Return the method that the path names, in its actual state.

    Raises:
        GraphError: 404, the user has no such method of this kind (any more).
    """
    method = request.path_user.methods.get(request.ids["method"])
    if method is None or method.kind is not kind:
        raise no_method(request.ids["method"])
    return method


def delete(world: World, request: Request, kind: Kind) -> Response:
    """Serve `DELETE .../{collection}/{id}` (or `/{id}/$ref` for external methods): 204 [d].

    Removals of one user that run side by side, or in one batch without `dependsOn`, collide: each gets
    204 and only the first is done [c]. Nothing in the responses shows it; only reading again does.
    """
    user, method = request.path_user, find(request, kind)
    if request.collides:
        return Response(204)
    if method.phone_type == "mobile" and method_kinds.PHONE_IDS["alternateMobile"] in user.methods:
        # An alternate mobile number cannot exist without a mobile one [d]; the words are ours [inf].
        raise GraphError(400, "badRequest", "The mobile phone cannot be deleted while there is an alternate mobile.")
    refuse_default(world, user, method)
    change(world, request, method)
    del user.methods[method.id]  # the last one may go, too [d]
    settle_default(user)
    world.audits.by_app(request.own_tenant, user, ADMIN_DELETED, world.clock(), request.client_id)
    return Response(204)


def change(world: World, request: Request, method: Method) -> None:
    """Keep what delayed reads go on showing; call it before a method changes."""
    world.keep_report(request.path_user)
    seconds = request.visible_after_seconds
    until = None if seconds is None else world.clock() + timedelta(seconds=seconds)
    request.path_user.keep_stale(method, request.visible_after_reads, until)


def delete_nothing(_: World, request: Request) -> Response:
    """Refuse `DELETE /methods/{id}` [i] and external methods without `/$ref` [inf]: there is no such resource."""
    raise no_such_resource(request.base, request.path)


def delete_password(_: World, request: Request) -> Response:
    """Refuse to delete the password [d]; with which status is not documented [inf]."""
    raise no_verb()
