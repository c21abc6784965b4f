"""Endpoint for deliveries of ticketing systems, verified by their source's scheme on the raw body."""

import logging

import azure.durable_functions as df
import azure.functions as func

from domain.errors import LengthRequiredError, NotFoundError, TooLargeError, TooManyError, UnauthorizedError
from domain.ingress.mapping import map_delivery
from domain.ingress.signatures import SignatureError, verify
from domain.request.new_request import Origin
from domain.request.parsing import read_json, read_request
from services import current_services
from telemetry.metrics import count
from triggers.api.submissions import submission_response
from triggers.http.bodies import read_body
from triggers.http.rate_limit import RateLimiter
from triggers.http.responses import problem_responses
from use_cases.submit_request import Submission, submit_request

app = df.Blueprint()

_log = logging.getLogger("mfareset.webhooks")
_limiter = RateLimiter()


@app.route("api/webhooks/{source}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@problem_responses
async def receive_delivery(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    services = current_services()
    name = req.route_params.get("source", "")
    source = services.policy.sources.get(name)
    if source is None:
        raise NotFoundError("There is no such source.")
    try:
        raw = read_body(req)
    except LengthRequiredError as error:
        count("mfareset.deliveries.refused", source=name, reason=error.reason)
        raise
    if len(raw) > source.max_body_bytes:
        raise TooLargeError(f"A delivery of this source may have at most {source.max_body_bytes} bytes.")
    try:
        verified = verify(source.scheme, source.secrets, dict(req.headers), raw, services.now())
    except SignatureError as error:
        # The sender does not learn why; the log says it to the operator.
        _log.warning("a delivery of source %s was refused: %s", name, error.reason)
        count("mfareset.deliveries.refused", source=name, reason=error.reason)
        raise UnauthorizedError("The signature of the delivery is not valid.") from None
    if not _limiter.allow(name, source.rate_per_minute, services.now()):
        raise TooManyError(f"This source may send {source.rate_per_minute} deliveries per minute.")
    value = read_json(raw)
    parsed = read_request(
        map_delivery(source.fields, value) if source.fields else value, services.policy, source.customers
    )
    submission = Submission(parsed, Origin(name), key=verified.delivery_id, raw=raw, signed=verified.signed)
    return await submission_response(services, await submit_request(services, client, submission))
