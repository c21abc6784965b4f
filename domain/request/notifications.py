"""Notifications: the events of a request for its source and for the Service Bus topic, with their delivery state."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from domain.model import Instant, Model

type EventKind = Literal["accepted", "awaitingVerification", "awaitingApproval", "decided", "completed", "followedUp"]
type NotificationState = Literal["pending", "delivered", "failed", "gone"]
type BusState = Literal["none", "pending", "published", "failed"]

KINDS: tuple[EventKind, ...] = (
    "accepted",
    "awaitingVerification",
    "awaitingApproval",
    "decided",
    "completed",
    "followedUp",
)


class Notification(Model):
    """One event of a request, stored as it is sent, so that every attempt sends the same bytes.

    `state` is the state of the callback: `none` where the source has no callback, `failed` after the last attempt, `gone` when
    the receiver responded with 410. `bus` is the state of the message to the Service Bus topic.
    """

    kind: EventKind
    event: dict[str, Any]
    state: NotificationState | Literal["none"] = "pending"
    bus: BusState = "none"
    attempts: int = 0
    last_status: int | None = None
    last_at: Instant | None = None
    detail: str = ""

    @property
    def at(self) -> datetime:
        """The time of the event."""
        return datetime.fromisoformat(self.event["time"])

    @property
    def undelivered(self) -> bool:
        """Whether delivery has ended without success."""
        return self.state in {"failed", "gone"}


class CallbackResponse(Model):
    """A callback. `last_status` is the HTTP status of the last response, null where there was none."""

    kind: EventKind
    state: NotificationState
    attempts: int
    last_status: int | None = Field(default=None)
    last_at: Instant | None = None
    detail: str = ""


class OutcomeEventResponse(Model):
    """An event for the Service Bus topic; `failed`: it could not be published for a day."""

    kind: EventKind
    state: BusState


def to_outcome_event_response(notification: Notification) -> OutcomeEventResponse:
    return OutcomeEventResponse(kind=notification.kind, state=notification.bus)


def to_callback_response(notification: Notification) -> CallbackResponse:
    return CallbackResponse(**notification.model_dump(exclude={"event", "bus"}))
