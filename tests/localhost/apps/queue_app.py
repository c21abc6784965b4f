"""Functions for the tests of queue triggers."""

import json
import os
from pathlib import Path

import azure.functions as func

app = func.FunctionApp()


@app.service_bus_queue_trigger(arg_name="message", queue_name="orders", connection="TestBus")
async def take_order(message: func.ServiceBusMessage) -> None:
    """Record the message; fail when the body says so."""
    body = message.get_body().decode()
    seen = {
        "body": body,
        "id": message.message_id,
        "correlation": message.correlation_id,
        "replyTo": message.reply_to,
        "delivery": message.delivery_count,
        "token": message.lock_token,
        "more": message.application_properties,
    }
    with Path(os.environ["TEST_SEEN"]).open("a", encoding="utf-8") as file:  # noqa: ASYNC230 - a line of a test
        file.write(json.dumps(seen) + "\n")
    if body == "fail" or (body == "fail once" and message.delivery_count == 1):
        raise RuntimeError("as the message says")
