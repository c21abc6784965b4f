"""Timer and door: what is older than the policy keeps is removed every night; a person's data on request."""

import logging
from datetime import timedelta

import azure.durable_functions as df
import azure.functions as func
from durabletask.client import OrchestrationStatus
from pydantic import ValidationError

from domain.api.people_responses import Person, PersonDeleted
from domain.errors import ConflictError, InvalidInputError
from domain.request.parsing import read_json
from services import current_services
from telemetry.events import log_event
from triggers.http.authorization import API_LEVEL, OPERATORS, authorize
from triggers.http.responses import json_response, problem_responses

app = df.Blueprint()

_log = logging.getLogger("mfareset.retention")
_ENDED = [OrchestrationStatus.COMPLETED, OrchestrationStatus.FAILED, OrchestrationStatus.TERMINATED]
# Requests removed in one night; the next night goes on.
_MOST = 1000


@app.timer_trigger(schedule="0 0 3 * * *", arg_name="timer", run_on_startup=False)
@app.durable_client_input(client_name="client")
async def purge(timer: func.TimerRequest, client: df.DurableFunctionsClient) -> None:
    services = current_services()
    keep, now = services.policy.retention, services.now()
    before = now - timedelta(days=keep.request_days)
    gone = await services.retention.purge_requests(before, _MOST)
    senders = {*services.policy.sources, *(f"api:{request.requested_by}" for request in gone)}
    deliveries = await services.retention.purge_deliveries(sorted(senders), before)
    # The engine keeps what ended for ever otherwise (Azure Storage has no retention of its own).
    await client.purge_orchestrations_by(created_time_to=now - timedelta(days=keep.history_days), runtime_status=_ENDED)
    for request in gone:
        log_event("purged", request.id, {})
    _log.info("purged %d requests and %d deliveries", len(gone), deliveries)


@app.route("api/people/deletions", methods=["POST"], auth_level=API_LEVEL)
@problem_responses
async def delete_person(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    who = authorize(services, req, OPERATORS)
    try:
        person = Person.model_validate(read_json(req.get_body()), by_alias=True, by_name=False)
    except ValidationError as error:
        wrong = [{"pointer": "/" + "/".join(map(str, one["loc"])), "detail": one["msg"]} for one in error.errors()]
        raise InvalidInputError("The body must name a customer and a user.", wrong) from None
    key, reach = services.policy.find_customer(person.customer), who.reach(OPERATORS)
    if key is None or (reach is not None and key not in reach):
        raise InvalidInputError(
            "No customer is known by that name.", [{"pointer": "/customer", "detail": "is no customer"}]
        )
    found = await services.people.forget(key, person.user)
    if found.busy:
        raise ConflictError(
            f"This person is in requests that have not ended: {', '.join(found.busy)}. Cancel them first."
        )
    for request_id in found.requests:
        await services.audits.append(request_id, services.now(), who.identity, "personDeleted", {"customer": key})
    return json_response(PersonDeleted(requests=found.requests, targets=found.targets))
