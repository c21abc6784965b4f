"""What a retry asks for: the targets of an ended request that did not end well, planned and approved anew."""

from domain.errors import ConflictError
from domain.outcomes import WELL_ENDED
from domain.request.parsing import Earlier
from domain.request.reset_request import ResetRequest
from services import Services
from use_cases.read_targets import all_targets


async def retry_body(services: Services, request: ResetRequest) -> tuple[dict[str, object], Earlier]:
    """The body of the new request, and which target of the first one each of its users is.

    Raises ConflictError where there is nothing to try again, or nothing yet.
    """
    if not request.status.ended:
        raise ConflictError(f"The request has not ended yet: {request.status.value}. Wait for its end, or cancel it.")
    if request.undo_of:
        raise ConflictError("This was an undo: ask for another undo of the request that it names in undoOf.")
    groups: dict[str, list[str]] = {}
    earlier: dict[tuple[str, str], int] = {}
    async for target in all_targets(services, request.id):
        if target.outcome in WELL_ENDED or target.reason == "duplicateUser":
            continue
        user = target.user_id or target.asked
        groups.setdefault(target.customer, []).append(user)
        earlier[target.customer, user] = target.number
    if not groups:
        raise ConflictError("Every target of the request ended well; there is nothing to try again.")
    body = {
        "targets": [{"customer": customer, "users": users} for customer, users in groups.items()],
        "reason": request.reason,
        "ticket": request.ticket,
        "requester": request.requester,
        "methods": [kind.value for kind in request.methods],
        "revokeSessions": request.revoke_sessions,
        "dryRun": request.dry_run,
    }
    return body, earlier
