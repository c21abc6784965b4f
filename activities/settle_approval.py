"""Activity: what the decisions come to, and the start of the reset or the end of the request that follows."""

from activities.app import activity
from activities.read_plan_window import ReadPlan, read_plan
from activities.seal_plan import approved_next
from activities.settle_targets import ending_of, leave_out, settle_open
from contracts.words import Ending
from contracts.workflow import (
    SETTLE_APPROVAL,
    ApprovalEnded,
    AwaitingApproval,
    PlanToRead,
    RequestStep,
    TargetsToSettle,
)
from domain.model import iso
from domain.outcomes import RequestStatus
from domain.request.approval import Verdict, escalated, next_check
from domain.request.reset_request import ResetRequest
from services import Services, current_services
from telemetry.metrics import approval_wait
from use_cases.approval_verdict import audit_decision, current_verdict

type _Next = AwaitingApproval | PlanToRead | TargetsToSettle | ApprovalEnded

_ENDS = {
    Verdict.APPROVED: RequestStatus.RESETTING,
    Verdict.DENIED: RequestStatus.DENIED,
    Verdict.EXPIRED: RequestStatus.EXPIRED,
    Verdict.CANCELLED: RequestStatus.CANCELLED,
}


@activity(SETTLE_APPROVAL)
async def settle_approval(work: RequestStep) -> _Next:
    services = current_services()
    state = await settle(services, work["id"], work.get("settled"))
    if state["next"] not in {"wait", "read", "settle"}:
        await services.plan_windows.clear(work["id"])
    return state


async def settle(services: Services, request_id: str, settled: Ending | None = None) -> _Next:
    request = await services.requests.get(request_id)
    if request is None:
        raise LookupError(request_id)
    if request.status is not RequestStatus.AWAITING_APPROVAL:
        await _audit_end(services, request)  # the run that changed the status may have stopped there
        return {"next": approved_next(request) if request.status is RequestStatus.RESETTING else "end"}
    while request.approval.ends_as is None:
        # Read after the request: with the request as it is, these are all the decisions that it counts.
        decisions = await services.requests.decisions(request_id)
        for decision in decisions:
            await audit_decision(services, request_id, decision)  # the handler that recorded it may have stopped there
        now = services.now()
        ended = await current_verdict(services, request, decisions)
        if ended is Verdict.WAITING:
            request = await _escalate(services, request)
            asked_at = (request.approval.expires_at or now) - services.policy.approval.expires_after
            remind_after = services.policy.approval.remind_after
            until = next_check(request, asked_at=asked_at, remind_after=remind_after, now=now)
            return {
                "next": "wait",
                "until": iso(until),
                "reminder": _mailing(request, remind=now - asked_at >= remind_after),
            }
        request = await _end_as(services, request, _ENDS[ended])
    return await _follow(services, request, request.approval.ends_as, settled)


async def _escalate(services: Services, request: ResetRequest) -> ResetRequest:
    """Ask those of the escalation, where that is due; may be repeated."""
    now = services.now()
    if escalated(request, now) is not request:
        request = await services.requests.update(request.id, lambda r: escalated(r, now))
    approval = request.approval
    if approval.escalated_at is not None and approval.escalates_at is not None:
        data = {
            "approvers": [entry.approver for entry in approval.approvers if entry.escalated],
            "quorum": approval.quorum,
        }
        await services.audits.append(request.id, approval.escalated_at, "service", "escalated", data, once="escalated")
    return request


def _mailing(request: ResetRequest, *, remind: bool) -> int:
    """Return the number of the mails that are due: each reminder and an escalation is one more."""
    approval = request.approval
    return int(remind) + int(approval.escalated_at is not None and approval.escalates_at is not None)


async def _end_as(services: Services, request: ResetRequest, status: RequestStatus) -> ResetRequest:
    """Writes what the decisions come to, unless one more has come since `request` was read; the request as it is then.

    From here on no decision is taken, so each decision counts or was answered as too late.
    """

    def ended(now: ResetRequest) -> ResetRequest:
        if now.approval.ends_as is not None or now.approval.decided != request.approval.decided:
            return now
        return now.model_copy(update={"approval": now.approval.model_copy(update={"ends_as": status})})

    return await services.requests.update(request.id, ended)


async def _follow(
    services: Services, request: ResetRequest, ends_as: RequestStatus, settled: Ending | None
) -> ApprovalEnded | PlanToRead | TargetsToSettle:
    """Does what follows of the decisions, again after an interruption; what comes next."""
    if ends_as is RequestStatus.RESETTING:
        plan = await read_plan(services, request, "check")
        if not isinstance(plan, ReadPlan):
            return plan
        return await _start(services, request, plan.digest, settled)
    ending = ending_of(ends_as, cancelled=ends_as is RequestStatus.CANCELLED)
    to_settle = await settle_open(services, request.id, ending, settled)
    if to_settle is not None:
        return to_settle
    now = services.now()
    await services.requests.update(
        request.id,
        lambda r: (
            r.model_copy(update={"status": ends_as, "ended_at": now})
            if r.status is RequestStatus.AWAITING_APPROVAL
            else r
        ),
    )
    await _audit_end(services, request.model_copy(update={"status": ends_as}))
    return {"next": "end"}


async def _start(
    services: Services, request: ResetRequest, digest: str, settled: Ending | None
) -> ApprovalEnded | TargetsToSettle:
    """Takes out whom approvers left out and starts the reset; ends the request where the plan is not the one that was approved."""
    if digest != request.plan_digest:
        to_settle = await settle_open(services, request.id, "requestFailed", settled)
        if to_settle is not None:
            return to_settle
        failed = await services.requests.update(
            request.id,
            lambda r: r.model_copy(
                update={
                    "status": RequestStatus.FAILED,
                    "ended_at": services.now(),
                    "failure": "planChanged",
                    "detail": "The plan in the records is not the one that was approved; nothing was removed. Look at the audit.",
                }
            ),
        )
        await _audit_end(services, failed)
        return {"next": "end"}
    to_settle = await leave_out(services, request, settled)
    if to_settle is not None:
        return to_settle
    await services.requests.update(
        request.id,
        lambda r: (
            r.model_copy(update={"status": RequestStatus.RESETTING})
            if r.status is RequestStatus.AWAITING_APPROVAL
            else r
        ),
    )
    await _audit_end(services, request.model_copy(update={"status": RequestStatus.RESETTING}))
    return {"next": approved_next(request)}


async def _audit_end(services: Services, request: ResetRequest) -> None:
    """Writes what the approval came to, once however often it is called: the status is written before it."""
    if request.failure == "planChanged":
        plan = await read_plan(services, request, "check")
        found = plan.digest if isinstance(plan, ReadPlan) else ""  # of a long plan only while its windows are kept
        await services.audits.append(
            request.id, services.now(), "service", "planChanged", {"found": found}, once="approvalEnded"
        )
    elif request.status is RequestStatus.RESETTING or request.status in _ENDS.values():
        once = "resetting" if request.status is RequestStatus.RESETTING else "approvalEnded"
        if await services.audits.append(request.id, services.now(), "service", request.status.value, once=once):
            _tell_wait(services, request, request.status)


def _tell_wait(services: Services, request: ResetRequest, ended_as: RequestStatus) -> None:
    if request.approval.expires_at is not None:
        approval_wait(
            services.now() - (request.approval.expires_at - services.policy.approval.expires_after), ended_as.value
        )
