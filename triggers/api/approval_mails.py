"""Endpoint that mails approvers again, where a mail failed or was lost."""

from typing import Any

import azure.functions as func

import durable
from domain.errors import InvalidInputError
from domain.request.parsing import read_json
from languages import Message
from services import current_services
from triggers.http.authorization import API_LEVEL, OPERATORS, authorize
from triggers.http.bodies import read_body
from triggers.http.responses import json_response, problem_responses
from use_cases.read_request import find_request, request_response
from use_cases.resend_mails import resend_approval_mails

app = durable.Blueprint()


@app.route("api/reset-requests/{id}/approvals/resend", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def resend_approvals(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    """Mail the approvers whose mail failed or bounced; with {"approvers": [...]}, those named, though their mail was sent."""
    services = current_services()
    caller = authorize(services, req, OPERATORS)
    request = await find_request(services, req.route_params.get("id"), caller.reach(OPERATORS))
    named = _named(read_body(req, needed=False))
    request = await resend_approval_mails(services, client, request, named, by=caller.name)
    return json_response(await request_response(services, request), 202, {"Retry-After": "2"})


def _named(body: bytes) -> list[str] | None:
    """Return the approvers that the body names, None where it names none."""
    if not body.strip():
        return None
    value = read_json(body)
    named: Any = value.get("approvers") if isinstance(value, dict) and value.keys() <= {"approvers"} else None
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        error = {"pointer": "/approvers", "detail": Message("must be a list of approvers' mail addresses")}
        raise InvalidInputError(Message("The body is not valid."), [error])
    return [name.casefold() for name in named]
