"""Activity: sends one event of a request to its source's callback. At least once: a lost answer is sent again, under the same id."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from activities.app import activity
from contracts.words import EventKind
from contracts.workflow import SEND_CALLBACK, EventAttempt, EventAttempted
from domain.policy.load import Callback
from domain.request.notifications import Notification, NotificationState
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
    attempt = await _attempt(source.callback, notification, services.now(), last=last)
    attempts = notification.attempts + 1
    noted = _noted(
        services.now(), attempts=attempts, state=attempt.state, last_status=attempt.status, detail=attempt.detail
    )
    await services.notifications.update(request_id, kind, noted)
    count("mfareset.callbacks", result=_RESULTS[attempt.state])
    if attempt.retry_after is None:
        event = "callbackDelivered" if attempt.state == "delivered" else "callbackFailed"
        data = {"kind": kind, "attempts": attempts, "status": attempt.status}
        await services.audits.append(request_id, services.now(), "service", event, data)
    return {"retry_after": attempt.retry_after}


class _Attempt(NamedTuple):
    """`retry_after`: seconds to wait at least before another attempt, None for none. `status`: that of the response."""

    state: NotificationState
    retry_after: float | None = None
    status: int | None = None
    detail: str = ""


async def _attempt(callback: Callback, notification: Notification, now: datetime, *, last: bool) -> _Attempt:
    state: NotificationState = "failed" if last else "pending"
    try:
        answer = await post_event(callback, notification.event, now)
    except MessagingError as error:
        return _Attempt(state, None if last else 0.0, detail=f"{error.reason}: {error}")
    if answer.accepted:
        return _Attempt("delivered", status=answer.status)
    if answer.gone:
        return _Attempt("gone", status=answer.status, detail="The receiver answered 410: it wants no more of this.")
    return _Attempt(state, None if last else answer.retry_after or 0.0, answer.status)


def _noted(now: datetime, **changes: object) -> Callable[[Notification], Notification]:
    def noted(notification: Notification) -> Notification:
        return notification.model_copy(update={"last_at": now, **changes})

    return noted
