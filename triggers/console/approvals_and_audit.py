"""Pages of the console: what waits for the signed-in approver, and the audit with its verification."""

import asyncio
from datetime import UTC, datetime

import azure.functions as func

from domain.errors import InvalidInputError
from domain.outcomes import RequestStatus
from domain.request.reset_request import Approver, ResetRequest
from graph.errors import GraphError
from services import Services, current_services
from triggers.console.console_forms import operators_form
from triggers.console.directory import Listing
from triggers.console.layout import frame, html_page, redirect_with_notice, require_sign_in
from triggers.console.operators import Operator
from triggers.http.authorization import AUDITORS
from triggers.http.forms import first_value
from triggers.http.parameters import page_number, parse_unsigned
from use_cases.approval_view import approval_token, users_of
from use_cases.delegate_approvals import Approving, approving_of, delegate, delegation_of, end_delegation
from use_cases.list_requests import open_place, seal_place
from use_cases.read_request import find_request, is_within
from web import labels

app = func.Blueprint()  # type: ignore[no-untyped-call]

# Requests searched for what waits: approvals expire within days.
_LOOKED = 500
_PAGE = 25
_EVENTS = 200


@app.route("console/approvals", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_approvals(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req, ())
    waiting, decided = [], []
    cursor, looked = "", 0
    while looked < _LOOKED:
        page, cursor = await services.requests.newest(cursor, _PAGE)
        looked += len(page)
        for request in page:
            entry = next((e for e in request.approval.approvers if around.operator.decides_as(services, e)), None)
            if entry is None:
                continue
            decision = await services.requests.decision_of(request.id, entry.approver)
            if decision is not None:
                decided.append((request, decision))
            elif request.status is RequestStatus.AWAITING_APPROVAL:
                link = f"/api/approvals/{approval_token(services, request, entry.approver)}"
                waiting.append((request, link, await _users(services, request, entry)))
        if not cursor:
            break
    approving = await _approving(services, around.operator)
    return html_page(
        "approvals.html",
        frame=around,
        active="approvals",
        waiting=waiting,
        decided=decided[:_PAGE],
        now=services.now(),
        approving=approving,
        delegation=await delegation_of(services, approving) if approving else None,
    )


@app.route("console/approvals/away", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_away(req: func.HttpRequest) -> func.HttpResponse:
    """Record who stands in for the approver, or that they are back."""
    services = current_services()
    operator, form = operators_form(services, req, ())
    approving = await approving_of(services, operator.mail, operator.principal)
    if first_value(form, "act") == "back":
        await end_delegation(services, approving)
        return redirect_with_notice(services, "/console/approvals", "back")
    try:
        # The time of day is the one of the service, as all times on these pages: UTC.
        until = datetime.fromisoformat(first_value(form, "until")).replace(tzinfo=UTC)
        await delegate(services, approving, operator.caller.identity, first_value(form, "delegate"), until)
    except (ValueError, InvalidInputError):
        return redirect_with_notice(services, "/console/approvals", "awayWrong")
    return redirect_with_notice(services, "/console/approvals", "away")


async def _approving(services: Services, operator: Operator) -> Approving | None:
    """Return what the person approves; None where the directory does not say."""
    try:
        return await approving_of(services, operator.mail, operator.principal)
    except GraphError:
        return None


async def _users(services: Services, request: ResetRequest, entry: Approver) -> str:
    """Return how many users the approver would decide on, counted as in the mail and on the approval page."""
    return labels.count(await users_of(services, request, entry), "user")


@app.route("console/audit", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_audit(req: func.HttpRequest) -> func.HttpResponse:
    """Show the latest requests, and verify the hash chain of each now."""
    services = current_services()
    around = await frame(services, req, AUDITORS)
    ring = services.settings.approval_keys
    page, place = await services.requests.newest(open_place(ring, req.params.get("cursor", "")), _PAGE)
    page = [request for request in page if is_within(request, around.operator.reach)]
    found = await asyncio.gather(*(services.audits.verify(request.id) for request in page))
    listing = Listing("/console/audit", {}, page_number(req))
    return html_page(
        "audit.html",
        frame=around,
        active="audit",
        rows=list(zip(page, found, strict=True)),
        listing=listing,
        cursor=seal_place(ring, place),
        now=services.now(),
    )


@app.route("console/requests/{id}/audit", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_request_audit(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req, AUDITORS)
    request = await find_request(services, req.route_params.get("id"), around.operator.reach)
    text = req.params.get("after", "0")
    after = parse_unsigned(text, 8) or 0
    events = await services.audits.page(request.id, after, _EVENTS)
    return html_page(
        "request_audit.html",
        frame=around,
        active="audit",
        request=request,
        events=events,
        wrong=await services.audits.verify(request.id),
        more=events[-1].number if len(events) == _EVENTS else None,
        now=services.now(),
    )
