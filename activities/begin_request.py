"""Activity: looks up what an orchestration is to do, so that one that is started twice does nothing twice."""

from activities.app import activity
from contracts.workflow import BEGIN_REQUEST, RequestPlan, RequestRef
from domain.outcomes import RequestStatus
from domain.request.windows import windows
from domain.verification.terms import may_need_verification
from services import current_services
from use_cases.allot_blocks import allot_blocks

# Windows of a request that are planned at once, over all its customers: half of the activities that a host runs at once
# (host.json), because planning reads much and must leave room for the resets of other requests.
_PLANNING = 16
# And where the windows are small, so that a customer's few reads leave the most of their time to waiting.
_PLANNING_SMALL, _SMALL = 24, 25  # users of a window on average
# Windows of one orchestration; each answer makes it replay all before.
_PART = 64


@activity(BEGIN_REQUEST)
async def begin_request(work: RequestRef) -> RequestPlan:
    services = current_services()
    request = await services.requests.get(work["id"])
    if request is None or request.status.ended:
        return {"go": False, "windows": [], "drafts": []}
    if request.status is RequestStatus.PLANNING:
        await services.audits.append(
            request.id,
            request.created_at,
            request.actor,
            "accepted",
            {
                "source": request.source,
                "requester": request.requester,
                "requestedBy": request.requested_by or request.requested_by_id,
                "requestedById": request.requested_by_id,
                "ticket": request.ticket,
                "targets": request.target_count,
                "methods": [kind.value for kind in request.methods],
                "dryRun": request.dry_run,
                "retryOf": request.retry_of,
                **({"takeoverOf": request.takeover_of} if request.takeover_of else {}),
                **({"containment": request.containment.in_digest()} if request.containment else {}),
                **({"undoOf": request.undo_of} if request.undo_of else {}),
            },
            once="accepted",
        )
    long = services.target_drafts.needed(request.target_count)
    drafts = await services.target_drafts.starts(request.id) if long else []
    divided = windows(request)
    small = request.target_count <= _SMALL * len(divided)
    planning = _PLANNING_SMALL if small else _PLANNING
    plan: RequestPlan = {"go": True, "windows": divided, "drafts": drafts, "planning": planning}
    if len(divided) > _PART:
        plan["part"] = _PART
    if request.schedule is not None and not request.undo_of:
        plan["scheduled"] = True
    if may_need_verification(services.policy, request):
        plan["verify"] = True
    if request.containment is not None and not request.dry_run:
        plan["contain"] = "approved"
        if request.containment.contain_first and request.status is RequestStatus.PLANNING:
            await allot_blocks(services, request)
            plan["contain"] = "first"
    return plan
