"""What a ticket's comment says of a request as it stands."""

from activities.showing import all_targets
from domain.requests import ResetRequest
from messaging.comment_text import CommentView, waiting
from messaging.events import EventKind
from services import Services
from web.fill import customer_views, decision_views, followed_views


async def comment_view(s: Services, request: ResetRequest, kind: EventKind) -> CommentView:
    decisions = decision_views(await s.requests.decisions(request.id))
    wanted = kind in {"completed", "followedUp"}
    targets = [target async for target in all_targets(s, request.id)] if wanted else []
    return CommentView(
        request_id=request.id,
        status=request.status.value,
        users=request.target_count,
        dry_run=request.dry_run,
        requester=request.requester,
        reason=request.reason,
        customers=tuple(
            s.policy.customers[key].name or key if key in s.policy.customers else key for key in request.customers
        ),
        waiting_for=waiting((entry.approver for entry in request.approval.approvers), decisions),
        quorum=request.approval.quorum,
        expires_at=request.approval.expires_at,
        decisions=decisions,
        outcomes=customer_views(s.policy, request, targets) if kind == "completed" else (),
        follow_up=tuple((entry.name, entry.state) for entry in followed_views(s.policy, targets)),
    )
