"""Settle methods and targets: what was seen and answered becomes an outcome and a reason."""

from collections.abc import Iterable

from domain.methods import MethodType
from domain.outcomes import MethodOutcome, TargetOutcome
from domain.request.target import Answered, Target, TargetMethod

# The first of these that a target has is why it did not end well.
_BAD = {
    MethodOutcome.FORBIDDEN: "forbidden",
    MethodOutcome.THROTTLED: "throttled",
    MethodOutcome.REFUSED_DEFAULT: "refusedDefault",
    MethodOutcome.FAILED: "notRemoved",
    MethodOutcome.UNVERIFIED: "unverified",
}

_INTERRUPTED = {
    Answered.SENT: "Graph's answer to the removal was lost; the method is gone.",
    Answered.BEGUN: "The reset was interrupted while it removed; the method is gone.",
}


def mark_gone(method: TargetMethod) -> TargetMethod:
    """Return `method` as a read settles it that does not list its registration any more."""
    detail = _INTERRUPTED.get(method.answered, "")
    if not method.in_doubt and method.answered is not Answered.REMOVED:
        outcome = MethodOutcome.ALREADY_GONE
    elif method.type is MethodType.HARDWARE_OATH:
        outcome = MethodOutcome.DEACTIVATED
    else:
        outcome = MethodOutcome.DELETED
    return method.model_copy(update={"outcome": outcome, "detail": detail})


def mark_kept_newer(method: TargetMethod) -> TargetMethod:
    """Return `method` as one that was registered after the plan."""
    detail = "Registered after the plan was made; not touched."
    return method.model_copy(update={"outcome": MethodOutcome.KEPT_NEWER, "detail": detail})


def mark_ambiguous(method: TargetMethod) -> TargetMethod:
    """Return `method` as listed after an interruption: it is the old registration, or a new one that looks the same."""
    detail = "The reset was interrupted here, and the user may have registered it again since; it was left alone."
    return method.model_copy(update={"outcome": MethodOutcome.UNVERIFIED, "detail": detail})


def mark_unverified(method: TargetMethod, *, listed: bool) -> TargetMethod:
    """Return `method` as one whose removal was asked for and not seen; `listed`: a read since then lists it."""
    detail = "Whether the removal was done could not be seen."
    if method.answered is Answered.REMOVED:
        seen = "but the method is still listed" if listed else "but whether it was done could not be seen"
        detail = f"Graph accepted the removal, {seen}."
    return method.model_copy(update={"outcome": MethodOutcome.UNVERIFIED, "detail": detail})


def failure_reason(outcome: TargetOutcome, methods: Iterable[TargetMethod]) -> tuple[str, str]:
    """Return the stable reason and the sentence for an outcome that is not a good one."""
    if outcome in {TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}:
        return "", ""
    methods = list(methods)
    ends = {method.outcome: method for method in methods}
    unreadable = next((method for method in methods if method.outcome is MethodOutcome.FAILED and not method.id), None)
    if unreadable is not None and MethodOutcome.FORBIDDEN not in ends:
        return "methodsUnreadable", unreadable.detail
    for bad, reason in _BAD.items():
        if bad in ends:
            return reason, ends[bad].detail
    return "sessionsNotRevoked", ""


def given_up(target: Target, reason: str, detail: str, *, untouched: TargetOutcome = TargetOutcome.FAILED) -> Target:
    """Return `target` ended without another look.

    What was asked for is unverified; a target of which nothing was tried ends as `untouched`.
    """
    methods = [_given_up(method, detail, untouched) for method in target.methods]
    ended = target.model_copy(update={"methods": methods, "begun_at": None})
    return ended.settle(TargetOutcome.PARTIALLY_RESET if target.touched else untouched, reason, detail)


def _given_up(method: TargetMethod, detail: str, untouched: TargetOutcome) -> TargetMethod:
    if method.outcome is not MethodOutcome.PENDING:
        return method
    if method.answered:
        return mark_unverified(method, listed=False)
    if untouched is TargetOutcome.FAILED:
        return method.model_copy(update={"outcome": MethodOutcome.FAILED, "detail": detail})
    return method
