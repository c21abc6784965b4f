"""Queue triggers as Azure runs them: completed when the function returns, given back when it raises."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus import ServiceBusMessage

from localhost.errors import UnsupportedFunctionError
from localhost.host.app_index import load_app
from localhost.host.service_bus_trigger import ServiceBusTriggers
from localhost.testing import running
from tests.localhost.driving import APPS
from tests.localhost.servicebus.conftest import Bus, bus, none, one, said

pytest.importorskip("proton", reason="python-qpid-proton is not installed")

__all__ = ["bus"]


@dataclass
class Fed:
    bus: Bus
    file: Path

    @property
    def seen(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]


@pytest.fixture
async def fed(bus: Bus, tmp_path: Path) -> AsyncIterator[Fed]:
    seen = tmp_path / "seen"
    settings = {"TestBus": bus.connection_string, "TEST_SEEN": str(seen)}
    async with running(APPS, settings, script="queue_app.py"):
        yield Fed(bus, seen)


async def test_function_gets_what_the_message_said_and_it_is_completed(fed: Fed) -> None:
    await fed.bus.send(
        "orders",
        ServiceBusMessage(
            "fine", message_id="m1", correlation_id="c1", reply_to="answers", application_properties={"a": "b"}
        ),
        ServiceBusMessage("fail", message_id="m2"),
    )
    async with fed.bus.dead_letters("orders") as receiver:
        got = await one(receiver)  # the failing one, after its three deliveries: the other is long done
        assert (said(got), got.dead_letter_reason) == ("fail", "MaxDeliveryCountExceeded")
        assert await none(receiver)
    first = fed.seen[0]
    assert len(first.pop("token")) == 36
    assert first == {
        "body": "fine",
        "id": "m1",
        "correlation": "c1",
        "replyTo": "answers",
        "delivery": 1,
        "more": {"a": "b"},
    }
    assert [(each["id"], each["delivery"]) for each in fed.seen] == [("m1", 1), ("m2", 1), ("m2", 2), ("m2", 3)]


async def test_function_that_failed_gets_the_message_again_and_nothing_is_left(fed: Fed) -> None:
    await fed.bus.send("orders", ServiceBusMessage("fail once", message_id="m1"), ServiceBusMessage("fail"))
    async with fed.bus.dead_letters("orders") as receiver:
        assert said(await one(receiver)) == "fail"
    assert [each["delivery"] for each in fed.seen if each["id"] == "m1"] == [1, 2]
    async with fed.bus.receiver("orders") as receiver:
        assert await receiver.peek_messages() == []


def test_missing_connection_is_said_in_one_sentence() -> None:
    host: Any = None
    with pytest.raises(UnsupportedFunctionError, match=r"take_order: the setting TestBus .* is missing"):
        ServiceBusTriggers(load_app(APPS, "queue_app.py"), host)
