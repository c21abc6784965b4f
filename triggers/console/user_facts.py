"""Part of the users page: what is known of its rows, read after the page is there, one customer's users at a time."""

import asyncio

import azure.functions as func

from domain.errors import InvalidInputError, NotFoundError
from domain.request.involved import Involved
from graph.users import is_object_id
from languages import Message
from services import Services, current_services
from triggers.console.layout import bare_frame, require_sign_in
from triggers.console.operators import Operator
from use_cases.read_user_facts import AT_ONCE, UserFacts, by_customer, read_user_facts
from web.console import console_headers, render

app = func.Blueprint()  # type: ignore[no-untyped-call]

# Facts of a page by customer and user id.
type Facts = dict[tuple[str, str], UserFacts]


@app.route("console/users/facts", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_user_facts(req: func.HttpRequest) -> func.HttpResponse:
    """Return the cells of up to `AT_ONCE` users of one customer, as rows of a table."""
    services = current_services()
    around = bare_frame(services, req)
    customer = req.params.get("customer", "")
    if customer not in around.names:
        raise NotFoundError(Message("There is no such customer."))
    ids = list(dict.fromkeys(req.params.get("users", "").split(",")))
    if len(ids) > AT_ONCE or not all(map(is_object_id, ids)):
        raise InvalidInputError(Message("users must be object ids with commas between them."))
    facts = await _read(services, around.operator, customer, ids)
    body = render("user_facts.html", frame=around, customer=customer, facts=facts)
    return func.HttpResponse(body, headers=console_headers(), mimetype="text/html")


async def facts_of_page(services: Services, operator: Operator, users: list[tuple[str, str]]) -> Facts:
    """Return the facts of all users of a page, customers side by side; `users` are pairs of customer and user id."""

    async def of_customer(customer: str, ids: list[str]) -> Facts:
        found: Facts = {}
        for start in range(0, len(ids), AT_ONCE):  # one after the other: no customer is asked for more at a time
            part = await _read(services, operator, customer, ids[start : start + AT_ONCE])
            found |= {(customer, facts.user_id): facts for facts in part}
        return found

    whole: Facts = {}
    for part in await asyncio.gather(*(of_customer(*group) for group in by_customer(users).items())):
        whole |= part
    return whole


async def _read(services: Services, operator: Operator, customer: str, ids: list[str]) -> list[UserFacts]:
    caller = operator.caller
    by = Involved.of(caller.name, operator.mail, accounts=[caller.identity])
    return await read_user_facts(services, customer, ids, by=by, reach=operator.reach)
