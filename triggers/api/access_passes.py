"""Endpoint that makes the Temporary Access Pass of a user who was reset, and answers it, once."""

import azure.functions as func
from pydantic import ValidationError

import durable
from domain.api.access_pass_bodies import AccessPassBody
from domain.errors import InvalidInputError
from domain.mistakes import mistakes_of
from domain.request.parsing import read_json
from languages import Message
from services import current_services
from triggers.api.verification import number_of
from triggers.http.authorization import API_LEVEL, OPERATORS, authorize
from triggers.http.bodies import read_body
from triggers.http.responses import json_response, problem_responses
from use_cases.read_request import find_request
from use_cases.show_access_pass import operator_viewer, show_access_pass

app = durable.Blueprint()


@app.route("api/reset-requests/{id}/targets/{number}/access-pass", methods=["POST"], auth_level=API_LEVEL)
@problem_responses
async def make_access_pass(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, OPERATORS)
    request = await find_request(services, req.route_params.get("id"), caller.reach(OPERATORS))
    viewer = operator_viewer(caller, _body(req).operator)
    return json_response(await show_access_pass(services, request, number_of(req), viewer))


def _body(req: func.HttpRequest) -> AccessPassBody:
    raw = read_body(req, needed=False)
    try:
        return AccessPassBody.model_validate(read_json(raw) if raw else {}, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidInputError(Message("The body is not valid."), mistakes_of(error)) from None
