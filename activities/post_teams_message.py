"""Activity: posts to the approvers' channel of Microsoft Teams that a request waits. At least once, as a webhook has no key for repeats."""

from typing import Any

from activities.app import activity
from contracts.workflow import POST_TEAMS_MESSAGE, EventAttempt, EventAttempted
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.request.teams_message import TeamsMessage, TeamsState
from languages import in_language
from messaging.callback import Answer
from messaging.errors import MessagingError
from messaging.teams import ChannelView, post_approval_message
from services import Services, current_services
from telemetry.metrics import count

_RESULTS = {"pending": "retried", "accepted": "accepted", "failed": "lost"}
# Beside the statuses of servers in trouble: request timeout, too early, too many requests. No other one passes by itself.
_PASSING = frozenset({408, 425, 429})
_NOT_FOUND = frozenset({401, 403, 404, 410})


@activity(POST_TEAMS_MESSAGE)
async def post_teams_message(work: EventAttempt) -> EventAttempted:
    return await post(current_services(), work["id"], last=work.get("last", False))


async def post(services: Services, request_id: str, *, last: bool) -> EventAttempted:
    request = await services.requests.get(request_id)
    if request is None or (request.approval.teams is not None and request.approval.teams.state != "pending"):
        return {"retry_after": None}
    url, expires_at = services.policy.approval.teams_webhook, request.approval.expires_at
    if request.status is not RequestStatus.AWAITING_APPROVAL or expires_at is None:
        await _note(services, request, state="notSent", detail="The request does not wait for approval any more.")
        return {"retry_after": None}
    if not url:
        await _note(services, request, state="failed", detail="The policy names no channel any more.")
        return {"retry_after": None}
    attempts = request.approval.teams.attempts + 1 if request.approval.teams else 1
    try:
        with in_language(services.policy.language_for(request.customers)):
            answer = await post_approval_message(url, _view(services, request))
    except MessagingError as error:
        state: TeamsState = "failed" if last else "pending"
        return await _attempted(services, request, state, attempts, detail=f"{error.reason}: {error}")
    state, detail = _meaning(answer, last=last)
    return await _attempted(services, request, state, attempts, answer=answer, detail=detail)


def _view(services: Services, request: ResetRequest) -> ChannelView:
    assert request.approval.expires_at is not None  # noqa: S101 - seen by the caller
    return ChannelView(
        request_id=request.id,
        link=f"{services.settings.public_base_url}/console/approvals/{request.id}",
        users=request.target_count,
        customers=len(request.customers),
        quorum=request.approval.quorum,
        expires_at=request.approval.expires_at,
        ticket=request.ticket,
        step_up=request.approval.step_up,
        undo=bool(request.undo_of),
        retry=bool(request.retry_of),
        takeover=bool(request.takeover_of),
    )


def _meaning(answer: Answer, *, last: bool) -> tuple[TeamsState, str]:
    """Return what an answer means. A workflow answers 202 before it posts, so that is as much as is known."""
    if answer.accepted:
        return "accepted", ""
    if answer.status in _NOT_FOUND:
        return "failed", "There is no such workflow, or it is off. See to it, copy its address anew, then send again."
    if answer.status in _PASSING or answer.status >= 500:
        return ("failed" if last else "pending"), ""
    return "failed", "The workflow does not take this message. See its run history."


async def _attempted(
    services: Services,
    request: ResetRequest,
    state: TeamsState,
    attempts: int,
    *,
    answer: Answer | None = None,
    detail: str = "",
) -> EventAttempted:
    status = answer.status if answer else None
    await _note(services, request, state=state, attempts=attempts, last_status=status, detail=detail)
    count("mfareset.teams", result=_RESULTS[state])
    if state == "pending":
        return {"retry_after": (answer.retry_after if answer else None) or 0.0}
    event = "teamsMessageAccepted" if state == "accepted" else "teamsMessageFailed"
    await services.audits.append(request.id, services.now(), "service", event, {"attempts": attempts, "status": status})
    return {"retry_after": None}


async def _note(services: Services, request: ResetRequest, **fields: Any) -> None:
    teams = TeamsMessage(last_at=services.now(), **fields)
    await services.requests.update(
        request.id, lambda r: r.model_copy(update={"approval": r.approval.model_copy(update={"teams": teams})})
    )
