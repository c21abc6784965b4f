"""Downloads of the console: a request as CSV or JSON, and its evidence pack."""

import json
from datetime import timedelta

import azure.functions as func

from domain.api.responses import to_target_response
from domain.outcomes import RequestStatus
from domain.request.csv_export import BYTE_ORDER_MARK, csv_lines
from services import current_services
from triggers.api.evidence import evidence_response, period_of_days
from triggers.console.layout import RefusedError, require_sign_in
from triggers.console.operators import operator_of
from triggers.http.authorization import AUDITORS
from triggers.http.responses import file_response
from use_cases.export_evidence import evidence_pack
from use_cases.read_request import find_request, request_response
from use_cases.read_targets import all_targets

app = func.Blueprint()  # type: ignore[no-untyped-call]


@app.route("console/requests/{id}/export", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_export(req: func.HttpRequest) -> func.HttpResponse:
    """Return the file of the API's export, but in one part: a person wants one file."""
    services = current_services()
    request = await find_request(services, req.route_params.get("id"), operator_of(services, req, AUDITORS).reach)
    if req.params.get("format") == "json":
        targets = [to_target_response(target).to_json() async for target in all_targets(services, request.id)]
        value = {"request": (await request_response(services, request)).to_json(), "targets": targets, "cursor": None}
        return file_response(json.dumps(value).encode(), "application/json", f"mfa-reset-{request.id}.json")
    lines = [
        line
        async for target in all_targets(services, request.id)
        for line in csv_lines(request, [target], header=False)
    ]
    body = b"".join([BYTE_ORDER_MARK, *csv_lines(request, []), *lines])
    return file_response(body, "text/csv", f"mfa-reset-{request.id}.csv")


@app.route("console/requests/{id}/evidence", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_evidence(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    request = await find_request(services, req.route_params.get("id"), operator_of(services, req, AUDITORS).reach)
    if request.status is RequestStatus.PLANNING:
        raise RefusedError(409, "noEvidence")
    return file_response(
        await evidence_pack(services, request), "application/zip", f"mfa-reset-{request.id}-evidence.zip"
    )


@app.route("console/evidence", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_period_evidence(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    period = period_of_days(services, req, operator_of(services, req, AUDITORS).reach)
    last = period.end - timedelta(days=1)
    return await evidence_response(services, period, f"{last:%Y-%m-%d}")
