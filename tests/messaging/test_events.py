"""The events are CloudEvents that the CloudEvents library reads."""

import json
from datetime import UTC, datetime

from cloudevents.core.formats.json import JSONFormat

from domain.api.responses import RequestResponse, to_request_response
from domain.methods import STANDARD_SCOPE
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from messaging.events import KINDS, cloud_event, event_id

AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def shown() -> RequestResponse:
    request = ResetRequest(
        id="r-1",
        status=RequestStatus.COMPLETED,
        created_at=AT,
        source="helpdesk",
        ticket="INC1",
        methods=list(STANDARD_SCOPE),
        target_count=1,
        ranges=[("contoso", 0, 1)],
    )
    return to_request_response(request, {"reset": 1}, [], "https://mfa.example")


def test_an_event_is_a_cloud_event() -> None:
    made = cloud_event("completed", shown(), at=AT, source="https://mfa.example")
    event = JSONFormat().read(None, json.dumps(made))
    assert event.get_specversion() == "1.0"
    assert event.get_type() == "mfareset.request.completed"
    assert event.get_subject() == "r-1"
    assert event.get_source() == "https://mfa.example/api/reset-requests"
    assert event.get_time() == AT
    assert event.get_data() == shown().to_json()


def test_ids_are_stable_and_each_kinds_own() -> None:
    first, again = (cloud_event("accepted", shown(), at=AT, source="https://mfa.example") for _ in range(2))
    assert first == again
    assert len({event_id("r-1", kind) for kind in KINDS} | {event_id("r-1", "accepted", 2)}) == len(KINDS) + 1
