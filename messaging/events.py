"""Outcome events: CloudEvents 1.0, one shape for ticket callbacks and for Service Bus."""

from datetime import datetime
from typing import Any

from domain.api.responses import RequestResponse
from domain.model import iso
from domain.request.notifications import KINDS, EventKind

__all__ = ["CONTENT_TYPE", "KINDS", "EventKind", "cloud_event", "event_id"]

CONTENT_TYPE = "application/cloudevents+json"  # structured mode, CloudEvents 1.0, HTTP Protocol Binding 3.2
_TYPE = "mfareset.request."


def event_id(request_id: str, kind: EventKind, number: int = 1) -> str:
    """Return the id of an event: the same for every attempt to deliver it, so that a receiver recognizes a duplicate."""
    return f"{request_id}:{kind}:{number}"


def cloud_event(
    kind: EventKind, request: RequestResponse, *, at: datetime, source: str, number: int = 1
) -> dict[str, Any]:
    """Return the event of `kind` about a request as structured JSON.

    `source` is the public base URL of the service, `at` the time of the event.
    """
    return {
        "specversion": "1.0",
        "id": event_id(request.id, kind, number),
        "source": f"{source}/api/reset-requests",
        "type": f"{_TYPE}{kind}",
        "subject": request.id,
        "time": iso(at),
        "datacontenttype": "application/json",
        "data": request.to_json(),
    }
