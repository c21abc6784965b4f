"""Activity: closes the plan: its digest, what approval it needs, and what comes next."""

from datetime import datetime
from typing import TypedDict

from activities.app import activity
from activities.read_plan_window import ReadPlan, read_plan
from activities.settle_targets import ending_of, settle_open
from contracts.words import AfterApproval, AfterPlan, Ending
from contracts.workflow import SEAL_PLAN, PlanToRead, RequestStep, SealedPlan, TargetsToSettle
from domain.model import iso
from domain.outcomes import RequestStatus, request_status
from domain.request.approval import NotApprovableError, Tally, approval_needed
from domain.request.reset_request import ApprovalNeeded, ResetRequest
from services import Services, current_services
from use_cases.approval_to_keep import approval_to_keep
from use_cases.identify_people import gather_people


class _Changes(TypedDict, total=False):
    """Fields of a ResetRequest."""

    plan_digest: str
    ended_at: datetime
    failure: str
    detail: str
    approval: ApprovalNeeded


@activity(SEAL_PLAN)
async def seal_plan(work: RequestStep) -> SealedPlan | PlanToRead | TargetsToSettle:
    services = current_services()
    sealed = await seal(services, work["id"], work.get("settled"))
    if isinstance(sealed, str):
        await services.plan_windows.clear(work["id"])
        return {"next": sealed}
    return sealed


async def seal(
    services: Services, request_id: str, settled: Ending | None = None
) -> AfterPlan | PlanToRead | TargetsToSettle:
    request = await gather_people(services, request_id)
    if request.status is RequestStatus.PLANNING:
        if await services.requests.cancelled(request_id) is not None:
            status, changes = RequestStatus.CANCELLED, _Changes(ended_at=services.now())
        else:
            plan = await read_plan(services, request, "seal")
            if not isinstance(plan, ReadPlan):
                return plan
            status, changes = await _sealed(services, request, plan.digest, plan.tally)
        if status.ended and status is not RequestStatus.PLANNED:
            ending = ending_of(status, cancelled=status is RequestStatus.CANCELLED)
            to_settle = await settle_open(services, request_id, ending, settled)
            if to_settle is not None:
                return to_settle
        sealed = {"status": status, **changes}
        request = await services.requests.update(
            request_id, lambda r: r.model_copy(update=sealed) if r.status is RequestStatus.PLANNING else r
        )
    if request.plan_digest is None:  # cancelled before there was a plan
        return "end"
    await services.audits.append(
        request_id,
        services.now(),
        "service",
        "planned",
        {
            "planDigest": request.plan_digest,
            "totals": await services.targets.totals(request_id),
            "quorum": request.approval.quorum,
            "approvers": [entry.approver for entry in request.approval.approvers],
            "expiresAt": iso(request.approval.expires_at) if request.approval.expires_at else None,
        },
        once="planned",
    )
    await _audit_delegations(services, request)
    if request.status is RequestStatus.RESETTING:
        return approved_next(request)
    return "approve" if request.status is RequestStatus.AWAITING_APPROVAL else "end"


async def _audit_delegations(services: Services, request: ResetRequest) -> None:
    """Write who is asked for whom because of a delegation, who said so and when."""
    deciders = request.identities.deciders if request.identities else {}
    asked = {entry.approver for entry in request.approval.approvers}
    for customer, found in deciders.items():
        for each in found.delegations:
            if each.delegate in asked:
                once = f"delegateAsked:{customer}:{each.approver}"
                data = {"customer": customer, **each.to_json()}
                await services.audits.append(request.id, services.now(), "service", "delegateAsked", data, once=once)


def approved_next(request: ResetRequest) -> AfterApproval:
    """What an approved request goes on with: an undo removes nothing and takes the tokens' codes."""
    return "codes" if request.undo_of else "reset"


async def _was_asked(services: Services, request: ResetRequest) -> bool:
    """Whether this is another try of what needed approval: a part of it needs it, too.

    Else whom approvers denied would be reset without them by a retry that is too small for a step-up.
    """
    earlier = request.earlier_request
    first = await services.requests.get(earlier) if earlier else None
    return earlier is not None and (first is None or first.approval.required)


async def _sealed(
    services: Services, request: ResetRequest, digest: str, tally: Tally
) -> tuple[RequestStatus, _Changes]:
    """Return the status of the request now that its plan is complete, and what else changes in it."""
    now = services.now()
    if request.dry_run:
        return RequestStatus.PLANNED, {"plan_digest": digest, "ended_at": now}
    if not tally.targets:  # every target was refused or could not be planned
        return request_status(await services.targets.totals(request.id)), {"plan_digest": digest, "ended_at": now}
    source = services.policy.sources.get(request.source)
    exempt = source is not None and source.approval == "exempt" and not await _was_asked(services, request)
    try:
        needed = approval_needed(
            services.policy,
            exempt=exempt,
            involved=request.involved,
            unknown_requester=not request.requester_is_known,
            identities=request.identities,
            accounts_needed=services.settings.signs_in,
            tally=tally,
            now=now,
            recent=request.recent,
            at_least=await approval_to_keep(services, request),
        )
    except NotApprovableError as error:
        return RequestStatus.FAILED, {
            "plan_digest": digest,
            "ended_at": now,
            "failure": error.reason,
            "detail": str(error),
            "approval": ApprovalNeeded(required=True),
        }
    status = RequestStatus.AWAITING_APPROVAL if needed.required else RequestStatus.RESETTING
    return status, {"plan_digest": digest, "approval": needed}
