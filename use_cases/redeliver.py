"""Deliver again the callbacks and events of a request that were not delivered."""

from datetime import timedelta

import durable
from contracts.workflow import DELIVER_EVENT, EventDelivery
from domain.errors import ConflictError
from domain.outcomes import RequestStatus
from domain.request.notifications import Notification
from domain.request.reset_request import ResetRequest
from languages import Message
from services import Services

# Longer than the longest wait between two attempts (orchestrators.event_delivery), so no delivery is under way any more.
_STALLED = timedelta(hours=8)


async def resend_callbacks(services: Services, client: durable.Client, request: ResetRequest) -> None:
    """Try the callbacks, events and the message to the approvers' channel that were not delivered for another day.

    Raises: ConflictError where all were.
    """
    notifications = await services.notifications.all(request.id)
    callbacks = undelivered_callbacks(services, notifications)
    events = unpublished_events(services, notifications)
    teams = teams_message_failed(services, request)
    if not callbacks and not events and not teams:
        raise ConflictError(
            Message("Every callback, event and Teams message of this request was delivered or is still being tried.")
        )
    if teams:
        await services.requests.update(request.id, _teams_pending)
        await durable.start_instance(
            client, DELIVER_EVENT, EventDelivery(id=request.id, kind="awaitingApproval", sender="teams")
        )
    for each in events:
        await services.notifications.update(request.id, each.kind, lambda a: a.model_copy(update={"bus": "pending"}))
    if events:  # one delivery for all of them: it publishes what is pending up to its kind, the oldest first
        work = EventDelivery(id=request.id, kind=events[-1].kind, sender="bus")
        await durable.start_instance(client, DELIVER_EVENT, work)
    for each in callbacks:
        await services.notifications.update(request.id, each.kind, lambda a: a.model_copy(update={"state": "pending"}))
        work = EventDelivery(id=request.id, kind=each.kind, sender="callback")
        await durable.start_instance(client, DELIVER_EVENT, work)


def undelivered_callbacks(services: Services, notifications: list[Notification]) -> list[Notification]:
    """Return the events whose callback failed, or is pending though nothing tries it any more."""
    return [each for each in notifications if each.undelivered or _is_stalled(services, each)]


def unpublished_events(services: Services, notifications: list[Notification]) -> list[Notification]:
    """Return the events that the Service Bus did not accept.

    One that has been pending for long counts too: the topic drops a second copy by its id.
    """
    if not services.settings.has_service_bus:
        return []
    return [
        each
        for each in notifications
        if each.bus == "failed" or (each.bus == "pending" and each.at < services.now() - _STALLED)
    ]


def teams_message_failed(services: Services, request: ResetRequest) -> bool:
    """Return whether the message to the approvers' channel did not get out, and is still of use."""
    teams = request.approval.teams
    if teams is None or request.status is not RequestStatus.AWAITING_APPROVAL:
        return False
    return teams.state == "failed" or (teams.state == "pending" and teams.last_at < services.now() - _STALLED)


def _teams_pending(request: ResetRequest) -> ResetRequest:
    teams = request.approval.teams
    if teams is None:
        return request
    pending = teams.model_copy(update={"state": "pending"})
    return request.model_copy(update={"approval": request.approval.model_copy(update={"teams": pending})})


def _is_stalled(services: Services, notification: Notification) -> bool:
    return notification.state == "pending" and (notification.last_at or notification.at) < services.now() - _STALLED
