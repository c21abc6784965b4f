"""Events of a request go out in their order, once, and are given up only after the last attempt."""

from collections.abc import AsyncIterator
from copy import replace
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import services
from activities.publish_event import publish
from activities.record_event import record
from domain.errors import ConflictError
from domain.methods import STANDARD_SCOPE
from domain.request.notifications import EventKind
from domain.request.reset_request import ResetRequest
from messaging.errors import BusUnavailableError
from settings import read_settings
from tests.system import environment
from use_cases.read_request import request_response
from use_cases.redeliver import resend_callbacks


@dataclass
class Bus:
    sent: list[tuple[str, str, str]] = field(default_factory=list)
    away: bool = False

    async def publish(self, event: dict[str, Any], *, correlation_id: str, reply_to: str) -> None:
        if self.away:
            raise BusUnavailableError("away")
        self.sent.append((event["type"], correlation_id, reply_to))

    async def close(self) -> None: ...


class WithBus(services.Services):
    fake = Bus()

    @property
    def bus(self) -> Any:
        return self.fake


@pytest.fixture
async def s(tmp_path: Path) -> AsyncIterator[WithBus]:
    settings = replace(
        read_settings(environment(tmp_path) | {"PUBLIC_BASE_URL": "http://127.0.0.1:1"}),
        service_bus="Endpoint=sb://127.0.0.1;",
    )
    made = WithBus(settings, now=lambda: datetime(2026, 1, 5, 9, 0, tzinfo=UTC))
    made.fake = Bus()
    request = ResetRequest(
        id="r1",
        created_at=made.now(),
        source="servicebus",
        methods=list(STANDARD_SCOPE),
        target_count=0,
        ranges=[],
        correlation_id="c1",
        reply_to="answers",
    )
    await made.requests.create(request, [])
    yield made
    await made.close()


async def test_source_without_a_callback_is_notified_by_the_topic_alone(s: WithBus) -> None:
    assert await record(s, "r1", "accepted") == ["bus"]
    assert await publish(s, "r1", "accepted", last=False) == {"retry_after": None}
    assert s.fake.sent == [("mfareset.request.accepted", "c1", "answers")]
    assert await record(s, "r1", "accepted") == []  # it is out


async def test_without_a_service_bus_nothing_is_recorded(s: WithBus) -> None:
    s.settings = replace(s.settings, service_bus="")
    assert await record(s, "r1", "accepted") == []
    assert await s.notifications.all("r1") == []


async def test_an_event_takes_the_earlier_ones_along_and_each_goes_once(s: WithBus) -> None:
    await record(s, "r1", "accepted")
    s.fake.away = True
    assert await publish(s, "r1", "accepted", last=False) == {"retry_after": 0.0}
    await record(s, "r1", "completed")
    s.fake.away = False
    assert await publish(s, "r1", "completed", last=False) == {"retry_after": None}
    assert await publish(s, "r1", "accepted", last=False) == {"retry_after": None}
    assert [kind for kind, _, _ in s.fake.sent] == ["mfareset.request.accepted", "mfareset.request.completed"]


async def test_what_was_never_published_is_in_the_audit(s: WithBus) -> None:
    await record(s, "r1", "accepted")
    s.fake.away = True
    assert await publish(s, "r1", "accepted", last=True) == {"retry_after": None}
    events = await s.audits.page("r1", 0, 10)
    assert [event.event for event in events] == ["eventLost"]


class Client:
    """Keeps what is started."""

    def __init__(self) -> None:
        self.started: list[tuple[str, Any]] = []

    async def schedule_new_orchestration(
        self,
        name: str,
        *,
        input: Any,  # noqa: A002 - the real one's name
        instance_id: str | None = None,
    ) -> str:
        self.started.append((name, input))
        return "i1"


async def states(s: WithBus) -> list[tuple[str, str]]:
    request = await s.requests.get("r1")
    assert request is not None
    return [(event.kind, event.state) for event in (await request_response(s, request)).outcome_events]


async def test_failed_events_are_shown_and_redelivered_in_order(s: WithBus) -> None:
    s.fake.away = True
    kinds: tuple[EventKind, ...] = ("accepted", "awaitingApproval")
    for kind in kinds:
        await record(s, "r1", kind)
        await publish(s, "r1", kind, last=True)
    assert await states(s) == [("accepted", "failed"), ("awaitingApproval", "failed")]
    request = await s.requests.get("r1")
    assert request is not None
    client: Any = Client()
    await resend_callbacks(s, client, request)
    assert client.started == [("deliver_event", {"id": "r1", "kind": "awaitingApproval", "sender": "bus"})]
    s.fake.away = False
    await publish(s, "r1", "awaitingApproval", last=False)
    assert await states(s) == [("accepted", "published"), ("awaitingApproval", "published")]
    assert [kind.rpartition(".")[2] for kind, _, _ in s.fake.sent] == ["accepted", "awaitingApproval"]
    with pytest.raises(ConflictError):
        await resend_callbacks(s, client, request)


async def test_a_stalled_event_is_redelivered(s: WithBus) -> None:
    await record(s, "r1", "accepted")
    request = await s.requests.get("r1")
    assert request is not None
    client: Any = Client()
    with pytest.raises(ConflictError):  # it is being tried
        await resend_callbacks(s, client, request)
    s.now = lambda: datetime(2026, 1, 5, 18, 0, tzinfo=UTC)
    await resend_callbacks(s, client, request)
    assert len(client.started) == 1
