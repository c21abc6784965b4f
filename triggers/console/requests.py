"""Pages of the console: one request as it goes on, and what an operator may do about it."""

import azure.functions as func
from pydantic import ValidationError

import durable
from domain.api.release_bodies import ReleaseBody
from domain.errors import ConflictError, NotAllowedError, WrongCodeError
from domain.outcomes import RequestStatus
from domain.request.new_request import CONSOLE
from domain.request.reset_request import ResetRequest, TokenCode, UndoBody
from services import Services, current_services
from triggers.console.console_forms import operators_form
from triggers.console.layout import bare_frame, frame, html_page, redirect, redirect_with_notice, require_sign_in
from triggers.console.operators import Operator
from triggers.console.request_page import RequestState
from triggers.http.authorization import AUDITORS
from triggers.http.forms import Form, first_value
from triggers.http.parameters import parse_unsigned
from triggers.http.rate_limit import RateLimiter
from use_cases.activate_token import activate_token
from use_cases.cancel_request import cancel_request
from use_cases.read_request import find_request
from use_cases.redeliver import resend_callbacks
from use_cases.release_users import Undo, release_users
from use_cases.resend_mails import remind_approvers, resend_approval_mails, resend_mails
from use_cases.retry_request import review_retry
from use_cases.take_over_users import take_over_users
from use_cases.undo_request import undo_request
from web.console import console_headers, render
from web.presenters import display_status

app = durable.Blueprint()

# One reminder a minute and request: several operators may press the button.
_reminders = RateLimiter()


@app.route("console/requests/{id}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_request(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req, AUDITORS)
    state = await RequestState.read(services, req)
    return html_page("request.html", frame=around, active="requests", **await state.view())


@app.route("console/requests/{id}/live", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_request_live(req: func.HttpRequest) -> func.HttpResponse:
    """Return the part of the page that changes; 304, at the cost of four small reads, where it has not."""
    services = current_services()
    around = bare_frame(services, req, AUDITORS)
    state = await RequestState.read(services, req)
    if req.headers.get("If-None-Match") == state.etag:
        return func.HttpResponse("", status_code=304, headers={"ETag": state.etag, "Cache-Control": "no-store"})
    part = render("request_live.html", frame=around, **await state.view())
    headers = console_headers() | {"ETag": state.etag} | ({} if state.live else {"X-Live": "ended"})
    return func.HttpResponse(part, headers=headers, mimetype="text/html")


@app.route("console/requests/{id}/act", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@require_sign_in
async def console_act(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    operator, form = operators_form(services, req)
    request = await find_request(services, req.route_params.get("id"), operator.reach)
    act = first_value(form, "act")
    if act == "retry":
        return await _retry(services, client, request, operator)
    if act == "takeover":
        return await _take_over(services, client, request, operator)
    if act == "undo":
        return await _undo(services, client, request, operator)
    if act == "activate":
        notice = await _activate(services, client, request, form, operator)
    elif act == "remind":
        notice = await _remind(services, request)
    elif act in {"unblock", "dismissRisk"}:
        notice = await _release(services, client, request, operator, form)
    elif act in {"approvals", "callbacks", "mails"}:
        notice = await _resend(services, client, request, act, operator)
    else:
        notice = await _cancel(services, client, request, operator) if act == "cancel" else "ended"
    return redirect_with_notice(services, f"/console/requests/{request.id}", notice)


async def _activate(
    services: Services, client: durable.Client, request: ResetRequest, form: Form, operator: Operator
) -> str:
    """Send the code of a hardware token; it is kept nowhere."""
    number = parse_unsigned(first_value(form, "number"))
    code = "".join(first_value(form, "code").split())
    try:
        token = TokenCode(method=first_value(form, "method"), code=code)
    except ValidationError:
        return "codeFormat"
    if number is None:
        return "codeFormat"
    try:
        await activate_token(services, client, request, number, token, by=operator.caller.name)
    except WrongCodeError:
        return "wrongCode"
    except ConflictError:
        return "noCodeNow"
    return "activated"


async def _undo(
    services: Services, client: durable.Client, request: ResetRequest, operator: Operator
) -> func.HttpResponse:
    """Submit an undo with the operator as its requester."""
    body = UndoBody(requester=operator.mail)
    try:
        submitted = await undo_request(services, client, request, body, source=CONSOLE, by=operator.caller, key=None)
    except ConflictError:
        return redirect_with_notice(services, f"/console/requests/{request.id}", "nothingToUndo")
    return redirect_with_notice(services, f"/console/requests/{submitted.request.id}", "undoSent")


async def _cancel(services: Services, client: durable.Client, request: ResetRequest, operator: Operator) -> str:
    try:
        await cancel_request(services, client, request, by=operator.mail)
    except ConflictError:
        return "ended"
    # Read again: an approval may have been quicker than the cancel.
    request = await services.requests.get(request.id) or request
    decisions = await services.requests.decisions(request.id)
    stands = display_status(request, decisions, services.now(), cancelled=True)
    return "withdrawn" if stands == "withdrawn" else "cancelling"


async def _release(
    services: Services, client: durable.Client, request: ResetRequest, operator: Operator, form: Form
) -> str:
    """Undo the containment of all users, or of the one whose number the form has."""
    undo: Undo = "unblock" if first_value(form, "act") == "unblock" else "dismissRisk"
    number = parse_unsigned(first_value(form, "target"))
    body = ReleaseBody(targets=None if number is None else [number])
    try:
        asked = await release_users(services, client, request, body, undo, by=operator.caller)
    except ConflictError:
        return "notEnded"
    except NotAllowedError:
        return "ownContainment"
    if asked.asked:
        return "releasing"
    return "unverifiedUser" if any(left.reason == "unverified" for left in asked.left) else "nothingToRelease"


async def _remind(services: Services, request: ResetRequest) -> str:
    if request.status is RequestStatus.AWAITING_APPROVAL and not _reminders.allow(request.id, 1, services.now()):
        return "remindedRecently"
    try:
        await remind_approvers(services, request)
    except ConflictError:
        return "notWaiting"
    return "reminded"


async def _resend(
    services: Services, client: durable.Client, request: ResetRequest, what: str, operator: Operator
) -> str:
    try:
        if what == "callbacks":
            await resend_callbacks(services, client, request)
        elif what == "mails":
            await resend_mails(services, client, request, by=operator.mail)
        else:
            await resend_approval_mails(services, client, request, by=operator.mail)
    except ConflictError:
        return "nothingToSend"
    return "sentAgain"


async def _retry(
    services: Services, client: durable.Client, request: ResetRequest, operator: Operator
) -> func.HttpResponse:
    """Open the review of a retry, with the operator as its requester."""
    try:
        review = await review_retry(
            services, client, request, by=operator.caller, customers=operator.reach, requester=operator.mail
        )
    except ConflictError:
        notice = "nothingToRetry" if request.status.ended else "notEnded"
        return redirect_with_notice(services, f"/console/requests/{request.id}", notice)
    return redirect(f"/console/reviews/{review.id}")


async def _take_over(
    services: Services, client: durable.Client, request: ResetRequest, operator: Operator
) -> func.HttpResponse:
    """Submit a request for the users whom others hold, with the operator as its requester."""
    try:
        new, _ = await take_over_users(
            services,
            client,
            request,
            by=operator.caller,
            source=CONSOLE,
            customers=operator.reach,
            requester=operator.mail,
        )
    except ConflictError:
        return redirect_with_notice(services, f"/console/requests/{request.id}", "nothingToTakeOver")
    return redirect_with_notice(services, f"/console/requests/{new.id}", "takenOver")
