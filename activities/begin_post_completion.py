"""Activity: what is still to do for a request that has ended: mails, and a look at its users later."""

from datetime import datetime

from activities.app import activity
from contracts.workflow import BEGIN_POST_COMPLETION, PostCompletionPlan, RequestRef
from domain.model import iso
from domain.outcomes import TargetOutcome
from domain.request.follow_up import FollowUp
from domain.request.reset_request import ResetRequest
from domain.request.windows import windows
from services import Services, current_services


@activity(BEGIN_POST_COMPLETION)
async def begin_post_completion(work: RequestRef) -> PostCompletionPlan:
    """Plan the mails; `users` are all windows where a user was changed, `notices` those whose customer wants notices."""
    return await begin(current_services(), work["id"])


async def begin(services: Services, request_id: str) -> PostCompletionPlan:
    request = await services.requests.get(request_id)
    if request is None or not request.status.ended:
        return {"mail": False, "notices": [], "users": [], "due": None}
    totals = await services.targets.totals(request_id)
    changed = totals[TargetOutcome.RESET.value] + totals[TargetOutcome.PARTIALLY_RESET.value]
    all_windows = windows(request) if changed else []
    due = await _due(services, request) if changed else None
    early = _early(services, request, due) if due else []
    plan: PostCompletionPlan = {
        # Nothing happened in a dry run, and its caller waits for the plan itself.
        "mail": bool(request.requester) and not request.dry_run,
        "notices": [window for window in all_windows if wants_notices(services, window[0])],
        "users": all_windows,
        "due": due,
    }
    return {**plan, "early": early} if early else plan


def _early(services: Services, request: ResetRequest, due: str) -> list[str]:
    """Return the looks before the last: of four within 24 hours, those after 3, 6 and 12. What has passed is left out."""
    now = services.now()
    began, end = request.ended_at or now, datetime.fromisoformat(due)
    times = [began + (end - began) / 2**left for left in range(services.policy.follow_up.looks - 1, 0, -1)]
    return [iso(at) for at in times if at > now]


def wants_notices(services: Services, customer: str) -> bool:
    known = services.policy.customers.get(customer)
    return known is not None and (known.notify_users or known.notify_managers)


async def _due(services: Services, request: ResetRequest) -> str | None:
    """When the users are looked at again; recorded, so that it is seen and stays, whatever becomes of the policy."""
    after = services.policy.follow_up.after
    if request.follow_up is None and after is not None:
        due_at = (request.ended_at or services.now()) + after
        request = await services.requests.update(
            request.id, lambda r: r if r.follow_up else r.model_copy(update={"follow_up": FollowUp(due_at=due_at)})
        )
    open_one = request.follow_up is not None and request.follow_up.ended_at is None
    return iso(request.follow_up.due_at) if request.follow_up and open_one else None
