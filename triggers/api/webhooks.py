"""Door: deliveries of ticketing systems, verified by their source's scheme on the raw body."""

import logging

import azure.durable_functions as df
import azure.functions as func

from domain.errors import NotFoundError, TooLargeError, TooManyError, UnauthorizedError
from domain.ingress.mapping import map_delivery
from domain.ingress.signatures import SignatureError, verify
from domain.request.parsing import read_json, read_request
from services import current_services
from telemetry.metrics import count
from triggers.api.reset_requests import accepted
from triggers.http.rate_limit import Rates
from triggers.http.responses import answering
from use_cases.submit_request import accept

app = df.Blueprint()

_log = logging.getLogger("mfareset.webhooks")
_rates = Rates()


@app.route("api/webhooks/{source}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@answering
async def receive_delivery(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    services = current_services()
    name = req.route_params.get("source", "")
    source = services.policy.sources.get(name)
    if source is None:
        raise NotFoundError("There is no such source.")
    raw = req.get_body()
    if len(raw) > source.max_body_bytes:
        raise TooLargeError(f"A delivery of this source has at most {source.max_body_bytes} bytes.")
    try:
        verified = verify(source.scheme, source.secrets, dict(req.headers), raw, services.now())
    except SignatureError as error:
        # The sender learns nothing about why; the operator does.
        _log.warning("a delivery for %s was not accepted: %s", name, error.reason)
        count("mfareset.deliveries.refused", source=name, reason=error.reason)
        raise UnauthorizedError("The delivery is not signed as it must be.") from None
    if not _rates.allow(name, source.rate_per_minute, services.now()):
        raise TooManyError(f"This source may send {source.rate_per_minute} deliveries per minute.")
    value = read_json(raw)
    asked = read_request(
        map_delivery(source.fields, value) if source.fields else value, services.policy, source.customers
    )
    request, new = await accept(
        services, client, asked, source=name, key=verified.delivery_id, raw=raw, signed=verified.signed
    )
    return await accepted(services, request, new=new)
