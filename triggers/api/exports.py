"""Doors: a request as a file, for spreadsheets and programs, and as a pack of evidence."""

import json
from collections.abc import Mapping

import azure.functions as func

from domain.api.responses import to_target_response
from domain.errors import ConflictError
from domain.outcomes import RequestStatus
from domain.request.csv_export import BYTE_ORDER_MARK, csv_lines
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from services import Services, current_services
from triggers.http.authorization import API_LEVEL, AUDITORS, READERS, caller
from triggers.http.parameters import number, wrong
from triggers.http.responses import answering
from use_cases.export_evidence import evidence_pack
from use_cases.read_request import find_request, request_response

app = func.Blueprint()  # type: ignore[no-untyped-call]

# Users per file: about 10 MB. What is larger comes in parts, each with the address of the next in its Link header.
MOST = 10_000
_PAGE = 500


@app.route("api/reset-requests/{id}/export", methods=["GET"], auth_level=API_LEVEL)
@answering
async def export_request(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    request = await find_request(services, req.route_params.get("id"), caller(services, req, READERS).reach(READERS))
    kind = req.params.get("format") or "json"
    if kind not in {"csv", "json"}:
        raise wrong("format", "must be csv or json")
    customer = _customer(services, req.params.get("customer") or "")
    targets, cursor = await _part(services, request, customer, number(req, "cursor") or 0)
    headers: dict[str, str] = {}
    if cursor is not None:
        chosen = f"&customer={customer}" if customer else ""
        place = f"{services.settings.public_base_url}/api/reset-requests/{request.id}/export"
        headers["Link"] = f'<{place}?format={kind}{chosen}&cursor={cursor}>; rel="next"'
    if kind == "csv":
        body = b"".join([BYTE_ORDER_MARK, *csv_lines(request, targets)])
        return file_answer(body, "text/csv", f"mfa-reset-{request.id}.csv", headers)
    value = {
        "request": (await request_response(services, request)).to_json(),
        "targets": [to_target_response(target).to_json() for target in targets],
        "cursor": None if cursor is None else str(cursor),
    }
    return file_answer(json.dumps(value).encode(), "application/json", f"mfa-reset-{request.id}.json", headers)


@app.route("api/reset-requests/{id}/evidence", methods=["GET"], auth_level=API_LEVEL)
@answering
async def get_evidence(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    request = await find_request(services, req.route_params.get("id"), caller(services, req, AUDITORS).reach(AUDITORS))
    if request.status is RequestStatus.PLANNING:
        raise ConflictError("The request is still being planned; there is no evidence of it yet.")
    body = await evidence_pack(services, request)
    return file_answer(body, "application/zip", f"mfa-reset-{request.id}-evidence.zip")


async def _part(
    services: Services, request: ResetRequest, customer: str | None, start: int
) -> tuple[list[Target], int | None]:
    """At most MOST targets from number `start` on, and where the next part begins, None at the end."""
    found: list[Target] = []
    while page := await services.targets.range(request.id, start, _PAGE):
        for kept in page:
            if len(found) == MOST:
                return found, kept.target.number
            if customer in {None, kept.target.customer}:
                found.append(kept.target)
        start = page[-1].target.number + 1
    return found, None


def _customer(services: Services, text: str) -> str | None:
    if not text:
        return None
    key = services.policy.find_customer(text)
    if key is None:
        raise wrong("customer", "no customer is known by that name")
    return key


def file_answer(body: bytes, kind: str, name: str, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """A file to keep, under this name."""
    own = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return func.HttpResponse(body, status_code=200, mimetype=kind, headers=own | dict(headers or {}))
