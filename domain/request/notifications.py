"""Announcements: what is told to others about a request, and how far the telling came."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from domain.model import Instant, Model

type EventKind = Literal["accepted", "awaitingApproval", "decided", "completed", "followedUp"]
type AnnouncementState = Literal["pending", "delivered", "failed", "gone"]
type BusState = Literal["none", "pending", "published", "failed"]

KINDS: tuple[EventKind, ...] = ("accepted", "awaitingApproval", "decided", "completed", "followedUp")


class Announcement(Model):
    """One event of a request, kept as it is sent, so that every attempt sends the same bytes.

    `state` is that of the callback: `none` where the source has none, `failed` after the last attempt, `gone` when the
    receiver answered 410. `bus` is that of the Service Bus topic.
    """

    kind: EventKind
    event: dict[str, Any]
    state: AnnouncementState | Literal["none"] = "pending"
    bus: BusState = "none"
    attempts: int = 0
    last_status: int | None = None
    last_at: Instant | None = None
    detail: str = ""

    @property
    def at(self) -> datetime:
        """When it happened."""
        return datetime.fromisoformat(self.event["time"])

    @property
    def undelivered(self) -> bool:
        """Whether it is over and did not get through."""
        return self.state in {"failed", "gone"}


class CallbackShown(Model):
    """`last_status` is the HTTP status of the last answer, absent where there was none."""

    kind: EventKind
    state: AnnouncementState
    attempts: int
    last_status: int | None = Field(default=None)
    last_at: Instant | None = None
    detail: str = ""


class OutcomeEventShown(Model):
    """An event for the Service Bus topic; `failed`: it was not taken for a day."""

    kind: EventKind
    state: BusState


def outcome_event_shown(announcement: Announcement) -> OutcomeEventShown:
    return OutcomeEventShown(kind=announcement.kind, state=announcement.bus)


def callback_shown(announcement: Announcement) -> CallbackShown:
    return CallbackShown(**announcement.model_dump(exclude={"event", "bus"}))
