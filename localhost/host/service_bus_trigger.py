"""Run service-bus-triggered functions as the Functions host does: receive, invoke, then complete or abandon the message."""

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.aio import ServiceBusClient, ServiceBusReceiver
from azure.servicebus.exceptions import MessageLockLostError, ServiceBusError
from azure_functions_runtime.bindings.datumdef import Datum

from localhost.errors import FunctionFailedError, UnsupportedFunctionError
from localhost.host.app_index import App, Function
from localhost.host.dispatcher import Dispatcher

logger = logging.getLogger("localhost.queues")

# Seconds that one receive call waits for a message, and before the next try when the broker is unreachable.
_WAIT, _AWAY = 30.0, 5.0


class ServiceBusTriggers:
    """One receiver for each function; messages are taken one after the other."""

    def __init__(self, app: App, host: Dispatcher) -> None:
        self._host = host
        self._functions = [(f, *_source(f)) for f in app.triggered_by("serviceBusTrigger")]
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        for function, connection, queue in self._functions:
            self._tasks.append(asyncio.create_task(self._feed(function, connection, queue)))

    async def stop(self, seconds: float) -> None:
        """Receive no more; a running message is settled if it ends in time, else it is delivered again when its lock expires."""
        self._stopping.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _feed(self, function: Function, connection: str, queue: str) -> None:
        while not self._stopping.is_set():
            try:
                async with (
                    ServiceBusClient.from_connection_string(connection, retry_total=0) as client,
                    client.get_queue_receiver(queue) as receiver,
                ):
                    while (message := await self._next(receiver)) is not None:
                        await self._run(function, receiver, message)
            except ServiceBusError as error:
                logger.warning("queue %s: %s", queue, error)
                await self._stopped_within(_AWAY)

    async def _next(self, receiver: ServiceBusReceiver) -> ServiceBusReceivedMessage | None:
        """The next message; None when the host stops."""
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            while not self._stopping.is_set():
                receiving = asyncio.create_task(receiver.receive_messages(max_message_count=1, max_wait_time=_WAIT))
                await asyncio.wait({receiving, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not receiving.done():
                    receiving.cancel()
                    await asyncio.gather(receiving, return_exceptions=True)
                elif messages := receiving.result():
                    return messages[0]
            return None
        finally:
            stopping.cancel()

    async def _run(self, function: Function, receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage) -> None:
        try:
            await self._host.invoke(function, _body(message), _metadata(message))
        except FunctionFailedError as error:
            logger.error(  # noqa: TRY400 - the trace that counts is the function's
                "%s failed, invocation %s: %s\n%s", function.name, error.invocation_id, error, error.trace
            )
            settled = receiver.abandon_message(message)
        else:
            settled = receiver.complete_message(message)
        try:
            await settled
        except MessageLockLostError:
            # The function settled it itself, or took longer than the lock lasts: then it is delivered again.
            logger.info("%s: message %s was settled elsewhere", function.name, message.sequence_number)

    async def _stopped_within(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def _source(function: Function) -> tuple[str, str]:
    """The connection string and the queue of a trigger. Raises: UnsupportedFunctionError."""
    trigger = function.trigger
    if not trigger.get("queueName"):
        raise UnsupportedFunctionError(f"function {function.name}: the local host receives from queues alone")
    connection = os.environ.get(str(trigger["connection"]), "")
    if not connection:
        raise UnsupportedFunctionError(
            f"function {function.name}: the setting {trigger['connection']} with a connection string is missing; "
            "--service-bus starts a broker and sets it"
        )
    return connection, str(trigger["queueName"])


def _body(message: ServiceBusReceivedMessage) -> Datum:
    raw = b"".join(message.body)
    try:
        return Datum(raw.decode(), "string")
    except UnicodeDecodeError:
        return Datum(raw, "bytes")


def _metadata(message: ServiceBusReceivedMessage) -> dict[str, Datum]:
    """Trigger metadata of a message as the Functions host passes it; functions see it as the message's properties."""
    texts: Mapping[str, Any] = {
        "MessageId": message.message_id,
        "CorrelationId": message.correlation_id,
        "ReplyTo": message.reply_to,
        "ContentType": message.content_type,
        "Subject": message.subject,
        "SessionId": message.session_id,
        "LockToken": message.lock_token,
        "EnqueuedTimeUtc": message.enqueued_time_utc and message.enqueued_time_utc.isoformat(),
    }
    others = {
        "SequenceNumber": message.sequence_number,
        # AMQP counts the deliveries that failed, Azure's libraries this one, too.
        "DeliveryCount": (message.delivery_count or 0) + 1,
        "ApplicationProperties": _named(message),
        "UserProperties": _named(message),
    }
    found = {name: Datum(str(value), "string") for name, value in texts.items() if value is not None}
    return found | {name: Datum(json.dumps(value), "json") for name, value in others.items()}


def _named(message: ServiceBusReceivedMessage) -> dict[str, Any]:
    return {_text(name): _text(value) for name, value in (message.application_properties or {}).items()}


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str | int | float | bool) else str(value)
