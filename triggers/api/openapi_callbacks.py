"""Describe the events that are sent to the callback of a source."""

from typing import Any

from triggers.api.openapi_examples import example
from triggers.api.openapi_operations import CALLBACKS
from triggers.api.openapi_schemas import Schema, reference

CLOUD_EVENT = "application/cloudevents+json"
# Standard Webhooks 1.0.0, "Webhook headers".
_HEADERS = {
    "webhook-id": ("The event's id", {"type": "string"}),
    "webhook-timestamp": ("When it is sent, in seconds since 1970", {"type": "integer"}),
    "webhook-signature": ("Signatures, one per secret of the policy, as v1,BASE64", {"type": "string"}),
}


def callbacks(schemas: dict[str, Schema]) -> dict[str, Any]:
    """Return the description under `webhooks` (OpenAPI 3.1): what a receiver has to implement."""
    event = reference("RequestEvent")
    return {
        "resetRequestEvent": {
            "post": {
                "operationId": "receiveResetRequestEvent",
                "tags": [CALLBACKS[0]],
                "summary": "Receive an event of a request",
                "description": "Signed by Standard Webhooks 1.0.0. Events may come again and in another order.",
                "security": [],
                "parameters": [
                    {"name": name, "in": "header", "required": True, "description": text, "schema": schema}
                    for name, (text, schema) in _HEADERS.items()
                ],
                "requestBody": {
                    "required": True,
                    "content": {CLOUD_EVENT: {"schema": event, "example": example(event, schemas)}},
                },
                "responses": {
                    "204": {"description": "Taken; any status from 200 to 299 will do"},
                    "410": {"description": "No more events of this request are wanted"},
                },
            }
        }
    }
