"""Endpoints for the customers, what they allow, and their users and methods, live from Graph."""

from collections.abc import Mapping

import azure.functions as func

from domain.api.directory_responses import CustomerResponse, CustomersResponse
from domain.api.options import options_of
from domain.errors import NotFoundError
from domain.methods import MethodType
from domain.text import clean
from graph.user_pages import Order, Query
from languages import Message
from services import current_services
from triggers.http.authorization import API_LEVEL, DIRECTORY, READERS, authorize
from triggers.http.parameters import invalid_parameter, limit, number
from triggers.http.responses import json_response, problem_responses
from use_cases.chosen_customers import chosen_customers
from use_cases.read_methods import read_methods
from use_cases.read_users import read_user, read_users

app = func.Blueprint()  # type: ignore[no-untyped-call]

_PAGE, _MAX_PAGE = 50, 200
# Longer than any name; Graph refuses long searches anyway.
_MAX_SEARCH = 120


@app.route("api/customers", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def list_customers(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    policy, reach = services.policy, authorize(services, req, READERS).reach(READERS)
    value = [
        CustomerResponse(
            customer=key,
            name=customer.name or key,
            tenant_id=customer.tenant_id,
            domains=list(customer.domains),
            methods=list(customer.methods),
        )
        for key, customer in policy.customers.items()
        if reach is None or key in reach
    ]
    return json_response(CustomersResponse(value=value))


@app.route("api/options", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def show_options(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, READERS).reach(READERS)
    return json_response(options_of(services.policy, chosen_customers(services, req.params.get("customers"), reach)))


@app.route("api/users", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def list_directory_users(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, DIRECTORY).reach(DIRECTORY)
    customers = chosen_customers(services, req.params.get("customers"), reach)
    shown = await read_users(
        services, customers, query_of(req), req.params.get("cursor", ""), limit(req, _PAGE, _MAX_PAGE)
    )
    return json_response(shown)


@app.route("api/customers/{customer}/users/{user}", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def get_directory_user(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, DIRECTORY).reach(DIRECTORY)
    customer = services.policy.find_customer(req.route_params.get("customer", ""))
    if customer is None or (reach is not None and customer not in reach):
        raise NotFoundError(Message("There is no such customer."))
    return json_response(await read_user(services, customer, req.route_params.get("user", "")[:320]))


@app.route("api/authentication-methods", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def list_authentication_methods(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, DIRECTORY).reach(DIRECTORY)
    customers = chosen_customers(services, req.params.get("customers"), reach)
    shown = await read_methods(
        services,
        customers,
        query_of(req),
        req.params.get("cursor", ""),
        kinds=_kinds(req),
        older_than_days=number(req, "olderThanDays", digits=5),
        only_phone=_flag(req.params, "onlyPhone") or False,
    )
    return json_response(shown)


def query_of(req: func.HttpRequest) -> Query:
    """Return the filter in the query: search, enabled, guest, registered, privileged, sort. Raises: InvalidInputError."""
    return query_from(req.params)


def query_from(parameters: Mapping[str, str]) -> Query:
    """Return the filter in any mapping of parameters. Raises: InvalidInputError."""
    sort = parameters.get("sort") or "displayName"
    orders: dict[str, Order] = {"displayName": "name", "userPrincipalName": "userPrincipalName"}
    if sort.removeprefix("-") not in orders:
        raise invalid_parameter(
            "sort", Message("must be displayName or userPrincipalName, with a - before it for descending")
        )
    return Query(
        search=clean(parameters.get("search", ""), _MAX_SEARCH),
        enabled=_flag(parameters, "enabled"),
        guest=_flag(parameters, "guest"),
        registered=_flag(parameters, "registered"),
        admin=_flag(parameters, "privileged"),
        order=orders[sort.removeprefix("-")],
        descending=sort.startswith("-"),
    )


def _kinds(req: func.HttpRequest) -> frozenset[MethodType]:
    names = [name for name in req.params.get("type", "").split(",") if name]
    try:
        return frozenset(MethodType(name) for name in names)
    except ValueError:
        raise invalid_parameter("type", Message("must be some of %(types)s", types=", ".join(MethodType))) from None


def _flag(parameters: Mapping[str, str], name: str) -> bool | None:
    text = parameters.get(name, "")
    if text not in {"", "true", "false"}:
        raise invalid_parameter(name, Message("must be true or false"))
    return {"true": True, "false": False}.get(text)
