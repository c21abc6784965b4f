"""Endpoints with which an approver says who stands in, and until when."""

import azure.functions as func
from pydantic import ValidationError

from domain.access.callers import read_principal
from domain.api.delegation_responses import DelegationBody, DelegationResponse
from domain.errors import InvalidInputError, NotAllowedError
from domain.mistakes import mistakes_of
from domain.policy.model import Role
from domain.request.parsing import read_json
from languages import Message
from services import Services, current_services
from triggers.http.authorization import API_LEVEL, PRINCIPAL, authorize
from triggers.http.bodies import read_body
from triggers.http.responses import json_response, problem_responses
from use_cases.delegate_approvals import Approving, approving_of, delegate, delegation_of, end_delegation

app = func.Blueprint()  # type: ignore[no-untyped-call]


@app.route("api/delegation", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def get_delegation(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    approving, _ = await _caller(services, req)
    return json_response(await _shown(services, approving))


@app.route("api/delegation", methods=["PUT"], auth_level=API_LEVEL)
@problem_responses
async def put_delegation(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    approving, identity = await _caller(services, req)
    body = _body(read_body(req))
    await delegate(services, approving, identity, body.delegate, body.until)
    return json_response(await _shown(services, approving))


@app.route("api/delegation", methods=["DELETE"], auth_level=API_LEVEL)
@problem_responses
async def delete_delegation(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    approving, _ = await _caller(services, req)
    await end_delegation(services, approving)
    return json_response(await _shown(services, approving))


async def _caller(services: Services, req: func.HttpRequest) -> tuple[Approving, str]:
    """Return what the signed-in person approves. A key is no person. Raises: NotAllowedError."""
    caller = authorize(services, req, tuple(Role))
    if not caller.signed_in:
        raise NotAllowedError(Message("Only a signed-in approver can name who stands in; a key is no person."))
    return await approving_of(services, "", read_principal(req.headers.get(PRINCIPAL) or "")), caller.identity


async def _shown(services: Services, approving: Approving) -> DelegationResponse:
    found = await delegation_of(services, approving)
    return DelegationResponse(
        approvers=list(approving.own),
        delegate=found.delegate if found else None,
        until=found.until if found else None,
        deputies=list(approving.deputies),
    )


def _body(raw: bytes) -> DelegationBody:
    try:
        return DelegationBody.model_validate(read_json(raw), by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidInputError(Message("The body must have a delegate and a time."), mistakes_of(error)) from None
