"""Door: deliveries of ticketing systems, verified by their source's scheme on the raw body."""

import logging

import azure.durable_functions as df
import azure.functions as func

from domain.errors import NotFoundError, TooLargeError, TooManyError, UnauthorizedError
from domain.intake import read_json, read_request
from domain.mapping import map_delivery
from domain.webhooks import SignatureError, verify
from services import services
from telemetry.metrics import count
from triggers.answers import answering
from triggers.intake import accept
from triggers.rates import Rates
from triggers.reset_requests import accepted

app = df.Blueprint()

_log = logging.getLogger("mfareset.webhooks")
_rates = Rates()


@app.route("api/webhooks/{source}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@answering
async def receive_delivery(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    s = services()
    name = req.route_params.get("source", "")
    source = s.policy.sources.get(name)
    if source is None:
        raise NotFoundError("There is no such source.")
    raw = req.get_body()
    if len(raw) > source.max_body_bytes:
        raise TooLargeError(f"A delivery of this source has at most {source.max_body_bytes} bytes.")
    try:
        verified = verify(source.scheme, source.secrets, dict(req.headers), raw, s.now())
    except SignatureError as error:
        # The sender learns nothing about why; the operator does.
        _log.warning("a delivery for %s was not accepted: %s", name, error.reason)
        count("mfareset.deliveries.refused", source=name, reason=error.reason)
        raise UnauthorizedError("The delivery is not signed as it must be.") from None
    if not _rates.allow(name, source.rate_per_minute, s.now()):
        raise TooManyError(f"This source may send {source.rate_per_minute} deliveries per minute.")
    value = read_json(raw)
    asked = read_request(map_delivery(source.fields, value) if source.fields else value, s.policy, source.customers)
    request, new = await accept(
        s, client, asked, source=name, key=verified.delivery_id, raw=raw, signed=verified.signed
    )
    return await accepted(s, request, new=new)
