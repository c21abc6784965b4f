"""The page that a message in a channel links to: it leads the approver who is signed in to their own approval page."""

import azure.functions as func

from domain.access.approval_links import link_path
from domain.errors import NotFoundError
from languages import Message
from services import current_services
from triggers.console.layout import frame, redirect, require_sign_in
from use_cases.approval_view import approval_token
from use_cases.read_request import find_request

app = func.Blueprint()  # type: ignore[no-untyped-call]


@app.route("console/approvals/{id}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_approval_of_request(req: func.HttpRequest) -> func.HttpResponse:
    """Redirect to the approver's page of one request; to all others the request does not exist."""
    services = current_services()
    around = await frame(services, req, ())
    # An approver is found by who was asked, whatever customers their roles reach.
    request = await find_request(services, req.route_params.get("id"), None)
    entry = next((e for e in request.approval.approvers if around.operator.decides_as(services, e)), None)
    if entry is None or request.plan_digest is None or request.approval.expires_at is None:
        raise NotFoundError(Message("There is no such request."))
    return redirect(link_path(approval_token(services, request, entry.approver)))
