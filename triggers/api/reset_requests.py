"""Doors: reset requests are made, read, cancelled and tried again here."""

import asyncio
import json
import re

import azure.durable_functions as df
import azure.functions as func

from domain.access.callers import Caller
from domain.api.responses import AuditPage, AuditVerification, RequestsPage, TargetsPage, to_target_response
from domain.errors import ConflictError, InvalidInputError, NotAllowedError, TooLargeError
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.parsing import read_json, read_request
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from services import Services, current_services
from triggers.http.authorization import API_LEVEL, AUDITORS, OPERATORS, READERS, REQUESTERS, caller
from triggers.http.parameters import limit, number, wrong
from triggers.http.responses import answering, json_answer
from use_cases.orchestrations import wake
from use_cases.read_request import find_request, is_within, request_response
from use_cases.retry_request import retry_body
from use_cases.submit_request import accept

app = df.Blueprint()

# The source of requests that come by the API itself.
API = "api"
_LONGEST_KEY = 255
# What the list's own cursors look like.
_CURSOR = re.compile(r"(?:[0-9]{15}:[A-Za-z0-9-]{1,64})?", re.ASCII)
_MOST_BYTES = 2 * 1024 * 1024  # 10,000 user names of 200 characters
_PAGE, _MOST = 50, 500
_SCANNED = 1000  # rows looked at for one page, so that a filter that matches little ends soon


