"""Door: requests that come by the Service Bus queue. Whoever may send there is trusted as far as the policy's [queue] says."""

import asyncio
import logging

import azure.durable_functions as df
import azure.functions as func

from domain.errors import Problem, TooLargeError
from domain.request.parsing import read_json, read_request
from records.errors import RecordsError
from services import Services, current_services
from telemetry.metrics import count
from use_cases.submit_request import accept

app = df.Blueprint()

QUEUE = "reset-requests"
# The source of requests that come this way.
SOURCE = "servicebus"
# Seconds to hold a message back after a fault that passes: the broker gives it out again at once, and only so many times.
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 30.0
# What the broker shows beside a message that was set aside should be readable at a glance.
_MOST_ERRORS = 10

_log = logging.getLogger("mfareset.queue")


@app.service_bus_queue_trigger(arg_name="message", queue_name=QUEUE, connection="ServiceBusConnection")
@app.durable_client_input(client_name="client")
async def receive_message(message: func.ServiceBusMessage, client: df.DurableFunctionsClient) -> None:
    """Returns when the message is done with, and the host completes it; raises when it is to come again."""
    services = current_services()
    try:
        await _take(services, message, client)
    except Problem as problem:
        if problem.status >= 500:
            await _hold_back(message)
            raise
        await _set_aside(services, message, problem)
    except RecordsError:
        await _hold_back(message)
        raise


async def _take(services: Services, message: func.ServiceBusMessage, client: df.DurableFunctionsClient) -> None:
    raw = message.get_body()
    if len(raw) > services.policy.queue.max_body_bytes:
        raise TooLargeError(f"A message has at most {services.policy.queue.max_body_bytes} bytes.")
    asked = read_request(read_json(raw), services.policy, services.policy.queue.customers)
    await accept(
        services,
        client,
        asked,
        source=SOURCE,
        # A sender that gives no id is told apart by the number that the broker gave, which redelivery does not change.
        key=message.message_id or f"sequence:{message.sequence_number}",
        raw=raw,
        correlation_id=message.correlation_id or "",
        reply_to=message.reply_to or "",
    )


async def _set_aside(services: Services, message: func.ServiceBusMessage, problem: Problem) -> None:
    """The same message would fail the same way for ever: it goes to the dead letters with what is wrong with it."""
    details = [f"{error['pointer'] or '/'}: {error['detail']}" for error in problem.errors[:_MOST_ERRORS]]
    await services.bus.dead_letter(
        QUEUE, message.lock_token or "", problem.reason, "; ".join([problem.detail, *details])
    )
    _log.warning("message %s was dead-lettered: %s", message.sequence_number, problem.reason)
    count("mfareset.deliveries.refused", source=SOURCE, reason=problem.reason)


async def _hold_back(message: func.ServiceBusMessage) -> None:
    await pause(min(_FIRST_PAUSE * 2 ** max(0, (message.delivery_count or 1) - 1), _LONGEST_PAUSE))


pause = asyncio.sleep
