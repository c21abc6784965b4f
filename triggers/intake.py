"""Accepts a request: the delivery's record first, then the request's, then the orchestration. Every step may be repeated."""

from uuid import uuid4

import azure.durable_functions as df

from domain.errors import KeyReusedError
from domain.intake import Asked, made
from domain.requests import ResetRequest
from services import Services
from triggers.starting import ensure_started, start


async def accept(
    s: Services,
    client: df.DurableFunctionsClient,
    asked: Asked,
    *,
    source: str,
    key: str | None,
    raw: bytes,
    retry_of: str | None = None,
) -> tuple[ResetRequest, bool]:
    """The request and whether it is new. `key` is the delivery id or idempotency key, None where there is none.

    The same key with another body raises KeyReusedError. A fault in the middle is repaired by the same call again, and by the
    reconciling timer once the request's own record is there.
    """
    request_id = str(uuid4())
    first = True
    if key is not None:
        delivery = await s.deliveries.accept(source, key, raw, request_id, s.now())
        if not delivery.matches(raw):
            raise KeyReusedError("This key came before with another body. Use a new key for a new request.")
        request_id, first = delivery.request_id, delivery.first
    if not first and (known := await s.requests.get(request_id)) is not None:
        await ensure_started(client, known)
        return known, False
    request, targets = made(asked, request_id, source, s.now(), retry_of)
    await s.requests.create(request, targets)
    await start(client, request)
    return request, first
