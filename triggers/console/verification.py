"""Forms of a request's page with which an operator verifies a user who waits for it."""

import azure.functions as func
from pydantic import ValidationError

import durable
from domain.api.verification_bodies import CallbackBody
from domain.errors import ConflictError, NotFoundError
from domain.verification.evidence import EvidenceRefusedError
from languages import Message
from services import current_services
from triggers.console.console_forms import operators_form
from triggers.console.layout import frame, html_page, redirect_with_notice, require_sign_in
from triggers.http.authorization import OPERATORS
from triggers.http.forms import first_value
from triggers.http.parameters import parse_unsigned
from use_cases.presentations import begin_presentation
from use_cases.read_request import find_request
from use_cases.record_callback import record_callback
from web.console import CONTENT_SECURITY_POLICY

app = durable.Blueprint()

# The QR code comes as a data URL; no other page shows an image that is not its own.
_WITH_QR_CODE = {"Content-Security-Policy": CONTENT_SECURITY_POLICY.replace("img-src 'self'", "img-src 'self' data:")}


@app.route("console/requests/{id}/targets/{number}/call-back", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@require_sign_in
async def console_call_back(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    operator, form = operators_form(services, req)
    request = await find_request(services, req.route_params.get("id"), operator.reach)
    try:
        body = CallbackBody(number=first_value(form, "number"), note=first_value(form, "note"))
        await record_callback(services, client, request, _number(req), body, by=operator.caller)
        notice = "calledBack"
    except ValidationError:
        notice = "wrongNumber"
    except EvidenceRefusedError as refused:
        notice = "involvedInProof" if refused.reason == "involved" else "waitsForNoProof"
    return redirect_with_notice(services, f"/console/requests/{request.id}", notice)


@app.route("console/requests/{id}/targets/{number}/verified-id", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_verified_id(req: func.HttpRequest) -> func.HttpResponse:
    """Begin a presentation and show its QR code; the code is nowhere else, and each press of the button makes another."""
    services = current_services()
    operator, _ = operators_form(services, req)
    request, number = await find_request(services, req.route_params.get("id"), operator.reach), _number(req)
    try:
        begun = await begin_presentation(services, request, number, operator.caller.name)
    except ConflictError:
        return redirect_with_notice(services, f"/console/requests/{request.id}", "waitsForNoProof")
    kept = await services.targets.get(request.id, number)
    return html_page(
        "verified_id.html",
        headers=_WITH_QR_CODE,
        frame=await frame(services, req, OPERATORS),
        active="requests",
        request=request,
        target=kept.target if kept else None,
        begun=begun,
    )


def _number(req: func.HttpRequest) -> int:
    number = parse_unsigned(req.route_params.get("number") or "")
    if number is None:
        raise NotFoundError(Message("The request has no user with this number."))
    return number
