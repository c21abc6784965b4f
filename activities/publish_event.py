"""Activity: publishes the events of a request to the Service Bus topic, in the order in which they happened."""

import logging
from typing import Any

from activities.app import activity
from contracts.words import EventKind
from contracts.workflow import PUBLISH_EVENT, EventAttempt, EventAttempted
from domain.request.notifications import KINDS, BusState, Notification
from messaging.errors import BusUnavailableError
from services import Services, current_services
from telemetry.metrics import count

_log = logging.getLogger("mfareset.bus")


@activity(PUBLISH_EVENT)
async def publish_event(work: EventAttempt) -> EventAttempted:
    return await publish(current_services(), work["id"], work["kind"], last=work.get("last", False))


async def publish(services: Services, request_id: str, kind: EventKind, *, last: bool) -> EventAttempted:
    """Publishes what is pending up to `kind`, the oldest first: the delivery of an earlier event may come later than this one.

    Two that run side by side send an event twice at most, and the second copy is dropped by its id.
    """
    request = await services.requests.get(request_id)
    if request is None or not services.settings.has_service_bus:
        return {"retry_after": None}
    for each in KINDS[: KINDS.index(kind) + 1]:
        notification = await services.notifications.get(request_id, each)
        if notification is None or notification.bus != "pending":
            continue
        try:
            await services.bus.publish(
                notification.event, correlation_id=request.correlation_id, reply_to=request.reply_to
            )
        except BusUnavailableError as error:
            _log.warning("event %s of request %s was not published: %s", each, request_id, error)
            count("mfareset.events", result="lost" if last else "retried")
            if not last:
                return {"retry_after": 0.0}
            await services.notifications.update(request_id, each, _noted("failed"))
            await services.audits.append(request_id, services.now(), "service", "eventLost", {"kind": each})
            continue
        await services.notifications.update(request_id, each, _noted("published"))
        count("mfareset.events", result="published")
    return {"retry_after": None}


def _noted(state: BusState) -> Any:
    def noted(notification: Notification) -> Notification:
        return notification.model_copy(update={"bus": state})

    return noted
