"""Doors: an undo of an ended request, and the codes of the hardware tokens that an approved undo activates again."""

import json

import azure.durable_functions as df
import azure.functions as func
from pydantic import ValidationError

from domain.api.responses import to_target_response
from domain.errors import ConflictError, InvalidInputError, NotFoundError
from domain.model import Model
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.parsing import read_json
from domain.request.reset_request import ResetRequest, TokenCode, UndoBody
from services import Services, current_services
from triggers.api.reset_requests import API, accepted, key_of, keys_of
from triggers.http.authorization import API_LEVEL, REQUESTERS, caller
from triggers.http.parameters import whole
from triggers.http.responses import answering, json_answer
from use_cases.activate_token import activate_token
from use_cases.orchestrations import wake
from use_cases.read_request import find_request
from use_cases.submit_request import accept
from use_cases.undo_request import asked_undo, check_undo, tokens_of

app = df.Blueprint()


@app.route("api/reset-requests/{id}/undo", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@answering
async def undo_request(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    services = current_services()
    who = caller(services, req, REQUESTERS)
    request = await find_request(services, req.route_params.get("id"), who.reach(REQUESTERS))
    body = _read(req.get_body() if req.get_body().strip() else b"{}", UndoBody)
    key = key_of(req)
    undo = await tokens_of(services, request)
    if key is None or not await services.deliveries.known(keys_of(who), key):
        await check_undo(services, request)
    new, is_new = await accept(
        services,
        client,
        asked_undo(request, undo, body, signed_in=who.signed_in),
        source=API,  # whatever the source of the reset may do without approval
        key=key,
        keys_of=keys_of(who),
        raw=json.dumps({"undoOf": request.id} | body.to_json(), sort_keys=True).encode(),
        caller=who,
        undo=undo,
    )
    # Whoever stops before this leaves two undos possible: a user's lease lets only one of them have the user.
    await services.requests.update(request.id, lambda r: r.model_copy(update={"undone_by": new.id}) if is_new else r)
    if is_new:
        await services.audits.append(request.id, services.now(), who.name, "undoAsked", {"undoneBy": new.id})
    return await accepted(services, new, new=is_new)


@app.route("api/reset-requests/{id}/targets/{number}/activate", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@answering
async def activate_target(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    services = current_services()
    who = caller(services, req, REQUESTERS)
    request = await find_request(services, req.route_params.get("id"), who.reach(REQUESTERS))
    body = _read(req.get_body(), TokenCode)
    number = whole(req.route_params.get("number") or "")
    if number is None:
        raise NotFoundError("The request has no user of that number.")
    _takes_codes(services, request)
    try:
        target = await activate_token(services, request.id, number, body.method, body.code, by=who.name)
    finally:
        if not (await services.targets.totals(request.id))[TargetOutcome.PENDING.value]:
            await wake(client, request.id)
    return json_answer(to_target_response(target))


def _takes_codes(services: Services, request: ResetRequest) -> None:
    if request.undo_of is None:
        raise ConflictError("This request is no undo. Ask for one first: docs/undo.md.")
    if request.status is not RequestStatus.RESETTING:
        raise ConflictError(f"The undo takes codes between its approval and its end. It is {request.status.value}.")
    if request.codes_until is not None and services.now() >= request.codes_until:
        raise ConflictError("The time for codes is over. Ask for another undo if it is still needed.")


def _read[M: Model](raw: bytes, kind: type[M]) -> M:
    try:
        return kind.model_validate(read_json(raw), by_alias=True, by_name=False)
    except ValidationError as error:
        # What was given is not repeated: it may be a code.
        mistakes = [
            {"pointer": "".join(f"/{part}" for part in e["loc"]), "detail": e["msg"]}
            for e in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise InvalidInputError("The body is not valid.", mistakes) from None
