"""The audit of a request: a chain in which each event holds the SHA-256 of the one before."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Self

from domain.model import Instant, Model, iso

START = "0" * 64  # the previous hash of the first event
UNREADABLE = "unreadable"
"""What stands for an event whose record cannot be read; no event is written with it."""


class AuditEvent(Model):
    number: int
    at: Instant
    actor: str
    event: str
    data: dict[str, Any]
    previous_hash: str
    hash: str

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return the event of a stored row. A field that the hash does not cover is refused: somebody added it."""
        return cls.model_validate(value)


def chained(
    request_id: str, number: int, previous_hash: str, at: datetime, actor: str, event: str, data: dict[str, Any]
) -> AuditEvent:
    """Return the next event of the chain of `request_id`; `number` counts from 1."""
    link = AuditEvent(number=number, at=at, actor=actor, event=event, data=data, previous_hash=previous_hash, hash="")
    return link.model_copy(update={"hash": _hash(request_id, link)})


def unreadable_event(number: int, at: datetime) -> AuditEvent:
    """Return what stands for an event whose record cannot be read, so that the others are seen."""
    return AuditEvent(number=number, at=at, actor="", event=UNREADABLE, data={}, previous_hash="", hash="")


def is_unchanged(request_id: str, event: AuditEvent) -> bool:
    """Return whether an event is as it was written, by its own hash."""
    return event.hash == _hash(request_id, event)


def head_of(events: Sequence[AuditEvent]) -> tuple[int, str]:
    """Return the number and hash of the last of all events of a chain."""
    return (events[-1].number, events[-1].hash) if events else (0, START)


def broken(request_id: str, events: Iterable[AuditEvent], head: tuple[int, str]) -> str | None:
    """Return what is wrong with a chain, in a sentence; None for a whole one. `head` is the number and hash of its last event."""
    number, previous = 0, START
    for event in events:
        number += 1
        if event.number != number:
            return f"event {number} is missing: event {event.number} stands in its place"
        if event.event == UNREADABLE:
            return f"event {number} cannot be read"
        if event.previous_hash != previous:
            return f"event {number} does not follow the event before it"
        if not is_unchanged(request_id, event):
            return f"event {number} was changed"
        previous = event.hash
    if (number, previous) != head:
        return f"the chain ends at event {number}, but {head[0]} were written"
    return None


def _hash(request_id: str, event: AuditEvent) -> str:
    body = [request_id, event.number, iso(event.at), event.actor, event.event, event.data, event.previous_hash]
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
