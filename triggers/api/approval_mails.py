"""Door: approvers are mailed again, where the mail failed or got lost on its way."""

from typing import Any

import azure.durable_functions as df
import azure.functions as func

from domain.errors import ConflictError, InvalidInputError
from domain.outcomes import RequestStatus
from domain.request.parsing import read_json
from domain.request.reset_request import ResetRequest
from services import Services, current_services
from triggers.http.authorization import API_LEVEL, OPERATORS, caller
from triggers.http.responses import answering, json_answer
from use_cases.read_request import find_request, request_response
from use_cases.redeliver import approvals_again, approvers_left

app = df.Blueprint()


@app.route("api/reset-requests/{id}/approvals/resend", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@answering
async def resend_approvals(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    """Mails those whose mail failed or came back; with {"approvers": [...]}, those named, though Graph took their mail before."""
    services = current_services()
    who = caller(services, req, OPERATORS)
    request = await find_request(services, req.route_params.get("id"), who.reach(OPERATORS))
    if request.status is not RequestStatus.AWAITING_APPROVAL:
        raise ConflictError(f"The request waits for no approval: {request.status.value}.")
    chosen = await _chosen(services, request, _named(req.get_body()))
    request = await approvals_again(services, client, request, chosen, who.name)
    return json_answer(await request_response(services, request), 202, {"Retry-After": "2"})


def _named(body: bytes) -> list[str] | None:
    if not body.strip():
        return None
    value = read_json(body)
    named: Any = value.get("approvers") if isinstance(value, dict) and value.keys() <= {"approvers"} else None
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        error = {"pointer": "/approvers", "detail": "must be a list of approvers' mail addresses"}
        raise InvalidInputError("The body is not valid.", [error])
    return [name.casefold() for name in named]


async def _chosen(services: Services, request: ResetRequest, named: list[str] | None) -> set[str]:
    if named is None:
        chosen = await approvers_left(services, request)
        if not chosen:
            raise ConflictError("No approver's mail failed or came back. Name the approvers whose mail got lost.")
        return chosen
    decided = {decision.approver for decision in await services.requests.decisions(request.id)}
    entries = [entry for entry in request.approval.approvers if entry.approver not in decided]
    chosen = {entry.approver for entry in entries if entry.approver.casefold() in named}
    if len(chosen) < len(set(named)) or not chosen:
        error = {"pointer": "/approvers", "detail": "names somebody who was not asked, or who has decided"}
        raise InvalidInputError("The body is not valid.", [error])
    return chosen
