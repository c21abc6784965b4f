"""What one approver of a request sees: the link, their targets and the view that the mail and the page share."""

from domain.access.approval_links import ApprovalLink, sign
from domain.request.reset_request import Approver, ResetRequest
from domain.request.target import Target
from services import Services
from use_cases.read_targets import all_targets
from web.presenters import approval_view
from web.views import ApprovalView


def approval_token(services: Services, request: ResetRequest, approver: str) -> str:
    """Return the token of one approver's link.

    It stays the same for the same plan and time limit while the signing key is the same. Raises: ValueError for a request
    without a plan.
    """
    if request.plan_digest is None or request.approval.expires_at is None:
        raise ValueError("a request without a plan has nothing to approve")
    link = ApprovalLink(request.id, approver, request.plan_digest, request.approval.expires_at)
    return sign(services.settings.approval_keys, link)


async def targets_for(services: Services, request: ResetRequest, entry: Approver) -> list[Target]:
    """Return the targets that this approver decides on and may see: those of their customers."""
    return [target async for target in all_targets(services, request.id) if target.customer in entry.customers]


async def view_for(services: Services, request: ResetRequest, entry: Approver, page: int = 1) -> ApprovalView:
    """Return what this approver is shown of the request as it stands, in the mail and on the page alike."""
    targets = await targets_for(services, request, entry)
    return approval_view(
        services.policy,
        request,
        entry,
        targets,
        await services.requests.decisions(request.id),
        services.now(),
        page=page,
    )
