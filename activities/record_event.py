"""Activity: keeps an event of a request as things stand now, and says which senders deliver it."""

from typing import Any

from activities.app import activity
from contracts.words import EventKind, Sender
from contracts.workflow import RECORD_EVENT, Event, EventSenders
from domain.outcomes import RequestStatus
from domain.request.notifications import Notification
from domain.request.reset_request import ResetRequest
from languages import in_language
from messaging.comment_text import comment
from messaging.events import cloud_event
from records.errors import ValueTooLargeError
from services import Services, current_services
from use_cases.read_request import request_response
from use_cases.target_summaries import windows_to_summarise
from use_cases.ticket_comment import comment_view

# A denial and an approval are decisions; an expiry or a cancel has the event of the end alone.
_DECIDED = {RequestStatus.RESETTING, RequestStatus.DENIED}


@activity(RECORD_EVENT)
async def record_event(work: Event) -> EventSenders:
    services = current_services()
    # An event of the end comes when all outcomes are there; mails and pages use what is summarised for it, too.
    if work["kind"] == "completed":
        request = await services.requests.get(work["id"])
        if request is not None and (missing := await windows_to_summarise(services, request, "outcomes")):
            return {"senders": [], "windows": missing}
    return {"senders": await record(services, work["id"], work["kind"])}


async def record(services: Services, request_id: str, kind: EventKind) -> list[Sender]:
    request = await services.requests.get(request_id)
    if request is None or (kind == "decided" and request.status not in _DECIDED):
        return []
    teams: list[Sender] = ["teams"] if kind == "awaitingApproval" and services.policy.approval.teams_webhook else []
    callback = _has_callback(services, request)
    if not callback and not services.settings.has_service_bus:
        return teams
    known = await services.notifications.get(request_id, kind)
    if known is None:
        event = await made(services, request, kind)
        known = Notification(
            kind=kind,
            event=event,
            state="pending" if callback else "none",
            bus="pending" if services.settings.has_service_bus else "none",
        )
        try:
            await services.notifications.add(request_id, known)
        except ValueTooLargeError:
            # Only a request with thousands of people in its approvals comes here: the receiver reads it by its link.
            known = known.model_copy(update={"event": event | {"data": _short(event["data"])}})
            await services.notifications.add(request_id, known)
    pending: dict[Sender, bool] = {"callback": known.state == "pending", "bus": known.bus == "pending"}
    return [sender for sender, is_pending in pending.items() if is_pending] + teams


def _has_callback(services: Services, request: ResetRequest) -> bool:
    source = services.policy.sources.get(request.source)
    return source is not None and source.callback is not None


async def made(services: Services, request: ResetRequest, kind: EventKind) -> dict[str, Any]:
    """The event of `kind` as the request stands, with the comment for a ticket where the policy names a system."""
    event = cloud_event(
        kind, await request_response(services, request), at=services.now(), source=services.settings.public_base_url
    )
    source = services.policy.sources.get(request.source)
    template = source.callback.template if source is not None and source.callback is not None else None
    if template is not None:
        # Beside the request, not as an attribute of the event: those hold no line breaks (CloudEvents 1.0, 3.1).
        with in_language(services.policy.language_for(request.customers)):
            event["data"]["comment"] = comment(template, kind, await comment_view(services, request, kind))
    return event


def _short(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: data[name] for name in ("id", "status", "createdAt", "endedAt", "source", "ticket", "totals", "links")
    }
