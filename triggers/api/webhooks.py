"""Endpoint for deliveries of ticketing systems, verified by their source's scheme on the raw body."""

import logging

import azure.functions as func

import durable
from domain.errors import LengthRequiredError, NotFoundError, Problem, TooLargeError, TooManyError, UnauthorizedError
from domain.ingress.signatures import SignatureError, has_signature, verify
from domain.ingress.unused import DeliveryIgnored
from domain.policy.load import Source
from languages import Message
from services import Services, current_services
from telemetry.metrics import count
from triggers.api.submissions import submission_response
from triggers.http.bodies import read_body
from triggers.http.parameters import parse_unsigned
from triggers.http.rate_limit import RateLimiter
from triggers.http.refusals import address_of
from triggers.http.responses import json_response, problem_responses
from use_cases.submit_delivery import Received, keep_refused, submit_delivery

app = durable.Blueprint()

_log = logging.getLogger("mfareset.webhooks")
_limiter = RateLimiter()
_unsigned = RateLimiter()
_NOT_SIGNED = Message("The signature of the delivery is not valid.")
# Posts without any signature, of one address in a minute: enough for a system that is being set up.
_UNSIGNED_PER_MINUTE = 60


@app.route("api/webhooks/{source}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@problem_responses
async def receive_delivery(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    name = req.route_params.get("source", "")
    source = services.policy.sources.get(name)
    if source is None:
        raise NotFoundError(Message("There is no such source."))
    _refuse_unread(services, req, name, source)
    try:
        raw = read_body(req)
    except LengthRequiredError as error:
        count("mfareset.deliveries.refused", source=name, reason=error.reason)
        raise
    if len(raw) > source.max_body_bytes:
        raise _too_large(source)
    try:
        verified = verify(source.scheme, source.secrets, dict(req.headers), raw, services.now())
    except SignatureError as error:
        # The sender does not learn why; the log says it to the operator.
        _log.warning("a delivery of source %s was refused: %s", name, error.reason)
        count("mfareset.deliveries.refused", source=name, reason=error.reason)
        raise UnauthorizedError(_NOT_SIGNED).refused_as("signature", error.reason) from None
    if not _limiter.allow(name, source.rate_per_minute, services.now()):
        raise TooManyError(
            Message(
                "This source may send %(rate_per_minute)s deliveries per minute.",
                rate_per_minute=source.rate_per_minute,
            )
        )
    received = Received(name, source, {key.lower(): value for key, value in req.headers.items()}, raw, verified)
    try:
        submitted = await submit_delivery(services, client, received)
    except Problem as problem:
        if problem.status < 500:
            await keep_refused(services, received, problem)
        raise
    if isinstance(submitted, DeliveryIgnored):
        return json_response(submitted)
    return await submission_response(services, submitted)


def _too_large(source: Source) -> TooLargeError:
    return TooLargeError(
        Message(
            "A delivery of this source may have at most %(max_body_bytes)s bytes.", max_body_bytes=source.max_body_bytes
        )
    )


def _refuse_unread(services: Services, req: func.HttpRequest, name: str, source: Source) -> None:
    """Refuse by its headers a delivery that is too large or not signed at all, before its body is read.

    Many without a signature, of one address, are answered 429. Raises: TooLargeError, UnauthorizedError, TooManyError.
    """
    length = req.headers.get("Content-Length")
    if length is None:
        return  # read_body says what is wrong with that
    if (parse_unsigned(length) or 0) > source.max_body_bytes:
        raise _too_large(source)
    if has_signature(source.scheme, req.headers):
        return
    few = _unsigned.allow(f"{name} {address_of(req)}", _UNSIGNED_PER_MINUTE, services.now())
    count("mfareset.deliveries.refused", source=name, reason="missing" if few else "unsignedTooMany")
    if not few:
        raise TooManyError(Message("Too many deliveries without a signature."))
    raise UnauthorizedError(_NOT_SIGNED).refused_as("signature", "missing")
