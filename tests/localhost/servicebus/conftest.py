"""A broker with time given, and the untouched client of Azure."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.servicebus import ServiceBusMessage, ServiceBusReceivedMessage, ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver

from localhost.clock import VirtualClock
from localhost.servicebus.options import Layout, QueueOptions, TopicOptions

LAYOUT = Layout(
    queues={
        "orders": QueueOptions(max_deliveries=3, duplicate_window=timedelta(minutes=10)),
        "parcels": QueueOptions(sessions=True),
    },
    topics={"news": TopicOptions({"all": QueueOptions(), "ordered": QueueOptions(sessions=True)})},
)
# How long a client waits for what never comes, and at most for what does.
NEVER, SOON = 0.3, 20.0


@dataclass
class Bus:
    clock: VirtualClock
    client: ServiceBusClient
    connection_string: str

    async def send(self, name: str, *messages: ServiceBusMessage) -> None:
        """Each by itself."""
        async with self.client.get_queue_sender(name) as sender:
            for message in messages:
                await sender.send_messages(message)

    async def publish(self, name: str, *messages: ServiceBusMessage) -> None:
        async with self.client.get_topic_sender(name) as sender:
            for message in messages:
                await sender.send_messages(message)

    def receiver(self, name: str, **how: Any) -> ServiceBusReceiver:
        return self.client.get_queue_receiver(name, **how)

    def dead_letters(self, name: str) -> ServiceBusReceiver:
        return self.client.get_queue_receiver(name, sub_queue=ServiceBusSubQueue.DEAD_LETTER)


def said(message: ServiceBusReceivedMessage) -> str:
    return b"".join(message.body).decode()


async def one(receiver: ServiceBusReceiver) -> ServiceBusReceivedMessage:
    (message,) = await receiver.receive_messages(max_message_count=1, max_wait_time=SOON)
    return message


async def none(receiver: ServiceBusReceiver) -> bool:
    return not await receiver.receive_messages(max_message_count=1, max_wait_time=NEVER)


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    from localhost.servicebus.server import service_bus  # noqa: PLC0415 - Proton may be missing

    # The client compares a lock's end with its own clock, so time starts now; only the broker's is moved.
    clock = VirtualClock(datetime.now(UTC))
    with service_bus(layout=LAYOUT, clock=clock) as running:
        async with ServiceBusClient.from_connection_string(running.connection_string, retry_total=0) as client:
            yield Bus(clock, client, running.connection_string)
