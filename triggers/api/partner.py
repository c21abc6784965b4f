"""Endpoint that holds the partner relationships against the policy: new customers with a file to review, and what ends."""

import azure.functions as func

from domain.errors import NotAllowedError
from languages import Message
from services import current_services
from triggers.http.authorization import API_LEVEL, OPERATORS, authorize
from triggers.http.parameters import invalid_parameter, limit
from triggers.http.responses import json_response, problem_responses
from use_cases.discover_customers import STATES, discover_page

app = func.Blueprint()  # type: ignore[no-untyped-call]

# A page asks so many tenants for a token, and is there within seconds.
_PAGE, _MAX_PAGE = 100, 200


@app.route("api/partner-customers", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def list_partner_customers(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, OPERATORS)
    # Customers that are in no policy are in no operator's part of it, so these are for operators of all.
    if caller.reach(OPERATORS) is not None:
        raise NotAllowedError(Message("This needs the role Operator for all customers."))
    text = req.params.get("state", "")
    state = next((known for known in STATES if known == text), None)
    if text and state is None:
        raise invalid_parameter("state", Message("must be one of %(states)s", states=", ".join(STATES)))
    return json_response(
        await discover_page(services, state, req.params.get("cursor", ""), limit(req, _PAGE, _MAX_PAGE))
    )
