"""Endpoint that removes a person's data from the records of ended requests."""

import azure.functions as func
from pydantic import ValidationError

from domain.api.people_responses import Person
from domain.errors import InvalidInputError
from domain.mistakes import mistakes_of
from domain.request.parsing import read_json
from languages import Message
from services import current_services
from triggers.http.authorization import API_LEVEL, OPERATORS, authorize
from triggers.http.bodies import read_body
from triggers.http.responses import json_response, problem_responses
from use_cases.delete_person import delete_person

app = func.Blueprint()  # type: ignore[no-untyped-call]


@app.route("api/people/deletions", methods=["POST"], auth_level=API_LEVEL)
@problem_responses
async def delete_personal_data(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, OPERATORS)
    person = _read_person(read_body(req))
    key, reach = services.policy.find_customer(person.customer), caller.reach(OPERATORS)
    if key is None or (reach is not None and key not in reach):
        error = {"pointer": "/customer", "detail": Message("is not a customer")}
        raise InvalidInputError(Message("No customer is known by that name."), [error])
    return json_response(await delete_person(services, key, person.user, by=caller.identity))


def _read_person(body: bytes) -> Person:
    try:
        return Person.model_validate(read_json(body), by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidInputError(Message("The body must name a customer and a user."), mistakes_of(error)) from None
