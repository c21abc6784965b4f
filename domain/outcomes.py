"""How methods, targets and requests end, and how the ends of the parts make the end of the whole."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class MethodOutcome(StrEnum):
    PENDING = "pending"
    DELETED = "deleted"
    DEACTIVATED = "deactivated"
    ALREADY_GONE = "alreadyGone"
    KEPT_NEWER = "keptNewer"
    REFUSED_DEFAULT = "refusedDefault"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    FAILED = "failed"
    UNVERIFIED = "unverified"


class TargetOutcome(StrEnum):
    PENDING = "pending"
    RESET = "reset"
    ALREADY_CLEAR = "alreadyClear"
    PARTIALLY_RESET = "partiallyReset"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RequestStatus(StrEnum):
    PLANNING = "planning"
    PLANNED = "planned"
    AWAITING_APPROVAL = "awaitingApproval"
    RESETTING = "resetting"
    COMPLETED = "completed"
    PARTIALLY_COMPLETED = "partiallyCompleted"
    FAILED = "failed"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self not in _OPEN


_OPEN = frozenset(
    {RequestStatus.PLANNING, RequestStatus.AWAITING_APPROVAL, RequestStatus.RESETTING},
)

# The approved registration cannot be used any more.
GONE = frozenset({MethodOutcome.DELETED, MethodOutcome.DEACTIVATED, MethodOutcome.ALREADY_GONE})
# Settled for good: another try would change nothing, or must not be made.
FINAL = GONE | {
    MethodOutcome.KEPT_NEWER,
    MethodOutcome.FORBIDDEN,
    MethodOutcome.REFUSED_DEFAULT,
    MethodOutcome.UNVERIFIED,
}
WELL_ENDED = frozenset({TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR})


def target_outcome(
    methods: Iterable[MethodOutcome], *, sessions_revoked: bool | None, stopped: bool = False
) -> TargetOutcome:
    """Return the outcome of a target whose methods ended so. `sessions_revoked` is None where it was not asked for.

    `reset` only if everything the plan lists was seen gone, and the sessions were revoked where that was asked for; what
    the user registered after the plan was kept and does not count. `alreadyClear` if there was nothing to remove.
    `stopped`: a cancel came in between.
    """
    ends = list(methods)
    bad = [end for end in ends if end not in GONE and end is not MethodOutcome.KEPT_NEWER]
    changed = any(end in {MethodOutcome.DELETED, MethodOutcome.DEACTIVATED} for end in ends)
    if not bad and sessions_revoked is not False:
        if stopped and not changed:
            return TargetOutcome.CANCELLED
        return TargetOutcome.RESET if any(end in GONE for end in ends) else TargetOutcome.ALREADY_CLEAR
    # Unverified: Graph accepted the removal, so something may well have changed.
    if changed or MethodOutcome.UNVERIFIED in ends or sessions_revoked or (not bad and ends):
        return TargetOutcome.PARTIALLY_RESET
    return TargetOutcome.CANCELLED if stopped else TargetOutcome.FAILED


def request_status(totals: Mapping[str, int]) -> RequestStatus:
    """Return the status of a request whose targets ended with these counts per target outcome.

    `completed` only if every target is `reset` or `alreadyClear`; `cancelled` only if nothing was done.
    """
    counts = {outcome: totals.get(outcome.value, 0) for outcome in TargetOutcome}
    total = sum(counts.values())
    well = counts[TargetOutcome.RESET] + counts[TargetOutcome.ALREADY_CLEAR]
    if well == total:
        return RequestStatus.COMPLETED
    touched = well + counts[TargetOutcome.PARTIALLY_RESET]
    if touched:
        return RequestStatus.PARTIALLY_COMPLETED
    return RequestStatus.CANCELLED if counts[TargetOutcome.CANCELLED] else RequestStatus.FAILED
