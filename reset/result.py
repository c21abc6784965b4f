"""What one run came to: the target as it is to be stored, and when to run again and why."""

from typing import NamedTuple

from domain.outcomes import MethodOutcome, TargetOutcome, target_outcome
from domain.request.guards import Refusal
from domain.request.settlement import failure_reason, mark_ambiguous, mark_unverified
from domain.request.target import Answered, Target, TargetMethod
from graph.errors import Fault, GraphError
from reset.fault_reasons import reason_of
from reset.progress import Progress, Stop

# A removal is not always visible at once: a public runbook looks three times, ten seconds apart. Seconds before each look
# after the first.
LOOK_AGAIN = (3.0, 10.0, 20.0)
# A refused method is asked for in one more run, because what blocks it may be gone and not seen yet.
_REFUSED_RUNS = 2


class RunResult(NamedTuple):
    """The target as it is now and, while it is not settled, the seconds until the next run and the stable word for why.

    `progressed`: this run got further than the ones before. With `refused` nothing more may be done to the user.
    """

    target: Target
    retry_after: float | None = None
    fault: str = ""
    progressed: bool = False
    refused: Refusal | None = None


def overtaken(progress: Progress) -> RunResult:
    """Another run of the same target was faster: what it stores is as true, and the next look shows what is left."""
    return RunResult(progress.target, retry_after=1.0, fault="overtaken")


def run_result(progress: Progress, *, stop: Stop, fault: GraphError | None) -> RunResult:
    """Conclude a run that was ended by its last step, by `stop` or by `fault`."""
    if stop == "held":
        return RunResult(progress.saved, 0.0, "held", progress.progressed)
    end = _End(stop == "cancelled", fault)
    return _to_run_again(progress, end) or _ended(progress, end)


class _End(NamedTuple):
    cancelled: bool
    fault: GraphError | None

    def leaves_sessions(self, progress: Progress) -> bool:
        """Whether sessions that were to be revoked are not, for another reason than a cancel."""
        return progress.terms.revoke and progress.sessions.revoked is None and not self.cancelled


def _to_run_again(progress: Progress, end: _End) -> RunResult | None:
    """The result of a run that another one follows; None where nothing more is to be tried."""
    target, fault = progress.saved, end.fault
    if progress.terms.last:
        return None
    if fault is not None:
        if fault.passing and (not end.cancelled or target.touched):
            return RunResult(target, fault.retry_after or 0.0, fault.reason, progress.progressed)
        return None
    looks = target.reads + 1
    left = [progress.methods[place] for place in progress.open]
    waits = any(m.answered for m in left) or (looks < _REFUSED_RUNS and bool(left) and not end.cancelled)
    if looks <= len(LOOK_AGAIN) and (waits or end.leaves_sessions(progress)):
        looked = target.model_copy(update={"reads": looks})
        return RunResult(looked, LOOK_AGAIN[looks - 1], "notVisibleYet", progress.progressed)
    return None


def _ended(progress: Progress, end: _End) -> RunResult:
    to_revoke = end.leaves_sessions(progress)
    for place in progress.open:
        progress = progress.with_method(place, _given_up(progress, place, end))
    if end.cancelled and progress.terms.revoke and progress.sessions.revoked is None:
        to_revoke = progress.saved.touched
    if to_revoke:
        detail = progress.sessions.detail or (end.fault.detail if end.fault else "")
        progress = progress._replace(sessions=progress.sessions._replace(revoked=False, detail=detail))
    fault = "cancelled" if end.cancelled else end.fault.reason if end.fault else ""
    return RunResult(_settled(progress, end), fault=fault, progressed=True)


def _given_up(progress: Progress, place: int, end: _End) -> TargetMethod:
    """A method that no further run will come back to, settled as what is known of it."""
    method, fault = progress.methods[place], end.fault
    if place in progress.ambiguous:
        return mark_ambiguous(method)
    if method.answered is Answered.BEGUN and fault is None and progress.target.reads >= len(LOOK_AGAIN):
        # Listed for so long after the interruption, it was never asked for.
        method = method.model_copy(update={"answered": Answered.NOT_ASKED})
    if method.answered:
        return mark_unverified(method, listed=progress.read)
    if end.cancelled:
        return method  # its turn never came, and it was not touched
    if fault is not None:
        outcome = MethodOutcome.THROTTLED if fault.fault is Fault.THROTTLED else MethodOutcome.FAILED
        return method.model_copy(update={"outcome": outcome, "detail": fault.detail, "request_id": fault.request_id})
    default = progress.refusals.get(place) is Fault.DEFAULT_METHOD or method.is_default
    return method.model_copy(update={"outcome": MethodOutcome.REFUSED_DEFAULT if default else MethodOutcome.FAILED})


def _settled(progress: Progress, end: _End) -> Target:
    sessions, saved = progress.sessions, progress.saved.model_copy(update={"begun_at": None})
    outcome = target_outcome(
        [method.outcome for method in progress.methods], sessions_revoked=sessions.revoked, stopped=end.cancelled
    )
    unknown = sessions.unknown and sessions.revoked is not True
    if outcome in {TargetOutcome.CANCELLED, TargetOutcome.FAILED} and (unknown or progress.saved.default_changed):
        outcome = TargetOutcome.PARTIALLY_RESET  # nothing was removed, and yet something may have changed
    reason, detail = failure_reason(outcome, progress.methods)
    if outcome is TargetOutcome.CANCELLED:
        reason, detail = "cancelled", "The request was cancelled before anything of this user was touched."
    elif reason and end.cancelled:
        reason, detail = "cancelled", _cancelled_detail(progress, unknown=unknown)
    elif reason and end.fault is not None:
        reason, detail = _fault_reason(progress, end.fault, reason), end.fault.detail
    return saved.settle(outcome, reason, detail or sessions.detail)


def _fault_reason(progress: Progress, fault: GraphError, reason: str) -> str:
    """Return why the target ended by a fault; `reason` is what its methods and sessions say."""
    answered = progress.terms.answered
    if answered and progress.read and fault.fault is Fault.UNAVAILABLE and not fault.unreadable:
        return reason  # a change failed, and the methods are known
    # There was an answer, or there were some for others, so the customer's directory is not out of reach.
    return reason_of(fault, of_one_user=fault.unreadable or answered)


def _cancelled_detail(progress: Progress, *, unknown: bool) -> str:
    sessions = " Whether the sign-in sessions were ended is not known." if unknown else ""
    changed = ""
    if progress.saved.default_changed:
        certainty = "may have been" if progress.default.unknown else "was"
        changed = f" The user's default method {certainty} changed."
    return f"The request was cancelled before this user was done.{sessions}{changed}"
