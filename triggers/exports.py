"""Doors: a request as a file, for spreadsheets and programs, and as a pack of evidence."""

import json
from collections.abc import Mapping

import azure.functions as func

from domain.errors import ConflictError
from domain.exports import BYTE_ORDER_MARK, csv_lines
from domain.outcomes import RequestStatus
from domain.requests import ResetRequest
from domain.shown import target_shown
from domain.targets import Target
from services import Services, services
from triggers.answers import answering
from triggers.callers import API_LEVEL, AUDITORS, READERS, caller
from triggers.packing import evidence_pack
from triggers.parameters import number, wrong
from triggers.showing import find, show

app = func.Blueprint()  # type: ignore[no-untyped-call]

# Users per file: about 10 MB. What is larger comes in parts, each with the address of the next in its Link header.
MOST = 10_000
_PAGE = 500


@app.route("api/reset-requests/{id}/export", methods=["GET"], auth_level=API_LEVEL)
@answering
async def export_request(req: func.HttpRequest) -> func.HttpResponse:
    s = services()
    request = await find(s, req.route_params.get("id"), caller(s, req, READERS).reach(READERS))
    kind = req.params.get("format") or "json"
    if kind not in {"csv", "json"}:
        raise wrong("format", "must be csv or json")
    customer = _customer(s, req.params.get("customer") or "")
    targets, cursor = await _part(s, request, customer, number(req, "cursor") or 0)
    headers: dict[str, str] = {}
    if cursor is not None:
        chosen = f"&customer={customer}" if customer else ""
        place = f"{s.settings.public_base_url}/api/reset-requests/{request.id}/export"
        headers["Link"] = f'<{place}?format={kind}{chosen}&cursor={cursor}>; rel="next"'
    if kind == "csv":
        body = b"".join([BYTE_ORDER_MARK, *csv_lines(request, targets)])
        return file_answer(body, "text/csv", f"mfa-reset-{request.id}.csv", headers)
    value = {
        "request": (await show(s, request)).to_json(),
        "targets": [target_shown(target).to_json() for target in targets],
        "cursor": None if cursor is None else str(cursor),
    }
    return file_answer(json.dumps(value).encode(), "application/json", f"mfa-reset-{request.id}.json", headers)


@app.route("api/reset-requests/{id}/evidence", methods=["GET"], auth_level=API_LEVEL)
@answering
async def get_evidence(req: func.HttpRequest) -> func.HttpResponse:
    s = services()
    request = await find(s, req.route_params.get("id"), caller(s, req, AUDITORS).reach(AUDITORS))
    if request.status is RequestStatus.PLANNING:
        raise ConflictError("The request is still being planned; there is no evidence of it yet.")
    body = await evidence_pack(s, request)
    return file_answer(body, "application/zip", f"mfa-reset-{request.id}-evidence.zip")


async def _part(
    s: Services, request: ResetRequest, customer: str | None, start: int
) -> tuple[list[Target], int | None]:
    """At most MOST targets from number `start` on, and where the next part begins, None at the end."""
    found: list[Target] = []
    while page := await s.targets.range(request.id, start, _PAGE):
        for kept in page:
            if len(found) == MOST:
                return found, kept.target.number
            if customer in {None, kept.target.customer}:
                found.append(kept.target)
        start = page[-1].target.number + 1
    return found, None


def _customer(s: Services, text: str) -> str | None:
    if not text:
        return None
    key = s.policy.find_customer(text)
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
