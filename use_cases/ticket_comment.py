"""Gather what a ticket's comment says of a request as it stands."""

from domain.request.reset_request import ResetRequest
from messaging.comment_text import CommentView, waiting
from messaging.events import EventKind
from services import Services
from use_cases.read_targets import all_targets
from web.presenters import customer_views, decision_views, followed_views


async def comment_view(services: Services, request: ResetRequest, kind: EventKind) -> CommentView:
    """Return the values for the comment about an event of this kind."""
    decisions = decision_views(await services.requests.decisions(request.id))
    wanted = kind in {"completed", "followedUp"}
    targets = [target async for target in all_targets(services, request.id)] if wanted else []
    return CommentView(
        request_id=request.id,
        status=request.status.value,
        users=request.target_count,
        dry_run=request.dry_run,
        undo=bool(request.undo_of),
        retry_of=request.retry_of or "",
        takeover_of=request.takeover_of or "",
        asked_by=request.asked_by,
        reason=request.reason,
        customers=tuple(
            services.policy.customers[key].name or key if key in services.policy.customers else key
            for key in request.customers
        ),
        waiting_for=waiting((entry.approver for entry in request.approval.approvers), decisions),
        quorum=request.approval.quorum,
        expires_at=request.approval.expires_at,
        decisions=decisions,
        outcomes=customer_views(services.policy, request, targets) if kind == "completed" else (),
        follow_up=tuple((entry.name, entry.state) for entry in followed_views(services.policy, targets)),
    )
