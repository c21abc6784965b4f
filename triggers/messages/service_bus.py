"""Handler of the Service Bus queue: each message asks for a reset, within the limits of the policy's [queue]."""

import asyncio
import logging

import azure.functions as func

import durable
from domain.errors import Problem, TooLargeError
from domain.request.new_request import QUEUE as SOURCE
from domain.request.new_request import Origin
from domain.request.parsing import read_json, read_request
from records.errors import RecordsError
from services import Services, current_services
from telemetry.metrics import count
from use_cases.submit_request import Submission, submit_request

app = durable.Blueprint()

QUEUE = "reset-requests"
# Seconds to hold a message back after a passing fault: the broker delivers it again at once, and only a limited number of times.
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 30.0
# The broker shows the errors beside a dead letter; they should be readable at a glance.
_MAX_ERRORS = 10

_log = logging.getLogger("mfareset.queue")


@app.service_bus_queue_trigger(arg_name="message", queue_name=QUEUE, connection="ServiceBusConnection")
@app.durable_client_input(client_name="client")
async def receive_message(message: func.ServiceBusMessage, client: durable.Client) -> None:
    """Submit the request in a message. Returning completes the message; raising makes the broker deliver it again."""
    services = current_services()
    try:
        await _submit(services, message, client)
    except Problem as problem:
        if problem.status >= 500:
            await _hold_back(message)
            raise
        await _dead_letter(services, message, problem)
    except RecordsError:
        await _hold_back(message)
        raise


async def _submit(services: Services, message: func.ServiceBusMessage, client: durable.Client) -> None:
    raw = message.get_body()
    if len(raw) > services.policy.queue.max_body_bytes:
        raise TooLargeError(f"A message may have at most {services.policy.queue.max_body_bytes} bytes.")
    submission = Submission(
        read_request(read_json(raw), services.policy, services.policy.queue.customers, names_requester=True),
        Origin(SOURCE, correlation_id=message.correlation_id or "", reply_to=message.reply_to or ""),
        # Where the sender gives no id, the broker's sequence number identifies the message; redelivery does not change it.
        key=message.message_id or f"sequence:{message.sequence_number}",
        raw=raw,
    )
    await submit_request(services, client, submission)


async def _dead_letter(services: Services, message: func.ServiceBusMessage, problem: Problem) -> None:
    """Move a message that would fail the same way every time to the dead letters, with its errors."""
    details = [f"{error['pointer'] or '/'}: {error['detail']}" for error in problem.errors[:_MAX_ERRORS]]
    await services.bus.dead_letter(
        QUEUE, message.lock_token or "", problem.reason, "; ".join([problem.detail, *details])
    )
    _log.warning("message %s was dead-lettered: %s", message.sequence_number, problem.reason)
    count("mfareset.deliveries.refused", source=SOURCE, reason=problem.reason)


async def _hold_back(message: func.ServiceBusMessage) -> None:
    await pause(min(_FIRST_PAUSE * 2 ** max(0, (message.delivery_count or 1) - 1), _LONGEST_PAUSE))


pause = asyncio.sleep
