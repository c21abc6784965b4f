"""Endpoints for an undo of an ended request, and for the codes of the tokens that an approved undo activates."""

import azure.functions as func
from pydantic import ValidationError

import durable
from domain.api.responses import to_target_response
from domain.errors import InvalidInputError, NotFoundError
from domain.mistakes import mistakes_of
from domain.model import Model
from domain.request.new_request import API
from domain.request.parsing import read_json
from domain.request.reset_request import TokenCode, UndoBody
from languages import Message
from services import current_services
from triggers.api.submissions import idempotency_key, submission_response
from triggers.http.authorization import API_LEVEL, REQUESTERS, authorize
from triggers.http.bodies import read_body
from triggers.http.parameters import parse_unsigned
from triggers.http.responses import json_response, problem_responses
from use_cases.activate_token import activate_token
from use_cases.read_request import find_request
from use_cases.undo_request import undo_request

app = durable.Blueprint()


@app.route("api/reset-requests/{id}/undo", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def undo_reset_request(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, REQUESTERS)
    request = await find_request(services, req.route_params.get("id"), caller.reach(REQUESTERS))
    body = _read(read_body(req, needed=False).strip() or b"{}", UndoBody)
    submitted = await undo_request(services, client, request, body, source=API, by=caller, key=idempotency_key(req))
    return await submission_response(services, submitted)


@app.route("api/reset-requests/{id}/targets/{number}/activate", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def activate_target(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, REQUESTERS)
    request = await find_request(services, req.route_params.get("id"), caller.reach(REQUESTERS))
    code = _read(read_body(req), TokenCode)
    number = parse_unsigned(req.route_params.get("number") or "")
    if number is None:
        raise NotFoundError(Message("The request has no user with this number."))
    target = await activate_token(services, client, request, number, code, by=caller.name)
    return json_response(to_target_response(target))


def _read[M: Model](raw: bytes, kind: type[M]) -> M:
    try:
        return kind.model_validate(read_json(raw), by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidInputError(Message("The body is not valid."), mistakes_of(error)) from None
