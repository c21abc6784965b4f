"""Endpoints that create, read, cancel and retry reset requests."""

import asyncio

import azure.functions as func

import durable
from domain.api.responses import RequestsPage, TargetsPage, to_target_response
from domain.errors import NotAllowedError, TooLargeError
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.new_request import API, Origin
from domain.request.parsing import read_json, read_request
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from languages import Message
from services import current_services
from triggers.api.submissions import idempotency_key, submission_response
from triggers.http.authorization import API_LEVEL, OPERATORS, READERS, REQUESTERS, authorize
from triggers.http.bodies import read_body
from triggers.http.parameters import invalid_parameter, limit, number
from triggers.http.responses import json_response, problem_responses
from use_cases.cancel_request import cancel_request
from use_cases.list_requests import list_requests
from use_cases.read_request import find_request, is_within, request_response
from use_cases.read_targets import find_targets
from use_cases.retry_request import retry_request
from use_cases.submit_request import Submission, caller_keys, canonical_json, submit_request

app = durable.Blueprint()

_MAX_BYTES = 2 * 1024 * 1024  # 10,000 user names of 200 characters
_PAGE, _MAX_PAGE = 50, 500
_SCANNED = 1000  # rows read for one page, so that a filter that matches little ends soon


@app.route("api/reset-requests", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def create_reset_request(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, REQUESTERS)
    raw = read_body(req)
    if len(raw) > _MAX_BYTES:
        raise TooLargeError(
            Message("The body is larger than %(max_bytes)s bytes; send several requests.", max_bytes=_MAX_BYTES)
        )
    parsed = read_request(read_json(raw), services.policy, caller.reach(REQUESTERS))
    submission = Submission(
        parsed,
        Origin(API, caller=caller),
        key=idempotency_key(req),
        key_owner=caller_keys(caller),
        raw=canonical_json(parsed.body.to_json()),
    )
    return await submission_response(services, await submit_request(services, client, submission))


@app.route("api/reset-requests", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def list_reset_requests(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, READERS).reach(READERS)
    status = _one_of(req, "status", RequestStatus)
    customer = services.policy.find_customer(req.params["customer"]) if req.params.get("customer") else None
    if req.params.get("customer") and customer is None:
        raise invalid_parameter("customer", Message("no customer is known by that name"))
    cursor, most = req.params.get("cursor", ""), limit(req, _PAGE, _MAX_PAGE)

    def matches(request: ResetRequest) -> bool:
        return (
            is_within(request, reach)
            and (status is None or request.status is status)
            and (customer is None or customer in request.customers)
        )

    found, cursor = await list_requests(services, matches, cursor, most, scan=_SCANNED)
    value = await asyncio.gather(*(request_response(services, request) for request in found))
    return json_response(RequestsPage(value=list(value), cursor=cursor or None))


@app.route("api/reset-requests/{id}", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def get_reset_request(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, READERS).reach(READERS)
    shown = await request_response(services, await find_request(services, req.route_params.get("id"), reach))
    return json_response(shown, headers={} if shown.ended_at else {"Retry-After": "2"})


@app.route("api/reset-requests/{id}/targets", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def list_reset_targets(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, READERS).reach(READERS)
    request = await find_request(services, req.route_params.get("id"), reach)
    outcome = _one_of(req, "outcome", TargetOutcome)
    customer = services.policy.find_customer(req.params.get("customer", "")) or req.params.get("customer")

    def matches(target: Target) -> bool:
        return (outcome is None or target.outcome is outcome) and customer in {None, target.customer}

    start, most = number(req, "cursor") or 0, limit(req, _PAGE, _MAX_PAGE)
    found, following = await find_targets(services, request, matches, start, most, scan=_SCANNED)
    cursor = None if following is None else str(following)
    return json_response(TargetsPage(value=[to_target_response(target) for target in found], cursor=cursor))


@app.route("api/reset-requests/{id}/cancel", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def cancel_reset_request(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, REQUESTERS)
    request = await find_request(services, req.route_params.get("id"), caller.reach(REQUESTERS))
    if not (is_within(request, caller.reach(OPERATORS)) or request.requested_by_id == caller.identity):
        raise NotAllowedError(Message("A requester may cancel only requests of their own.")).refused_as(
            "role", "notTheirs"
        )
    await cancel_request(services, client, request, by=caller.name)
    request = await find_request(services, request.id, None)
    return json_response(await request_response(services, request), 202, {"Retry-After": "2"})


@app.route("api/reset-requests/{id}/retry", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@problem_responses
async def retry_reset_request(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    caller = authorize(services, req, OPERATORS)
    request = await find_request(services, req.route_params.get("id"), caller.reach(OPERATORS))
    source = services.policy.sources.get(request.source)
    submitted = await retry_request(
        services,
        client,
        request,
        by=caller,
        source=request.source,
        customers=source.customers if source else None,
        key=idempotency_key(req),
    )
    return await submission_response(services, submitted)


def _one_of[E: (RequestStatus, TargetOutcome)](req: func.HttpRequest, name: str, kind: type[E]) -> E | None:
    text = req.params.get(name)
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        raise invalid_parameter(name, Message("must be one of %(kind)s", kind=", ".join(kind))) from None
