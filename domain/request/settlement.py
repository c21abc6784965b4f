"""How what was seen and answered becomes the outcome of a method and the reason of a target."""

from collections.abc import Iterable

from domain.methods import MethodType
from domain.outcomes import MethodOutcome, TargetOutcome
from domain.request.target import Answered, TargetMethod

# The first of these that a target has tells why it did not end well.
_BAD = {
    MethodOutcome.FORBIDDEN: "forbidden",
    MethodOutcome.THROTTLED: "throttled",
    MethodOutcome.REFUSED_DEFAULT: "refusedDefault",
    MethodOutcome.FAILED: "notRemoved",
    MethodOutcome.UNVERIFIED: "unverified",
}


def gone(method: TargetMethod) -> None:
    """A read shows that the registration is not there any more."""
    method.detail = ""
    if method.answered is Answered.SENT:
        method.detail = "Graph's answer to the removal was lost; the method is gone."
    elif method.answered is Answered.BEGUN:
        method.detail = "The reset was interrupted while it removed; the method is gone."
    if not method.in_doubt and method.answered is not Answered.REMOVED:
        method.outcome = MethodOutcome.ALREADY_GONE
    elif method.type is MethodType.HARDWARE_OATH:
        method.outcome = MethodOutcome.DEACTIVATED
    else:
        method.outcome = MethodOutcome.DELETED


def newer(method: TargetMethod) -> None:
    method.outcome = MethodOutcome.KEPT_NEWER
    method.detail = "Registered after the plan was made; not touched."


def uncertain(method: TargetMethod) -> None:
    """Listed, but after an interruption nobody can tell whether it is the old registration or a new one of the same number."""
    method.outcome = MethodOutcome.UNVERIFIED
    method.detail = (
        "The reset was interrupted here, and the user may have registered it again since; it was left alone."
    )


def still_listed(method: TargetMethod) -> None:
    method.outcome = MethodOutcome.UNVERIFIED
    method.detail = (
        "Graph accepted the removal, but the method is still listed."
        if method.answered is Answered.REMOVED
        else "Whether the removal was done could not be seen."
    )


def why(outcome: TargetOutcome, methods: Iterable[TargetMethod]) -> tuple[str, str]:
    """The stable reason and the sentence for an outcome that is not a good one."""
    if outcome in {TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}:
        return "", ""
    ends = {method.outcome: method for method in methods}
    for bad, reason in _BAD.items():
        if bad in ends:
            return reason, ends[bad].detail
    return "sessionsNotRevoked", ""
