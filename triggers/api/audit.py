"""Endpoints that read the audit of a request and verify its hash chain."""

import azure.functions as func

from domain.api.responses import AuditPage, AuditVerification
from domain.outcomes import RequestStatus
from services import current_services
from triggers.http.authorization import API_LEVEL, AUDITORS, authorize
from triggers.http.parameters import number
from triggers.http.responses import json_response, problem_responses
from use_cases.read_request import find_request

app = func.Blueprint()  # type: ignore[no-untyped-call]

_PAGE = 500


@app.route("api/reset-requests/{id}/audit", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def list_audit(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, AUDITORS).reach(AUDITORS)
    request = await find_request(services, req.route_params.get("id"), reach)
    events = await services.audits.page(request.id, number(req, "cursor") or 0, _PAGE)
    cursor = str(events[-1].number) if len(events) == _PAGE else None
    return json_response(AuditPage(value=events, cursor=cursor))


@app.route("api/reset-requests/{id}/audit/verification", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def verify_audit(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, AUDITORS).reach(AUDITORS)
    request = await find_request(services, req.route_params.get("id"), reach)
    events, problem = await services.audits.count(request.id), await services.audits.verify(request.id)
    if problem is None and not events and request.status is not RequestStatus.PLANNING:
        problem = "there is no event, though the request has gone on"
    return json_response(
        AuditVerification(request_id=request.id, intact=problem is None, events=events, problem=problem)
    )
