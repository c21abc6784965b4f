"""Page of the console: what waits for the signed-in approver, what they decided, and who stands in for them."""

from datetime import UTC, datetime

import azure.functions as func

from domain.errors import InvalidInputError
from domain.outcomes import RequestStatus
from domain.request.reset_request import Approver, ResetRequest
from graph.errors import GraphError
from services import Services, current_services
from triggers.console.console_forms import operators_form
from triggers.console.layout import frame, html_page, redirect_with_notice, require_sign_in
from triggers.console.operators import Operator
from triggers.http.forms import first_value
from use_cases.approval_view import approval_token, users_of
from use_cases.delegate_approvals import Approving, approving_of, delegate, delegation_of, end_delegation
from web import labels

app = func.Blueprint()  # type: ignore[no-untyped-call]

# Requests searched for what waits: approvals expire within days.
_LOOKED = 500
_PAGE = 25


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
