"""Azure Service Bus: events go out to a topic, and a message of a queue is set aside as a dead letter."""

import asyncio
import json
from typing import Any, Self
from uuid import UUID

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusMessage, ServiceBusReceivedMessage
from azure.servicebus._pyamqp.message import Message as AmqpMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusSender

from messaging.errors import BusUnavailableError
from messaging.events import CONTENT_TYPE

OUTCOMES = "reset-outcomes"
# Azure takes 4,096 characters for reason and description each.
_LONGEST = 4096
# The durable workflow retries, so the client's own retries are few.
_RETRIES, _TIMEOUT = 1, 20.0


class Bus:
    """Belongs to the event loop it is used on. Raises BusUnavailableError when the Service Bus does not do what is asked."""

    def __init__(self, client: ServiceBusClient, credential: AsyncTokenCredential | None = None) -> None:
        self._client = client
        self._credential = credential
        self._sender: ServiceBusSender | None = None
        self._sending = asyncio.Lock()  # a sender is for one task at a time

    @classmethod
    def connect(cls, *, connection_string: str = "", namespace: str = "", credential: Any = None) -> Self:
        """By connection string, or by host name with a credential."""
        how: dict[str, Any] = {"retry_total": _RETRIES, "socket_timeout": _TIMEOUT}
        if connection_string:
            return cls(ServiceBusClient.from_connection_string(connection_string, **how))
        return cls(ServiceBusClient(namespace, credential, **how), credential)

    async def publish(self, event: dict[str, Any], *, correlation_id: str = "", reply_to: str = "") -> None:
        """Send a CloudEvent, structured, to the topic of outcomes.

        The session is the request, so that a receiver gets the events of one request in order; the message id is the event's,
        so that duplicate detection drops what is sent again.
        """
        message = ServiceBusMessage(
            json.dumps(event).encode(),
            content_type=CONTENT_TYPE,
            message_id=event["id"],
            session_id=event["subject"],
            subject=event["type"],
            correlation_id=correlation_id or None,
            to=reply_to or None,
        )
        async with self._sending:
            try:
                if self._sender is None:
                    self._sender = self._client.get_topic_sender(OUTCOMES)
                await self._sender.send_messages(message)
            except (AzureError, ValueError) as error:
                await self._drop_sender()
                raise BusUnavailableError(f"{type(error).__name__}: {error}") from error

    async def dead_letter(self, queue: str, lock_token: str, reason: str, description: str) -> None:
        """Dead-letter a message that another process (the Functions host) received and holds the lock of.

        The protocol lets any receiver of a queue settle by lock token (`com.microsoft:update-disposition`), and the client
        does so for messages that were deferred; it has no public way to name a token alone.
        """
        try:
            async with self._client.get_queue_receiver(queue) as receiver:
                message = ServiceBusReceivedMessage(
                    AmqpMessage(), receiver=receiver, is_deferred_message=True, lock_token=UUID(lock_token)
                )
                await receiver.dead_letter_message(
                    message, reason=reason[:_LONGEST], error_description=description[:_LONGEST]
                )
        except AzureError as error:
            raise BusUnavailableError(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        await self._drop_sender()
        await self._client.close()
        if self._credential is not None:
            await self._credential.close()

    async def _drop_sender(self) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.close()
