"""Activity: what the decisions come to, and the start of the reset or the end of the request that follows."""

from typing import Any

from activities.app import Work, activity
from activities.finish_request import settle_open
from activities.seal_plan import approved_next, read_plan
from domain.approval import Verdict, left_out, next_look, verdict
from domain.model import iso
from domain.outcomes import RequestStatus, TargetOutcome
from domain.requests import Decision, ResetRequest
from services import Services, services
from telemetry.metrics import approval_wait

_PAGE = 200
_ENDS = {
    Verdict.APPROVED: RequestStatus.RESETTING,
    Verdict.DENIED: RequestStatus.DENIED,
    Verdict.EXPIRED: RequestStatus.EXPIRED,
    Verdict.CANCELLED: RequestStatus.CANCELLED,
}


@activity
async def settle_approval(work: Work) -> Work:
    """`work`: {"id"}. Answers {"next": "wait", "until": ISO instant, "reminder": how many are due} or what comes next:
    {"next": "reset" | "codes" | "end"}."""
    return await settle(services(), work["id"])


async def settle(s: Services, request_id: str) -> dict[str, Any]:
    request = await s.requests.get(request_id)
    if request is None:
        raise LookupError(request_id)
    if request.status is not RequestStatus.AWAITING_APPROVAL:
        await _audit_end(s, request)  # whoever changed the status may have stopped there
        return {"next": approved_next(request) if request.status is RequestStatus.RESETTING else "end"}
    while request.approval.ends_as is None:
        # Read after the request: with the request as it is, these are all the decisions that it counts.
        decisions = await s.requests.decisions(request_id)
        for decision in decisions:
            await audit_decision(s, request_id, decision)  # whoever recorded it may have stopped there
        now = s.now()
        ended = await _verdict(s, request, decisions)
        if ended is Verdict.WAITING:
            asked_at = (request.approval.expires_at or now) - s.policy.approval.expires_after
            remind_after = s.policy.approval.remind_after
            until = next_look(request, asked_at=asked_at, remind_after=remind_after, now=now)
            return {"next": "wait", "until": iso(until), "reminder": int(now - asked_at >= remind_after)}
        request = await _end_as(s, request, _ENDS[ended])
    return {"next": await _follow(s, request, request.approval.ends_as)}


async def _end_as(s: Services, request: ResetRequest, status: RequestStatus) -> ResetRequest:
    """Writes what the decisions come to, unless one more has come since `request` was read; the request as it is then.

    From here on no decision is taken, so whoever decided is heard or was told that it is too late.
    """

    def ended(now: ResetRequest) -> ResetRequest:
        if now.approval.ends_as is not None or now.approval.decided != request.approval.decided:
            return now
        return now.model_copy(update={"approval": now.approval.model_copy(update={"ends_as": status})})

    return await s.requests.update(request.id, ended)


async def _follow(s: Services, request: ResetRequest, ends_as: RequestStatus) -> str:
    """Does what follows of the decisions, again after an interruption; what comes next."""
    if ends_as is RequestStatus.RESETTING:
        return approved_next(request) if await _start(s, request) else "end"
    now = s.now()
    await settle_open(s, request.id, ends_as, cancelled=ends_as is RequestStatus.CANCELLED)
    await s.requests.update(
        request.id,
        lambda r: (
            r.model_copy(update={"status": ends_as, "ended_at": now})
            if r.status is RequestStatus.AWAITING_APPROVAL
            else r
        ),
    )
    await _audit_end(s, request.model_copy(update={"status": ends_as}))
    return "end"


async def came_to(s: Services, request: ResetRequest) -> Verdict:
    """What the records say of a request that waits for its approval."""
    return await _verdict(s, request, await s.requests.decisions(request.id))


async def _verdict(s: Services, request: ResetRequest, decisions: list[Decision]) -> Verdict:
    cancelled = await s.requests.cancelled(request.id) is not None
    return verdict(request, decisions, cancelled=cancelled, now=s.now())


async def audit_decision(s: Services, request_id: str, decision: Decision) -> None:
    """Writes the decision's audit event, once however often it is called."""
    data = {
        "decision": decision.decision,
        "comment": decision.comment,
        "without": decision.without,
        "planDigest": decision.plan_digest,
        "signedInAs": decision.signed_in_as,
    }
    once = f"decided:{decision.approver}"
    await s.audits.append(request_id, decision.at, decision.approver, "decided", data, once=once)


async def _start(s: Services, request: ResetRequest) -> bool:
    """Takes out whom approvers left out and starts the reset; False where the plan is not the one that was approved."""
    digest, _ = await read_plan(s, request)
    if digest != request.plan_digest:
        await settle_open(s, request.id, RequestStatus.FAILED, cancelled=False)
        failed = await s.requests.update(
            request.id,
            lambda r: r.model_copy(
                update={
                    "status": RequestStatus.FAILED,
                    "ended_at": s.now(),
                    "failure": "planChanged",
                    "detail": "The plan in the records is not the one that was approved; nothing was removed. Look at the audit.",
                }
            ),
        )
        await _audit_end(s, failed)
        return False
    for customer, numbers in left_out(request, await s.requests.decisions(request.id)).items():
        await _leave_out(s, request, customer, numbers)
    await s.requests.update(
        request.id,
        lambda r: (
            r.model_copy(update={"status": RequestStatus.RESETTING})
            if r.status is RequestStatus.AWAITING_APPROVAL
            else r
        ),
    )
    await _audit_end(s, request.model_copy(update={"status": RequestStatus.RESETTING}))
    return True


async def _audit_end(s: Services, request: ResetRequest) -> None:
    """Writes what the approval came to, once however often it is called: the status is written before it."""
    if request.failure == "planChanged":
        digest, _ = await read_plan(s, request)
        await s.audits.append(request.id, s.now(), "service", "planChanged", {"found": digest}, once="approvalEnded")
    elif request.status is RequestStatus.RESETTING or request.status in _ENDS.values():
        once = "resetting" if request.status is RequestStatus.RESETTING else "approvalEnded"
        if await s.audits.append(request.id, s.now(), "service", request.status.value, once=once):
            _tell_wait(s, request, request.status)


def _tell_wait(s: Services, request: ResetRequest, ended_as: RequestStatus) -> None:
    if request.approval.expires_at is not None:
        approval_wait(s.now() - (request.approval.expires_at - s.policy.approval.expires_after), ended_as.value)


async def _leave_out(s: Services, request: ResetRequest, customer: str, numbers: set[int]) -> None:
    for _, first, count in (part for part in request.ranges if part[0] == customer):
        for start in range(first, first + count, _PAGE):
            page = await s.targets.range(request.id, start, min(_PAGE, first + count - start))
            pairs = [
                (
                    kept,
                    kept.target.settle(
                        TargetOutcome.CANCELLED, "excludedByApprover", "An approver left this user out."
                    ),
                )
                for kept in page
                if kept.target.number in numbers and not kept.target.settled
            ]
            await s.targets.save_all(request.id, pairs)
