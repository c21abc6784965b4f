"""Deliver again the callbacks and events of a request that were not delivered."""

from datetime import timedelta

import durable
from contracts.workflow import DELIVER_EVENT, EventDelivery
from domain.errors import ConflictError
from domain.request.notifications import Notification
from domain.request.reset_request import ResetRequest
from services import Services

# Longer than the longest wait between two attempts (orchestrators.event_delivery), so no delivery is under way any more.
_STALLED = timedelta(hours=8)


async def resend_callbacks(services: Services, client: durable.Client, request: ResetRequest) -> None:
    """Try the callbacks and events that were not delivered for another day. Raises: ConflictError where all were."""
    notifications = await services.notifications.all(request.id)
    callbacks = undelivered_callbacks(services, notifications)
    events = unpublished_events(services, notifications)
    if not callbacks and not events:
        raise ConflictError("Every callback and event of this request was delivered or is still being tried.")
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


def _is_stalled(services: Services, notification: Notification) -> bool:
    return notification.state == "pending" and (notification.last_at or notification.at) < services.now() - _STALLED
