"""Activity: sends one event of a request to its source's callback. At least once: a lost answer is sent again, under the same id."""

from datetime import datetime
from typing import Any

from activities.app import activity
from contracts.words import EventKind
from contracts.workflow import SEND_CALLBACK, EventAttempt, EventAttempted
from domain.policy.load import Callback
from domain.request.notifications import Notification
from messaging.callback import post_event
from messaging.errors import MessagingError
from services import Services, current_services
from telemetry.metrics import count

# As the metric calls what became of an attempt.
_RESULTS = {"pending": "retried", "delivered": "delivered", "failed": "lost", "gone": "gone"}


@activity(SEND_CALLBACK)
async def send_callback(work: EventAttempt) -> EventAttempted:
    return await send(current_services(), work["id"], work["kind"], last=work.get("last", False))


async def send(services: Services, request_id: str, kind: EventKind, *, last: bool) -> EventAttempted:
    request = await services.requests.get(request_id)
    notification = await services.notifications.get(request_id, kind)
    if request is None or notification is None or notification.state != "pending":
        return {"retry_after": None}
    source = services.policy.sources.get(request.source)
    if source is None or source.callback is None:
        noted = _noted(services.now(), state="failed", detail="The policy names no callback for this source any more.")
        await services.notifications.update(request_id, kind, noted)
        return {"retry_after": None}
    changes, retry_after = await _attempt(source.callback, notification, services.now(), last=last)
    await services.notifications.update(
        request_id, kind, _noted(services.now(), attempts=notification.attempts + 1, **changes)
    )
    count("mfareset.callbacks", result=_RESULTS[changes.get("state", "pending")])
    if retry_after is None:
        event = "callbackDelivered" if changes["state"] == "delivered" else "callbackFailed"
        data = {"kind": kind, "attempts": notification.attempts + 1, "status": changes.get("last_status")}
        await services.audits.append(request_id, services.now(), "service", event, data)
    return {"retry_after": retry_after}


async def _attempt(
    callback: Callback, notification: Notification, now: datetime, *, last: bool
) -> tuple[dict[str, Any], float | None]:
    """What changes in the notification, and how long to wait at least before another attempt, None for none."""
    state = "failed" if last else "pending"
    retry_after = None if last else 0.0
    try:
        answer = await post_event(callback, notification.event, now)
    except MessagingError as error:
        return {"state": state, "last_status": None, "detail": f"{error.reason}: {error}"}, retry_after
    changes = {"last_status": answer.status, "detail": ""}
    if answer.accepted:
        return changes | {"state": "delivered"}, None
    if answer.gone:
        return changes | {"state": "gone", "detail": "The receiver answered 410: it wants no more of this."}, None
    return changes | {"state": state}, None if last else answer.retry_after or 0.0


def _noted(now: datetime, **changes: Any) -> Any:
    def noted(notification: Notification) -> Notification:
        return notification.model_copy(update={"last_at": now, **changes})

    return noted