@app.route("api/reset-requests", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@answering
async def create_request(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    services = current_services()
    who = caller(services, req, REQUESTERS)
    raw = req.get_body()
    if len(raw) > _MOST_BYTES:
        raise TooLargeError(f"The body is larger than {_MOST_BYTES} bytes; send several requests.")
    asked = read_request(read_json(raw), services.policy, who.reach(REQUESTERS))
    body = _canonical(asked.body.to_json())
    request, new = await accept(
        services, client, asked, source=API, key=key_of(req), keys_of=keys_of(who), raw=body, caller=who
    )
    return await accepted(services, request, new=new)


async def accepted(services: Services, request: ResetRequest, *, new: bool) -> func.HttpResponse:
    shown = await request_response(services, request)
    headers = {"Location": shown.links.self, "Retry-After": "2"}
    return json_answer(shown, 202 if new else 200, headers)


@app.route("api/reset-requests", methods=["GET"], auth_level=API_LEVEL)
@answering
async def list_requests(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = caller(services, req, READERS).reach(READERS)
    status = _one_of(req, "status", RequestStatus)
    customer = services.policy.find_customer(req.params["customer"]) if req.params.get("customer") else None
    if req.params.get("customer") and customer is None:
        raise wrong("customer", "no customer is known by that name")
    found: list[ResetRequest] = []
    cursor, most, scanned = req.params.get("cursor", ""), limit(req, _PAGE, _MOST), 0
    if not _CURSOR.fullmatch(cursor):
        raise wrong("cursor", "use the one that an answer gave")
    while len(found) < most and scanned < _SCANNED:
        page, cursor = await services.requests.newest(cursor, most - len(found))
        found += [
            request
            for request in page
            if is_within(request, reach)
            and (status is None or request.status is status)
            and (customer is None or customer in request.customers)
        ]
        scanned += most
        if not cursor:
            break
    shown = await asyncio.gather(*(request_response(services, request) for request in found))
    return json_answer(RequestsPage(value=list(shown), cursor=cursor or None))


@app.route("api/reset-requests/{id}", methods=["GET"], auth_level=API_LEVEL)
@answering
async def get_request(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = caller(services, req, READERS).reach(READERS)
    shown = await request_response(services, await find_request(services, req.route_params.get("id"), reach))
    return json_answer(shown, headers={} if shown.ended_at else {"Retry-After": "2"})


@app.route("api/reset-requests/{id}/targets", methods=["GET"], auth_level=API_LEVEL)
@answering
async def list_targets(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    request = await find_request(services, req.route_params.get("id"), caller(services, req, READERS).reach(READERS))
    outcome = _one_of(req, "outcome", TargetOutcome)
    customer = services.policy.find_customer(req.params.get("customer", "")) or req.params.get("customer")
    start, most = number(req, "cursor") or 0, limit(req, _PAGE, _MOST)
    found: list[Target] = []
    end = start + _SCANNED
    while len(found) < most and start < min(request.target_count, end):
        page = [kept.target for kept in await services.targets.range(request.id, start, most - len(found))]
        if not page:
            break
        found += [t for t in page if (outcome is None or t.outcome is outcome) and customer in {None, t.customer}]
        start = page[-1].number + 1
    more = start < request.target_count
    return json_answer(TargetsPage(value=[to_target_response(t) for t in found], cursor=str(start) if more else None))


@app.route("api/reset-requests/{id}/audit", methods=["GET"], auth_level=API_LEVEL)
@answering
async def list_audit(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    request = await find_request(services, req.route_params.get("id"), caller(services, req, AUDITORS).reach(AUDITORS))
    events = await services.audits.page(request.id, number(req, "cursor") or 0, _MOST)
    cursor = str(events[-1].number) if len(events) == _MOST else None
    return json_answer(AuditPage(value=events, cursor=cursor))


@app.route("api/reset-requests/{id}/audit/verification", methods=["GET"], auth_level=API_LEVEL)
@answering
async def verify_audit(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    request = await find_request(services, req.route_params.get("id"), caller(services, req, AUDITORS).reach(AUDITORS))
    events, problem = await services.audits.count(request.id), await services.audits.verify(request.id)
    if problem is None and not events and request.status is not RequestStatus.PLANNING:
        problem = "there is no event, though the request has gone on"
    return json_answer(AuditVerification(request_id=request.id, intact=problem is None, events=events, problem=problem))


@app.route("api/reset-requests/{id}/cancel", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@answering
async def cancel_request(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    services = current_services()
    who = caller(services, req, REQUESTERS)
    request = await find_request(services, req.route_params.get("id"), who.reach(REQUESTERS))
    if not (is_within(request, who.reach(OPERATORS)) or request.requested_by_id == who.identity):
        raise NotAllowedError("A requester cancels only what they asked for themselves.")
    if request.status.ended:
        raise ConflictError(f"The request has ended already: {request.status.value}.")
    await services.requests.cancel(request.id, who.name, services.now())
    # Also on a repeat: whoever stopped between the two is made up for.
    await services.audits.append(request.id, services.now(), who.name, "cancelAccepted", once="cancelAccepted")
    await wake(client, request.id)
    return json_answer(
        await request_response(services, await find_request(services, request.id, None)), 202, {"Retry-After": "2"}
    )


@app.route("api/reset-requests/{id}/retry", methods=["POST"], auth_level=API_LEVEL)
@app.durable_client_input(client_name="client")
@answering
async def retry_request(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    services = current_services()
    who = caller(services, req, OPERATORS)
    request = await find_request(services, req.route_params.get("id"), who.reach(OPERATORS))
    value, earlier = await retry_body(services, request)
    source = services.policy.sources.get(request.source)
    asked = read_request(value, services.policy, source.customers if source else None)
    raw = _canonical({"retryOf": request.id} | value)
    new, is_new = await accept(
        services,
        client,
        asked,
        source=request.source,
        key=key_of(req),
        keys_of=keys_of(who),
        raw=raw,
        retry_of=request.id,
        earlier=earlier,
        caller=who,
    )
    return await accepted(services, new, new=is_new)


def _canonical(value: object) -> bytes:
    """The same bytes for the same values, so that another spelling of a body is no other body."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def keys_of(who: Caller) -> str:
    # Each caller has keys of their own, and no source can have this name: no key meets another's, nor a delivery's id.
    return f"api:{who.identity}"


def key_of(req: func.HttpRequest) -> str | None:
    key: str | None = req.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= _LONGEST_KEY:
        raise InvalidInputError(f"Idempotency-Key must have 1 to {_LONGEST_KEY} characters.")
    return key


def _one_of[E: (RequestStatus, TargetOutcome)](req: func.HttpRequest, name: str, kind: type[E]) -> E | None:
    text = req.params.get(name)
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        names = ", ".join(kind)
        raise wrong(name, f"must be one of {names}") from None
