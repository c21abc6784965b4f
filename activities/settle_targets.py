"""Activity: settles a window of the targets that nothing more is done for."""

from typing import NamedTuple

from activities.app import activity
from activities.audit_targets import audit_target
from contracts.words import Ending
from contracts.workflow import SETTLE_TARGETS, Nothing, SettleWindow, TargetsToSettle
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.approval import counting, left_out
from domain.request.reset_request import ResetRequest
from domain.request.settlement import given_up
from domain.request.target import Target
from domain.request.windows import STEP, rounds, steps, steps_of
from records.targets import StoredTarget
from services import Services, current_services


@activity(SETTLE_TARGETS)
async def settle_targets(work: SettleWindow) -> Nothing:
    await _settle(current_services(), work["id"], work["start"], work["ending"])
    return {}


async def settle_open(
    services: Services, request_id: str, ending: Ending, settled: Ending | None
) -> TargetsToSettle | None:
    """Settle all targets that are still open; return the windows to settle first, where there are several.

    Called before the status is written: a caller who waits for the end reads the targets as soon as it is there.
    """
    totals = await services.targets.totals(request_id)
    if not totals[TargetOutcome.PENDING.value]:
        return None
    # The totals count the rows that there are; what the request says of them may be unreadable.
    return await _in_windows(services, request_id, steps(sum(totals.values())), ending, settled)


async def leave_out(services: Services, request: ResetRequest, settled: Ending | None) -> TargetsToSettle | None:
    """Settle the targets that approvers left out; return the windows to settle first, where there are several."""
    out = await _left_out(services, request)
    starts = steps_of(number for numbers in out.values() for number in numbers)
    return await _in_windows(services, request.id, starts, "excluded", settled)


async def _in_windows(
    services: Services, request_id: str, starts: list[int], ending: Ending, settled: Ending | None
) -> TargetsToSettle | None:
    if settled == ending:
        return None
    if len(starts) > 1:
        return {"next": "settle", "ending": ending, "rounds": rounds(starts)}
    for start in starts:
        await _settle(services, request_id, start, ending)
    return None


async def _settle(services: Services, request_id: str, start: int, ending: Ending) -> None:
    """May be repeated at any point, and run beside itself: what is settled stays, and each event is written once."""
    end = _ENDS[ending]
    window = await _window(services, request_id, start)
    if ending == "excluded":
        numbers = await _excluded(services, request_id)
        window = [kept for kept in window if kept.target.number in numbers]
    unreadable = {kept.target.number for kept in window if not kept.readable}
    pairs = [
        (kept, kept.target if kept.target.settled else end.of(kept.target))
        for kept in window
        if not kept.target.settled or not kept.readable
    ]
    if pairs:
        await services.targets.save_all(request_id, pairs)
        window = await _window(services, request_id, start)
    for kept in window:  # those of a run before that stopped here, too
        touched = kept.target.touched or kept.target.outcome is TargetOutcome.PARTIALLY_RESET
        if touched and (end.made(kept.target) or kept.target.number in unreadable):
            await audit_target(services, request_id, kept.target)


async def _window(services: Services, request_id: str, start: int) -> list[StoredTarget]:
    found = await services.targets.range(request_id, start, STEP)
    return [kept for kept in found if kept.target.number < start + STEP]


async def _excluded(services: Services, request_id: str) -> set[int]:
    request = await services.requests.get(request_id)
    out = await _left_out(services, request) if request is not None else {}
    return {number for numbers in out.values() for number in numbers}


async def _left_out(services: Services, request: ResetRequest) -> dict[str, set[int]]:
    """Return the numbers of the targets that approvers of their customer left out, by customer."""
    return left_out(request, counting(services.policy, request, await services.requests.decisions(request.id)))


class _End(NamedTuple):
    reason: str
    detail: str
    untouched: TargetOutcome = TargetOutcome.CANCELLED

    def of(self, target: Target) -> Target:
        return given_up(target, self.reason, self.detail, untouched=self.untouched)

    def made(self, target: Target) -> bool:
        """Return whether the target was ended so."""
        words = (target.reason, target.detail)
        return target.settled and target.ended_at is None and words == (self.reason, self.detail)


_ENDS: dict[Ending, _End] = {
    "excluded": _End("excludedByApprover", "An approver left this user out."),
    "cancelled": _End("cancelled", "The request was cancelled before this user was done."),
    "denied": _End("denied", "An approver denied the request; nothing was touched."),
    "expired": _End("expired", "No decision was made in time; nothing was touched."),
    "requestFailed": _End(
        "requestFailed",
        "The request failed before this user's turn came; nothing was touched.",
        TargetOutcome.FAILED,
    ),
    "wavesStopped": _End("wavesStopped", "Too many users of a wave before failed; nothing was touched."),
    "stopped": _End("stopped", "The service stopped before this user was done; look at the log.", TargetOutcome.FAILED),
}


def ending_of(status: RequestStatus, *, cancelled: bool) -> Ending:
    """Return how targets end that are open when the request ends as `status`."""
    if cancelled:
        return "cancelled"
    match status:
        case RequestStatus.DENIED:
            return "denied"
        case RequestStatus.EXPIRED:
            return "expired"
        case RequestStatus.FAILED:
            return "requestFailed"
        case _:
            return "stopped"
