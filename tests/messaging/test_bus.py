"""What goes out by the Service Bus, with the real client and a broker on this machine."""

from typing import Any

import pytest
from azure.servicebus import ServiceBusMessage, ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient

from messaging.bus import OUTCOMES, Bus
from messaging.errors import BusUnavailableError

pytest.importorskip("proton", reason="python-qpid-proton is not installed")

SOON = 20.0


def event(kind: str) -> dict[str, Any]:
    return {"id": f"r1:{kind}:1", "subject": "r1", "type": f"mfareset.request.{kind}", "data": {"id": "r1"}}


async def test_events_keep_their_order_and_a_repeated_one_goes_once() -> None:
    from localhost.servicebus.server import service_bus  # noqa: PLC0415 - Proton may be missing

    with service_bus() as running:
        bus = Bus.connect(connection_string=running.connection_string)
        for kind in ("accepted", "accepted", "completed"):
            await bus.publish(event(kind), correlation_id="c1", reply_to="answers")
        await bus.close()
        async with (
            ServiceBusClient.from_connection_string(running.connection_string) as client,
            client.get_subscription_receiver(OUTCOMES, "everything", session_id="r1") as receiver,
        ):
            found = await receiver.receive_messages(2, max_wait_time=SOON)
            assert [message.subject for message in found] == ["mfareset.request.accepted", "mfareset.request.completed"]
            assert {(message.correlation_id, message.to) for message in found} == {("c1", "answers")}
            assert len(await receiver.peek_messages(10, sequence_number=1)) == 2


async def test_message_is_set_aside_by_its_lock_token_alone() -> None:
    from localhost.servicebus.server import service_bus  # noqa: PLC0415 - Proton may be missing

    with service_bus() as running:
        bus = Bus.connect(connection_string=running.connection_string)
        async with ServiceBusClient.from_connection_string(running.connection_string) as client:
            async with client.get_queue_sender("reset-requests") as sender:
                await sender.send_messages(ServiceBusMessage("bad"))
            async with client.get_queue_receiver("reset-requests") as receiver:
                (message,) = await receiver.receive_messages(1, max_wait_time=SOON)
                await bus.dead_letter("reset-requests", str(message.lock_token), "invalid", "d" * 5000)
                with pytest.raises(BusUnavailableError):  # the lock is gone now
                    await bus.dead_letter("reset-requests", str(message.lock_token), "invalid", "")
            async with client.get_queue_receiver(
                "reset-requests", sub_queue=ServiceBusSubQueue.DEAD_LETTER
            ) as receiver:
                (dead,) = await receiver.receive_messages(1, max_wait_time=SOON)
                assert (dead.dead_letter_reason, dead.dead_letter_error_description) == ("invalid", "d" * 4096)
        await bus.close()


async def test_bus_that_is_away_is_an_error_of_ours_and_not_for_ever() -> None:
    from localhost.servicebus.server import service_bus  # noqa: PLC0415 - Proton may be missing

    with service_bus() as running:
        bus = Bus.connect(connection_string=running.connection_string)
        await bus.publish(event("accepted"))
    with pytest.raises(BusUnavailableError):
        await bus.publish(event("decided"))
    key = running.connection_string.partition("SharedAccessKey=")[2].partition(";")[0]
    with service_bus(port=running.port, key=key):
        await bus.publish(event("decided"))
        await bus.close()
