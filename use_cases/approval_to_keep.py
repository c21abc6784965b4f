"""Find the approval that a retry has to keep: that of the request it tries again."""

from domain.request.reset_request import ApprovalNeeded, ResetRequest
from services import Services


async def approval_to_keep(services: Services, request: ResetRequest) -> ApprovalNeeded | None:
    """Return the approval that the request needed which this one tries again; None where that needed none, and for a first try.

    One that ended before it got to an approval says nothing, so the one before it counts.
    """
    before = await services.requests.get(request.retry_of) if request.retry_of else None
    while before is not None and not before.approval.quorum and before.retry_of:
        before = await services.requests.get(before.retry_of)
    return before.approval if before is not None and before.approval.required else None
