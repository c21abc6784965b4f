"""What an undo asks for: the hardware tokens that an ended request deactivated, planned and approved anew."""

from domain.errors import ConflictError
from domain.methods import MethodType
from domain.outcomes import MethodOutcome, RequestStatus
from domain.request.parsing import Asked
from domain.request.reset_request import ResetRequest, ResetRequestBody, TargetsOfCustomer, UndoBody
from domain.request.undo import Undo
from services import Services
from use_cases.read_targets import all_targets


async def tokens_of(services: Services, request: ResetRequest) -> Undo:
    """What there is to undo. Raises ConflictError where there is nothing, or nothing yet."""
    if request.undo_of:
        raise ConflictError("This is an undo itself: cancel it, or ask for a reset of these users.")
    if not request.status.ended:
        raise ConflictError(f"The request has not ended yet: {request.status.value}. Wait for its end, or cancel it.")
    tokens: dict[tuple[str, str], list[str]] = {}
    async for target in all_targets(services, request.id):
        ids = [method.id for method in target.methods if method.outcome is MethodOutcome.DEACTIVATED]
        if ids:
            tokens[target.customer, target.user_id] = ids
    if not tokens:
        raise ConflictError(
            "Nothing of this request can be undone: it deactivated no hardware token. Phone numbers, apps, passkeys and the "
            "like come back only when the user registers them again, sessions when the user signs in."
        )
    return Undo(request.id, tokens)


async def check_undo(services: Services, request: ResetRequest) -> None:
    """Raises ConflictError where a new undo comes too late, or another one is under way or has done it."""
    within = services.policy.undo.within
    if request.ended_at is None or services.now() - request.ended_at > within:
        raise ConflictError(
            f"The request ended more than {within.days} days ago, the longest that the policy allows ([undo] within). The "
            "user, or an Authentication Administrator, activates the token."
            if within.days
            else "The request ended longer ago than the policy allows ([undo] within)."
        )
    before = await services.requests.get(request.undone_by) if request.undone_by else None
    if before is not None and (not before.status.ended or before.status is RequestStatus.COMPLETED):
        raise ConflictError(f"Request {before.id} undoes this one already; it is {before.status.value}.")


def asked_undo(request: ResetRequest, undo: Undo, body: UndoBody, *, signed_in: bool) -> Asked:
    """What an undo of `request` asks for. Without a name of its own it speaks for who asked for the reset."""
    groups: dict[str, list[str]] = {}
    for customer, user_id in undo.tokens:
        groups.setdefault(customer, []).append(user_id)
    kinds = [MethodType.HARDWARE_OATH]
    made = ResetRequestBody(
        targets=[TargetsOfCustomer(customer=customer, users=users) for customer, users in groups.items()],
        reason=body.reason or request.reason,
        ticket=body.ticket or request.ticket,
        requester=body.requester or ("" if signed_in else request.requester),
        methods=kinds,
        revoke_sessions=False,
    )
    return Asked(made, groups, tuple(kinds))
