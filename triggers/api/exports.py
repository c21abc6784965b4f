"""Endpoints that return a request as a file, for spreadsheets and programs, and as an evidence pack."""

import json

import azure.functions as func

from domain.api.responses import to_target_response
from domain.errors import ConflictError
from domain.outcomes import RequestStatus
from domain.request.csv_export import BYTE_ORDER_MARK, csv_lines
from languages import Message
from services import Services, current_services
from triggers.http.authorization import API_LEVEL, AUDITORS, READERS, authorize
from triggers.http.parameters import invalid_parameter, number
from triggers.http.responses import file_response, problem_responses
from use_cases.export_evidence import evidence_pack
from use_cases.read_request import find_request, request_response
from use_cases.read_targets import find_targets

app = func.Blueprint()  # type: ignore[no-untyped-call]

# Users per file: about 10 MB. A larger request comes in parts, each with the address of the next in its Link header.
MAX_USERS = 10_000


@app.route("api/reset-requests/{id}/export", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def export_request(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, READERS).reach(READERS)
    request = await find_request(services, req.route_params.get("id"), reach)
    kind = req.params.get("format") or "json"
    if kind not in {"csv", "json"}:
        raise invalid_parameter("format", Message("must be csv or json"))
    customer = _customer(services, req.params.get("customer") or "")
    targets, cursor = await find_targets(
        services, request, lambda target: customer in {None, target.customer}, number(req, "cursor") or 0, MAX_USERS
    )
    headers: dict[str, str] = {}
    if cursor is not None:
        chosen = f"&customer={customer}" if customer else ""
        place = f"{services.settings.public_base_url}/api/reset-requests/{request.id}/export"
        headers["Link"] = f'<{place}?format={kind}{chosen}&cursor={cursor}>; rel="next"'
    if kind == "csv":
        body = b"".join([BYTE_ORDER_MARK, *csv_lines(request, targets)])
        return file_response(body, "text/csv", f"mfa-reset-{request.id}.csv", headers)
    value = {
        "request": (await request_response(services, request)).to_json(),
        "targets": [to_target_response(target).to_json() for target in targets],
        "cursor": None if cursor is None else str(cursor),
    }
    return file_response(json.dumps(value).encode(), "application/json", f"mfa-reset-{request.id}.json", headers)


@app.route("api/reset-requests/{id}/evidence", methods=["GET", "HEAD"], auth_level=API_LEVEL)
@problem_responses
async def get_evidence(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    reach = authorize(services, req, AUDITORS).reach(AUDITORS)
    request = await find_request(services, req.route_params.get("id"), reach)
    if request.status is RequestStatus.PLANNING:
        raise ConflictError(Message("The request is still being planned; there is no evidence of it yet."))
    body = await evidence_pack(services, request)
    return file_response(body, "application/zip", f"mfa-reset-{request.id}-evidence.zip")


def _customer(services: Services, text: str) -> str | None:
    if not text:
        return None
    key = services.policy.find_customer(text)
    if key is None:
        raise invalid_parameter("customer", Message("no customer is known by that name"))
    return key
