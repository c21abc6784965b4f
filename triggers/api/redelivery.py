"""Endpoints that send failed callbacks, events and mails again."""

import azure.functions as func

import durable
from services import current_services
from triggers.http.authorization import API_LEVEL, OPERATORS, authorize
from triggers.http.responses import json_response, problem_responses
from use_cases.read_request import find_request, request_response
from use_cases.redeliver import resend_callbacks
from use_cases.resend_mails import resend_mails

app = durable.Blueprint()


@app.route("api/reset-requests/{id}/callbacks/resend", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def resend_request_callbacks(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    """Try every callback and event that was not delivered for another day, unchanged and under its own id."""
    services = current_services()
    reach = authorize(services, req, OPERATORS).reach(OPERATORS)
    request = await find_request(services, req.route_params.get("id"), reach)
    await resend_callbacks(services, client, request)
    return json_response(await request_response(services, request), 202, {"Retry-After": "2"})


@app.route("api/reset-requests/{id}/mails/resend", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def resend_request_mails(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    """Send the failed mails to the requester and notices to users again."""
    services = current_services()
    caller = authorize(services, req, OPERATORS)
    request = await find_request(services, req.route_params.get("id"), caller.reach(OPERATORS))
    await resend_mails(services, client, request, by=caller.name)
    return json_response(await request_response(services, request), 202, {"Retry-After": "2"})
