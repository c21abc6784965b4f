"""Endpoint that looks up many users at once, before a request for them is made."""

import azure.functions as func
from pydantic import ValidationError

from domain.api.lookup_responses import LookupBody
from domain.bulk_lines import TooManyLinesError
from domain.errors import InvalidInputError, TooLargeError
from domain.mistakes import mistakes_of
from domain.request.parsing import read_json
from languages import Message
from services import current_services
from triggers.http.authorization import API_LEVEL, DIRECTORY, authorize
from triggers.http.bodies import read_body
from triggers.http.responses import json_response, problem_responses
from use_cases.chosen_customers import chosen_customers
from use_cases.find_bulk import find_bulk

app = func.Blueprint()  # type: ignore[no-untyped-call]

_MAX_BYTES = 4 * 1024 * 1024


@app.route("api/users/lookup", methods=["POST"], auth_level=API_LEVEL)
@problem_responses
async def look_up_users(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, DIRECTORY).reach(DIRECTORY)
    raw = read_body(req)
    if len(raw) > _MAX_BYTES:
        raise TooLargeError(
            Message("The body is larger than %(max_bytes)s bytes; send the list in parts.", max_bytes=_MAX_BYTES)
        )
    try:
        body = LookupBody.model_validate(read_json(raw))
    except ValidationError as error:
        raise InvalidInputError(Message("The body is not a lookup."), mistakes_of(error)) from None
    customers = chosen_customers(services, ",".join(body.customers), reach)
    try:
        return json_response(await find_bulk(services, body.text, customers))
    except TooManyLinesError as error:
        raise InvalidInputError(
            Message("%(mistake)s.", mistake=error.args[0]), [{"pointer": "/text", "detail": error.args[0]}]
        ) from None
