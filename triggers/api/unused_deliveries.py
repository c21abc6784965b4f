"""Endpoint that lists signed deliveries that became no request, with what is wrong with each."""

import azure.functions as func

from domain.errors import NotFoundError
from languages import Message
from services import current_services
from triggers.http.authorization import API_LEVEL, OPERATORS, authorize
from triggers.http.parameters import limit
from triggers.http.responses import json_response, problem_responses
from use_cases.list_unused_deliveries import list_unused_deliveries as find_deliveries

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
        raise NotFoundError(Message("There is no such source."))
    cursor = req.params.get("cursor", "")
    return json_response(await find_deliveries(services, name, cursor, limit(req, _PAGE, _MAX_PAGE)))
