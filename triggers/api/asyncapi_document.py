"""Describe the Service Bus queue and topic in AsyncAPI 3.1, with the models of the API."""

from functools import cache
from typing import Any

from domain.api.event_responses import RequestEvent
from domain.request.reset_request import ResetRequestBody
from messaging.bus import OUTCOMES
from messaging.events import CONTENT_TYPE
from triggers.api.openapi_document import CONTACT, LICENSE
from triggers.api.openapi_examples import example
from triggers.api.openapi_operations import JSON
from triggers.api.openapi_schemas import reference, schemas_of
from triggers.messages.service_bus import QUEUE

_SECURITY = {
    "entra": {
        "type": "oauth2",
        "description": "An identity with the role Azure Service Bus Data Sender or Data Receiver",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
                "availableScopes": {"https://servicebus.azure.net/.default": "What its roles allow"},
            }
        },
        "scopes": ["https://servicebus.azure.net/.default"],
    },
    "accessKey": {"type": "plain", "description": "The name and the key of a shared access policy"},
}


@cache
def description() -> dict[str, Any]:
    """Return the AsyncAPI document, from this service's point of view: it receives from the queue and sends to the topic."""
    schemas = {
        name: _without_siblings(schema) for name, schema in schemas_of([ResetRequestBody], [RequestEvent]).items()
    }
    request, event = reference(ResetRequestBody.__name__), reference(RequestEvent.__name__)
    return {
        "asyncapi": "3.1.0",
        "id": "urn:mfareset:servicebus",
        "info": {
            "title": "MFA Reset messages",
            "version": "1",
            "description": "Reset requests by an Azure Service Bus queue, and their events by a topic.",
            "contact": CONTACT,
            "license": LICENSE,
            "tags": [{"name": "Reset requests", "description": "Requests and their events."}],
        },
        "defaultContentType": JSON,
        "servers": {
            "serviceBus": {
                "host": "{namespace}.servicebus.windows.net",
                "protocol": "amqps",
                "protocolVersion": "1.0",
                "description": "The namespace that infra/ makes",
                "variables": {"namespace": {"description": "Its name"}},
            }
        },
        "channels": {
            "requests": _channel(QUEUE, "The queue of requests", "request", "NewResetRequest"),
            "outcomes": _channel(OUTCOMES, "The topic of outcomes", "event", "ResetRequestEvent"),
        },
        "operations": {
            "receiveResetRequest": _operation(
                "receive",
                "requests",
                "request",
                "Take a request",
                "An invalid message is dead-lettered with its mistakes.",
            ),
            "sendResetRequestEvent": _operation(
                "send",
                "outcomes",
                "event",
                "Publish an event of a request",
                "Tried again for a day, in order per request.",
            ),
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": _SECURITY,
            "messages": {
                "NewResetRequest": {
                    "name": "NewResetRequest",
                    "title": "A request",
                    "summary": "What `POST /api/reset-requests` takes",
                    "contentType": JSON,
                    "headers": _headers(
                        message_id="The idempotency key: the same id and body make one request",
                        correlation_id="Echoed in the events of the request",
                        reply_to="Echoed as the events' `to`",
                    ),
                    "payload": request,
                    "examples": [{"payload": example(request, schemas)}],
                },
                "ResetRequestEvent": {
                    "name": "ResetRequestEvent",
                    "title": "An event",
                    "summary": "A CloudEvent, as callbacks get it",
                    "contentType": CONTENT_TYPE,
                    "headers": _headers(
                        message_id="The event's id, the same for every attempt",
                        session_id="The request's id: a session has the events of one request in order",
                        subject="The event's type, for filters of subscriptions",
                        correlation_id="As the request's message had it",
                        to="The `reply_to` of the request's message",
                    ),
                    "payload": event,
                    "examples": [{"payload": example(event, schemas)}],
                },
            },
        },
    }


def _without_siblings(schema: Any) -> Any:
    """Return a schema whose references stand alone: AsyncAPI 3.1 ignores what is beside one."""
    if isinstance(schema, list):
        return [_without_siblings(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    return {key: _without_siblings(part) for key, part in schema.items()}


def _channel(address: str, description: str, name: str, message: str) -> dict[str, Any]:
    messages = {name: {"$ref": f"#/components/messages/{message}"}}
    return {"address": address, "description": description, "messages": messages}


def _operation(action: str, channel: str, message: str, summary: str, text: str) -> dict[str, Any]:
    place = f"#/channels/{channel}"
    return {
        "action": action,
        "channel": {"$ref": place},
        "summary": summary,
        "description": text,
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
        "messages": [{"$ref": f"{place}/messages/{message}"}],
    }


def _headers(**names: str) -> dict[str, Any]:
    """Return the properties of a Service Bus message as headers."""
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": text} for name, text in names.items()},
    }
