"""Downloads of the console: a request as CSV or JSON, and its pack of evidence."""

import json

import azure.functions as func

from activities.showing import all_targets
from domain.exports import BYTE_ORDER_MARK, csv_lines
from domain.outcomes import RequestStatus
from domain.shown import target_shown
from services import services
from triggers.callers import AUDITORS
from triggers.console_frame import RefusedError, frame, signed_in
from triggers.exports import file_answer
from triggers.packing import evidence_pack
from triggers.showing import find, show

app = func.Blueprint()  # type: ignore[no-untyped-call]


@app.route("console/requests/{id}/export", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_export(req: func.HttpRequest) -> func.HttpResponse:
    """The files of the API's export, but whole: somebody who presses a button wants one file."""
    s = services()
    request = await find(s, req.route_params.get("id"), frame(s, req, AUDITORS).operator.reach)
    if req.params.get("format") == "json":
        targets = [target_shown(target).to_json() async for target in all_targets(s, request.id)]
        value = {"request": (await show(s, request)).to_json(), "targets": targets, "cursor": None}
        return file_answer(json.dumps(value).encode(), "application/json", f"mfa-reset-{request.id}.json")
    lines = [line async for target in all_targets(s, request.id) for line in csv_lines(request, [target], header=False)]
    body = b"".join([BYTE_ORDER_MARK, *csv_lines(request, []), *lines])
    return file_answer(body, "text/csv", f"mfa-reset-{request.id}.csv")


@app.route("console/requests/{id}/evidence", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_evidence(req: func.HttpRequest) -> func.HttpResponse:
    s = services()
    request = await find(s, req.route_params.get("id"), frame(s, req, AUDITORS).operator.reach)
    if request.status is RequestStatus.PLANNING:
        raise RefusedError(409, "noEvidence")
    return file_answer(await evidence_pack(s, request), "application/zip", f"mfa-reset-{request.id}-evidence.zip")
