"""An undo: hardware tokens that a reset deactivated are activated again, each with the code that it shows.

A token of an undo that is active again ends as `keptNewer` (active since after the plan, and not removed) with `reactivated`;
a user whose tokens all are, as `alreadyClear`, because nothing was removed: docs/undo.md says why.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from domain.methods import Method
from domain.outcomes import MethodOutcome, TargetOutcome
from domain.request.reset_request import ResetRequest
from domain.request.target import Target, TargetMethod

# A code has six digits, so five guesses are one in 200,000; who mistypes five times should look at the token's label.
WRONG_CODES = 5


class Undo(NamedTuple):
    """`of` is the request that deactivated `tokens`: ids of methods, by customer key and user id."""

    of: str
    tokens: Mapping[tuple[str, str], Sequence[str]]

    def applied(self, request: ResetRequest, targets: list[Target]) -> tuple[ResetRequest, list[Target]]:
        """Return the records of a new request, made those of an undo."""
        marked = [
            target.model_copy(update={"tokens": list(self.tokens[target.customer, target.asked])}) for target in targets
        ]
        return request.model_copy(update={"undo_of": self.of}), marked


def planned(target: Target, found: Sequence[Method]) -> Target:
    """Return the plan for a user of an undo: those tokens that are still assigned and not active. Settled where there are none."""
    assigned = [method for method in found if method.id in target.tokens]
    methods = [TargetMethod(**method.model_dump()) for method in assigned if not method.active]
    ready = target.model_copy(update={"planned": True, "methods": methods})
    if methods:
        return ready
    if assigned:
        return ready.settle(TargetOutcome.ALREADY_CLEAR, "", "The hardware token is active already.")
    gone = "The hardware token is not assigned to this user any more."
    return target.settle(TargetOutcome.REFUSED, "tokenGone", gone)


def with_method(target: Target, method_id: str, **changes: object) -> Target:
    """`target` with one of its tokens changed, and ended where no token waits for a code any more."""
    methods = [m.model_copy(update=changes) if m.id == method_id else m for m in target.methods]
    return _ended(target.model_copy(update={"methods": methods}))


def closed(target: Target, detail: str) -> Target:
    """`target` ended: whatever still waits for a code is not active, and `detail` says why."""
    methods = [
        m.model_copy(update={"outcome": MethodOutcome.FAILED, "detail": detail})
        if m.outcome is MethodOutcome.PENDING
        else m
        for m in target.methods
    ]
    return _ended(target.model_copy(update={"methods": methods}))


def open_tokens(target: Target) -> int:
    """Return how many codes this user's tokens still need."""
    return 0 if target.settled else sum(m.outcome is MethodOutcome.PENDING for m in target.methods)


def _ended(target: Target) -> Target:
    if any(method.outcome is MethodOutcome.PENDING for method in target.methods):
        return target
    if all(method.reactivated for method in target.methods):
        return target.settle(TargetOutcome.ALREADY_CLEAR)
    reason = "partlyReactivated" if any(method.reactivated for method in target.methods) else "notReactivated"
    detail = next(method.detail for method in target.methods if not method.reactivated)
    return target.settle(TargetOutcome.FAILED, reason, detail)
