"""Undo a request: the hardware tokens that an ended request deactivated, planned and approved anew."""

import durable
from domain.access.callers import Caller
from domain.errors import ConflictError
from domain.methods import MethodType
from domain.normal_address import known_address
from domain.outcomes import MethodOutcome, RequestStatus
from domain.request.new_request import Origin
from domain.request.parsing import ParsedRequest
from domain.request.reset_request import ResetRequest, ResetRequestBody, TargetsOfCustomer, UndoBody
from domain.request.undo import Undo
from languages import Message
from services import Services
from use_cases.read_targets import all_targets
from use_cases.submit_request import Submission, Submitted, caller_keys, canonical_json, submit_request


async def undo_request(
    services: Services,
    client: durable.Client,
    request: ResetRequest,
    body: UndoBody,
    *,
    source: str,
    by: Caller,
    key: str | None,
) -> Submitted:
    """Submit an undo of `request`.

    `source` is the endpoint that was asked, not the source of the reset, which may be exempt from approval.

    Raises: ConflictError where there is nothing to undo, or nothing yet, where it comes too late, or where another undo is
    under way or has done it; KeyReusedError.
    """
    undo = await _tokens_of(services, request)
    if key is None or not await services.deliveries.known(caller_keys(by), key):
        await _check_undo(services, request)
    submission = Submission(
        parsed=_parsed_undo(request, undo, body, signed_in=by.signed_in),
        origin=Origin(source, caller=by),
        key=key,
        key_owner=caller_keys(by),
        raw=canonical_json({"undoOf": request.id} | body.to_json()),
        undo=undo,
    )
    submitted = await submit_request(services, client, submission)
    # A worker that stops before this leaves two undos possible: a user's lease lets only one of them have the user.
    if submitted.is_new:
        new_id = submitted.request.id
        await services.requests.update(request.id, lambda r: r.model_copy(update={"undone_by": new_id}))
        await services.audits.append(request.id, services.now(), by.name, "undoAsked", {"undoneBy": new_id})
    return submitted


async def _tokens_of(services: Services, request: ResetRequest) -> Undo:
    """Return what there is to undo."""
    if request.undo_of:
        raise ConflictError(Message("This is an undo itself: cancel it, or ask for a reset of these users."))
    if not request.status.ended:
        raise ConflictError(
            Message(
                "The request has not ended yet: %(status)s. Wait for its end, or cancel it.",
                status=request.status.value,
            )
        )
    tokens: dict[tuple[str, str], list[str]] = {}
    async for target in all_targets(services, request.id):
        ids = [method.id for method in target.methods if method.outcome is MethodOutcome.DEACTIVATED]
        if ids:
            tokens[target.customer, target.user_id] = ids
    if not tokens:
        raise ConflictError(
            Message(
                "Nothing of this request can be undone: it deactivated no hardware token. Phone numbers, apps, passkeys and the "
                "like come back only when the user registers them again, sessions when the user signs in."
            )
        )
    return Undo(request.id, tokens)


async def _check_undo(services: Services, request: ResetRequest) -> None:
    within = services.policy.undo.within
    if request.ended_at is None or services.now() - request.ended_at > within:
        if not within.days:
            raise ConflictError(Message("The request ended longer ago than the policy allows ([undo] within)."))
        raise ConflictError(
            Message(
                "The request ended more than %(days)s days ago, the longest that the policy allows ([undo] within). The user, "
                "or an Authentication Administrator, activates the token.",
                days=within.days,
            )
        )
    before = await services.requests.get(request.undone_by) if request.undone_by else None
    if before is not None and (not before.status.ended or before.status is RequestStatus.COMPLETED):
        raise ConflictError(
            Message(
                "Request %(before)s undoes this one already; it is %(status)s.",
                before=before.id,
                status=before.status.value,
            )
        )


def _parsed_undo(request: ResetRequest, undo: Undo, body: UndoBody, *, signed_in: bool) -> ParsedRequest:
    """Return what an undo of `request` asks for. Unless it names a requester, it has the requester of the reset."""
    groups: dict[str, list[str]] = {}
    for customer, user_id in undo.tokens:
        groups.setdefault(customer, []).append(user_id)
    kinds = [MethodType.HARDWARE_OATH]
    wanted = ResetRequestBody(
        targets=[TargetsOfCustomer(customer=customer, users=users) for customer, users in groups.items()],
        reason=body.reason or request.reason,
        ticket=body.ticket or request.ticket,
        requester=body.requester or ("" if signed_in else known_address(request.requester)),
        methods=kinds,
        revoke_sessions=False,
    )
    return ParsedRequest(wanted, groups, tuple(kinds))
