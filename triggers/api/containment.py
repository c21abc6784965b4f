"""Endpoints that undo what a containment did to users."""

import azure.functions as func
from pydantic import ValidationError

import durable
from domain.api.release_bodies import ReleaseBody
from domain.errors import InvalidInputError
from domain.mistakes import mistakes_of
from domain.policy.model import Role
from domain.request.parsing import read_json
from languages import Message
from services import current_services
from triggers.http.authorization import API_LEVEL, authorize
from triggers.http.bodies import read_body
from triggers.http.responses import json_response, problem_responses
from use_cases.read_request import find_request
from use_cases.release_users import Undo, release_users

app = durable.Blueprint()

RELEASERS = (Role.APPROVER, Role.OPERATOR)


@app.route("api/reset-requests/{id}/unblock", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def unblock_users(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    return await _release(req, client, "unblock")


@app.route("api/reset-requests/{id}/dismiss-risk", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def dismiss_users_risk(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    return await _release(req, client, "dismissRisk")


async def _release(req: func.HttpRequest, client: durable.Client, undo: Undo) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, RELEASERS)
    request = await find_request(services, req.route_params.get("id"), caller.reach(RELEASERS))
    asked = await release_users(services, client, request, _body(req), undo, by=caller)
    return json_response(asked, 202)


def _body(req: func.HttpRequest) -> ReleaseBody:
    try:
        raw = read_json(read_body(req, needed=False).strip() or b"{}")
        return ReleaseBody.model_validate(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidInputError(Message("The body is not valid."), mistakes_of(error)) from None
