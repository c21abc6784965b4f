"""Accepts a request: the delivery's record first, then the request's, then the orchestration. Every step may be repeated."""

from uuid import uuid4

import azure.durable_functions as df

from domain.access.callers import Caller
from domain.errors import KeyReusedError
from domain.request.parsing import Asked, Earlier, made
from domain.request.reset_request import ResetRequest
from domain.request.undo import Undo
from services import Services
from telemetry.metrics import count
from telemetry.spans import request_span
from use_cases.orchestrations import ensure_started, start


async def accept(
    services: Services,
    client: df.DurableFunctionsClient,
    asked: Asked,
    *,
    source: str,
    key: str | None,
    raw: bytes,
    retry_of: str | None = None,
    earlier: Earlier | None = None,
    keys_of: str = "",
    signed: bytes | None = None,
    caller: Caller | None = None,
    correlation_id: str = "",
    reply_to: str = "",
    undo: Undo | None = None,
) -> tuple[ResetRequest, bool]:
    """The request and whether this call made it. `key` is the delivery id or idempotency key, None where there is none.

    `keys_of` is whose keys these are, the source's unless given; `signed` as Deliveries.accept takes it; `correlation_id` and
    `reply_to` are what a message said. The same key with another body raises KeyReusedError. A fault in the middle is repaired
    by the same call again, and by the reconciling timer once the request's own record is there.
    """
    request_id, created_at = str(uuid4()), services.now()
    if key is not None:
        delivery = await services.deliveries.accept(keys_of or source, key, raw, request_id, created_at, signed=signed)
        if not delivery.matches(raw):
            raise KeyReusedError("This key came before with another body. Use a new key for a new request.")
        request_id, created_at = delivery.request_id, delivery.at
        if not delivery.first and (known := await services.requests.get(request_id)) is not None:
            await ensure_started(client, known)
            return known, False
    with request_span("accept", request_id, source=source):
        # Equal calls side by side come here together: all write the same records, and one of them writes the request's own.
        request, targets = made(
            asked, request_id, source, created_at, retry_of, caller, correlation_id, reply_to, earlier or {}
        )
        if undo is not None:
            request, targets = undo.applied(request, targets)
        if await services.requests.create(request, targets):
            await start(client, request)
            count("mfareset.requests.accepted", source=source)
            return request, True
    request = await services.requests.get(request_id) or request
    await ensure_started(client, request)
    return request, False
