"""Endpoint that lists signed deliveries that became no request, with what is wrong with each."""

import azure.functions as func

from domain.cursors import seal, unseal
from domain.errors import NotFoundError
from domain.ingress.unused import UnusedDeliveries
from services import current_services
from triggers.http.authorization import API_LEVEL, OPERATORS, authorize
from triggers.http.parameters import limit
from triggers.http.responses import json_response, problem_responses

app = func.Blueprint()  # type: ignore[no-untyped-call]

_PAGE, _MAX_PAGE = 50, 200


@app.route("api/unused-deliveries", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def list_unused_deliveries(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, OPERATORS)
    name = req.params.get("source", "")
    # A delivery may name any customer, so these are for operators of all.
    if caller.reach(OPERATORS) is not None or name not in services.policy.sources:
        raise NotFoundError("There is no such source.")
    ring, question = services.settings.approval_keys, f"unused deliveries of {name}"
    cursor = req.params.get("cursor")
    after = str(unseal(ring, question, cursor)) if cursor else ""
    value, following = await services.unused_deliveries.page(name, after, limit(req, _PAGE, _MAX_PAGE))
    return json_response(UnusedDeliveries(value=value, cursor=seal(ring, question, following) if following else None))
