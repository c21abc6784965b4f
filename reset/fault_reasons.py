"""Stable reasons of targets that a fault of Graph's ended."""

from graph.errors import Fault, GraphError

_REASONS = {
    Fault.THROTTLED: "throttled",
    Fault.UNAVAILABLE: "customerUnreachable",
    Fault.FORBIDDEN: "forbidden",
    Fault.NOT_FOUND: "userNotFound",
}


def reason_of(error: GraphError, *, of_one_user: bool = False) -> str:
    """Return the reason of a target whose user could not be read, or at whom a change got no answer.

    `of_one_user`: the customer answered for others. A refusal (400, 423) always speaks of the one user it was about.
    """
    if error.of_tenant or error.fault is Fault.REJECTED:
        return error.reason
    if of_one_user and error.fault is Fault.UNAVAILABLE:
        return "methodsUnreadable"
    return _REASONS.get(error.fault, "methodsUnreadable")
