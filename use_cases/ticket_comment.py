"""Gather what a ticket's comment says of a request as it stands."""

from domain.request.follow_up import ALARMING
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.evidence import EvidenceKind
from domain.verification.terms import terms_for
from messaging.comment_text import COMMENT_USERS, CommentView, waiting
from messaging.events import EventKind
from messaging.mail_text import TROUBLE_FIRST
from services import Services
from use_cases.related_requests import short_id
from use_cases.target_summaries import first_targets
from web.presenters import customer_views, decision_views, followed_views


async def comment_view(services: Services, request: ResetRequest, kind: EventKind) -> CommentView:
    """Return the values for the comment about an event of this kind."""
    decisions = decision_views(await services.requests.decisions(request.id))
    targets, alarming = list[Target](), list[Target]()
    if kind == "completed":
        targets = await first_targets(services, request, "outcomes", TROUBLE_FIRST, COMMENT_USERS)
    elif kind == "followedUp":
        alarming = await first_targets(services, request, "followUps", ALARMING, COMMENT_USERS)
    found = request.follow_up.totals if request.follow_up else {}
    return CommentView(
        request_id=request.id,
        status=request.status.value,
        users=request.target_count,
        dry_run=request.dry_run,
        undo=bool(request.undo_of),
        # Not by its ticket: mostly it is this one.
        retry_of=short_id(request.retry_of),
        takeover_of=short_id(request.takeover_of),
        asked_by=request.asked_by,
        reason=request.reason,
        customers=tuple(
            services.policy.customers[key].name or key if key in services.policy.customers else key
            for key in request.customers
        ),
        waiting_for=waiting((entry.approver for entry in request.approval.approvers), decisions),
        quorum=request.approval.quorum,
        expires_at=request.approval.expires_at,
        schedule=request.schedule,
        proof_until=request.verification.until if request.verification else None,
        proofs=_proofs(services, request) if kind == "awaitingVerification" else (),
        decisions=decisions,
        outcomes=customer_views(services.policy, request, targets),
        follow_up=tuple((entry.name, entry.state) for entry in followed_views(services.policy, alarming)),
        followed=sum(found.get(state, 0) for state in ALARMING) if kind == "followedUp" else 0,
    )


def _proofs(services: Services, request: ResetRequest) -> tuple[str, ...]:
    """Return the kinds of evidence that some customer of the request accepts, the strongest first."""
    accepted = {kind for key in request.customers for kind in terms_for(services.policy, request.source, key).accept}
    return tuple(kind.value for kind in EvidenceKind if kind in accepted)
