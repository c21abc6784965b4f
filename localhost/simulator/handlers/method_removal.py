"""Taking a method away: the rules, and what goes wrong silently."""

from datetime import timedelta

from localhost.simulator.handlers.default_method import refuse_default
from localhost.simulator.model import method_kinds
from localhost.simulator.model.entities import Method
from localhost.simulator.model.method_kinds import Kind
from localhost.simulator.model.preferences import settle_default
from localhost.simulator.protocol.errors import GraphError, no_method, no_such_resource, no_verb
from localhost.simulator.protocol.messages import Answer, Call
from localhost.simulator.world.world import World


def find(call: Call, kind: Kind) -> Method:
    """The method that the path names, as it truly is.

    Raises:
        GraphError: 404, the user has no such method of this kind (any more).
    """
    method = call.target.methods.get(call.ids["method"])
    if method is None or method.kind is not kind:
        raise no_method(call.ids["method"])
    return method


def delete(world: World, call: Call, kind: Kind) -> Answer:
    """`DELETE .../{collection}/{id}` (or `/{id}/$ref` for external methods): 204. [d]

    Removals of one user that run side by side, or in one batch without `dependsOn`, collide: each is answered
    with 204 and only the first is done. [c] Nothing in the answers tells; only reading again does.
    """
    user, method = call.target, find(call, kind)
    if call.collides:
        return Answer(204)
    if method.phone_type == "mobile" and method_kinds.PHONE_IDS["alternateMobile"] in user.methods:
        # An alternate mobile number cannot exist without a mobile one [d]; the words are ours [inf].
        raise GraphError(400, "badRequest", "The mobile phone cannot be deleted while there is an alternate mobile.")
    refuse_default(world, user, method)
    change(world, call, method)
    del user.methods[method.id]  # the last one may go, too [d]
    settle_default(user)
    return Answer(204)


def change(world: World, call: Call, method: Method) -> None:
    """Call before a method changes: keeps what late readers go on seeing."""
    world.freeze_report(call.target)
    seconds = call.visible_after_seconds
    until = None if seconds is None else world.clock() + timedelta(seconds=seconds)
    call.target.leave_ghost(method, call.visible_after_reads, until)


def delete_nothing(_: World, call: Call) -> Answer:
    """`DELETE /methods/{id}`, and external methods without `/$ref`: no such resource. [i] for the first, [inf]."""
    raise no_such_resource(call.base, call.path)


def delete_password(_: World, call: Call) -> Answer:
    """The password cannot be deleted [d]; with which status is not documented [inf]."""
    raise no_verb()
