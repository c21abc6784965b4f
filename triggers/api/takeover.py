"""Endpoint that takes users over from requests that hold them undecided."""

import azure.functions as func

import durable
from services import current_services
from triggers.api.submissions import idempotency_key, submission_response
from triggers.http.authorization import API_LEVEL, OPERATORS, authorize
from triggers.http.responses import problem_responses
from use_cases.read_request import find_request
from use_cases.take_over_users import take_over_users

app = durable.Blueprint()


@app.route("api/reset-requests/{id}/takeover", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def take_over_reset_targets(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, OPERATORS)
    request = await find_request(services, req.route_params.get("id"), caller.reach(OPERATORS))
    source = services.policy.sources.get(request.source)
    submitted = await take_over_users(
        services,
        client,
        request,
        by=caller,
        source=request.source,
        customers=source.customers if source else None,
        key=idempotency_key(req),
    )
    return await submission_response(services, submitted)
