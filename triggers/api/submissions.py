"""What the endpoints that submit a request share: the idempotency key and the response."""

import azure.functions as func

from domain.errors import InvalidInputError
from languages import Message
from services import Services
from triggers.http.responses import json_response
from use_cases.read_request import request_response
from use_cases.submit_request import Submitted

_MAX_KEY = 255


def idempotency_key(req: func.HttpRequest) -> str | None:
    """Return the Idempotency-Key header, None where it is absent. Raises: InvalidInputError."""
    key: str | None = req.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= _MAX_KEY:
        raise InvalidInputError(Message("Idempotency-Key must have 1 to %(max_key)s characters.", max_key=_MAX_KEY))
    return key


async def submission_response(services: Services, submitted: Submitted) -> func.HttpResponse:
    """Return the request with its location: 202 where it is new, 200 where an earlier call made it."""
    shown = await request_response(services, submitted.request)
    headers = {"Location": shown.links.self, "Retry-After": "2"}
    return json_response(shown, 202 if submitted.is_new else 200, headers)
