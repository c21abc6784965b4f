"""Doors: what a source, the requester or the users were not told is sent again."""

import azure.durable_functions as df
import azure.functions as func

from services import current_services
from triggers.http.authorization import API_LEVEL, OPERATORS, caller
from triggers.http.responses import answering, json_answer
from use_cases.read_request import find_request, request_response
from use_cases.redeliver import callbacks_again, mails_again

app = df.Blueprint()


@app.route("api/reset-requests/{id}/callbacks/resend", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@answering
async def resend_callbacks(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Every callback and every event for the topic that did not get through is tried for another day, as it was and under its own id."""
    services = current_services()
    request = await find_request(
        services, req.route_params.get("id"), caller(services, req, OPERATORS).reach(OPERATORS)
    )
    await callbacks_again(services, client, request)
    return json_answer(await request_response(services, request), 202, {"Retry-After": "2"})


@app.route("api/reset-requests/{id}/mails/resend", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@answering
async def resend_mails(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Mails to the requester and notices to users that failed."""
    services = current_services()
    who = caller(services, req, OPERATORS)
    request = await find_request(services, req.route_params.get("id"), who.reach(OPERATORS))
    await mails_again(services, client, request, who.name)
    return json_answer(await request_response(services, request), 202, {"Retry-After": "2"})
