"""What becomes of a message: taken, set aside with a reason, or given back to come again."""

import json
from collections.abc import AsyncIterator
from copy import replace
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

import services
import triggers.messages.service_bus
from messaging.errors import BusUnavailableError
from records.deliveries import Deliveries
from records.errors import StoreUnavailableError
from settings import read_settings
from tests.system import environment
from triggers.messages.service_bus import receive_message

BODY: dict[str, Any] = {
    "targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}],
    "reason": "Lost phone",
    "requester": "tech@msp.example",
}


@dataclass
class Bus:
    dead: list[tuple[str, str, str, str]] = field(default_factory=list)
    away: bool = False

    async def dead_letter(self, queue: str, lock_token: str, reason: str, description: str) -> None:
        if self.away:
            raise BusUnavailableError("away")
        self.dead.append((queue, lock_token, reason, description))

    async def close(self) -> None: ...


class WithBus(services.Services):
    fake = Bus()

    @property
    def bus(self) -> Any:
        return self.fake


@dataclass
class Queue:
    services: WithBus
    bus: Bus
    started: list[str]
    pauses: list[float]

    async def receive(self, body: Any, **how: Any) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"message_id": "m1", "sequence_number": 7, "lock_token": "the-token", "delivery_count": 1} | how
        message = SimpleNamespace(get_body=lambda: raw, **({"correlation_id": None, "reply_to": None} | given))

        async def schedule(*_: Any, instance_id: str, **__: Any) -> None:
            self.started.append(instance_id)

        async def state(*_: Any, **__: Any) -> Any:
            return SimpleNamespace(runtime_status=None)

        client = SimpleNamespace(schedule_new_orchestration=schedule, get_orchestration_state=state)
        function = receive_message.build(func.AuthLevel.FUNCTION).get_user_function()
        # The decorator for durable clients wraps what is ours.
        await getattr(function, "__wrapped__", function)(message=message, client=client)


@pytest.fixture
async def queue_trigger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Queue]:
    made = WithBus(read_settings(environment(tmp_path) | {"PUBLIC_BASE_URL": "http://127.0.0.1:1"}))
    made.fake = Bus()
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(triggers.messages.service_bus, "pause", pause)
    services.set_services(made)
    yield Queue(made, made.fake, [], pauses)
    await made.close()
    services.set_services(None)


async def test_valid_message_becomes_a_request_that_remembers_who_asked(queue_trigger: Queue) -> None:
    await queue_trigger.receive(BODY, correlation_id="c1", reply_to="answers")
    (request_id,) = queue_trigger.started
    request = await queue_trigger.services.requests.get(request_id)
    assert request is not None
    assert (request.source, request.correlation_id, request.reply_to) == ("servicebus", "c1", "answers")
    assert not queue_trigger.bus.dead


async def test_message_that_comes_again_is_the_same_request(queue_trigger: Queue) -> None:
    await queue_trigger.receive(BODY)
    await queue_trigger.receive(BODY, sequence_number=8)
    assert len(queue_trigger.started) == 1
    assert not queue_trigger.bus.dead


async def test_message_without_an_id_counts_once_but_its_like_counts_again(queue_trigger: Queue) -> None:
    await queue_trigger.receive(BODY, message_id=None)
    await queue_trigger.receive(BODY, message_id=None, delivery_count=2)
    assert len(queue_trigger.started) == 1
    await queue_trigger.receive(BODY, message_id=None, sequence_number=8)
    assert len(queue_trigger.started) == 2


@pytest.mark.parametrize(
    ("body", "reason", "says"),
    [
        (b"{not json", "invalidInput", "The body is not JSON."),
        (BODY | {"targets": [{"customer": "nobody", "users": ["x"]}]}, "invalidInput", "/targets/0/customer: "),
        (BODY | {"extra": 1}, "invalidInput", "/extra: "),
        (b" " * 1_048_577, "tooLarge", "1048576 bytes"),
    ],
)
async def test_invalid_message_is_set_aside_with_reason_and_description(
    queue_trigger: Queue, body: Any, reason: str, says: str
) -> None:
    await queue_trigger.receive(body)
    ((queue, token, why, description),) = queue_trigger.bus.dead
    assert (queue, token, why) == ("reset-requests", "the-token", reason)
    assert says in description
    assert not queue_trigger.started
    assert not queue_trigger.pauses


async def test_same_id_with_another_body_is_set_aside(queue_trigger: Queue) -> None:
    await queue_trigger.receive(BODY)
    await queue_trigger.receive(BODY | {"reason": "Another"})
    assert [why for _, _, why, _ in queue_trigger.bus.dead] == ["keyReused"]
    assert len(queue_trigger.started) == 1


async def test_customers_beyond_the_policys_are_not_reached(queue_trigger: Queue) -> None:
    policy = queue_trigger.services.policy
    queue = policy.queue.model_copy(update={"customers": ("fabrikam",)})
    queue_trigger.services.settings = replace(
        queue_trigger.services.settings, policy=policy.model_copy(update={"queue": queue})
    )
    await queue_trigger.receive(BODY)
    ((_, _, why, description),) = queue_trigger.bus.dead
    assert why == "invalidInput"
    assert "may not touch 'contoso'" in description


@pytest.mark.parametrize(("delivery", "seconds"), [(1, 2.0), (2, 4.0), (9, 30.0)])
async def test_passing_fault_holds_the_message_back_and_gives_it_back(
    queue_trigger: Queue, monkeypatch: pytest.MonkeyPatch, delivery: int, seconds: float
) -> None:
    async def away(*_: Any, **__: Any) -> Any:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(Deliveries, "accept", away)
    with pytest.raises(StoreUnavailableError):
        await queue_trigger.receive(BODY, delivery_count=delivery)
    assert queue_trigger.pauses == [seconds]
    assert not queue_trigger.bus.dead


async def test_message_that_cannot_be_set_aside_is_not_completed(queue_trigger: Queue) -> None:
    queue_trigger.bus.away = True
    with pytest.raises(BusUnavailableError):
        await queue_trigger.receive(b"{not json")
