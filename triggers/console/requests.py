"""Pages: requests, one request as it goes on, and what can be done about it: remind, withdraw or cancel, retry, send again."""

import azure.durable_functions as df
import azure.functions as func

from domain.errors import ConflictError
from domain.outcomes import RequestStatus
from domain.request.parsing import read_request
from domain.request.reset_request import ResetRequest
from services import Services, current_services
from triggers.console.directory import Listing
from triggers.console.layout import form_of, frame, one, redirect, show, signed_in
from triggers.console.operators import Operator
from triggers.console.request_page import RequestState
from triggers.console.review import CONSOLE
from triggers.http.authorization import AUDITORS
from triggers.http.parameters import page_number
from triggers.http.rate_limit import Rates
from use_cases.notify_approvers import notify_approvers
from use_cases.orchestrations import wake
from use_cases.read_request import find_request, is_within
from use_cases.redeliver import approvals_again, approvers_left, callbacks_again, mails_again
from use_cases.retry_request import retry_body
from use_cases.submit_request import accept
from web.console import console_headers, render
from web.presenters import display_status, ended_untouched

app = df.Blueprint()

_PAGE = 25
_SCANNED = 500
_reminders = Rates()


@app.route("console/requests", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_requests(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = frame(services, req, AUDITORS)
    parameters = {n: req.params[n] for n in ("status", "mine", "dry") if req.params.get(n)}
    status = parameters.get("status", "")
    found: list[ResetRequest] = []
    cursor, scanned = req.params.get("cursor", ""), 0
    while len(found) < _PAGE and scanned < _SCANNED:
        page, cursor = await services.requests.newest(cursor, _PAGE)
        scanned += len(page)
        found += [
            r
            for r in page
            if (not status or r.status.value == status)
            and (bool(parameters.get("dry")) or not r.dry_run)
            and (not parameters.get("mine") or r.requester.casefold() == around.operator.mail.casefold())
            and is_within(r, around.operator.reach)
            and (around.all_chosen or set(r.customers) & set(around.chosen))
        ]
        if not cursor:
            break
    listing = Listing("/console/requests", parameters, page_number(req))
    return show(
        "requests.html",
        frame=around,
        active="requests",
        listing=listing,
        rows=found,
        cursor=cursor,
        statuses=[status.value for status in RequestStatus],
    )


@app.route("console/requests/{id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_request(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = frame(services, req, AUDITORS)
    state = await RequestState.read(services, req)
    return show(
        "request.html", frame=around, active="requests", notice=req.params.get("notice", ""), **await state.view()
    )


@app.route("console/requests/{id}/live", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_request_live(req: func.HttpRequest) -> func.HttpResponse:
    """The part of the page that changes; 304 where it has not: then four small reads were all it cost."""
    services = current_services()
    around = frame(services, req, AUDITORS)
    state = await RequestState.read(services, req)
    if req.headers.get("If-None-Match") == state.etag:
        return func.HttpResponse("", status_code=304, headers={"ETag": state.etag, "Cache-Control": "no-store"})
    part = render("request_live.html", frame=around, **await state.view())
    headers = console_headers() | {"ETag": state.etag} | ({} if state.live else {"X-Live": "ended"})
    return func.HttpResponse(part, headers=headers, mimetype="text/html")


@app.route("console/requests/{id}/act", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@signed_in
async def console_act(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    services = current_services()
    operator, form = form_of(services, req)
    request = await find_request(services, req.route_params.get("id"), operator.reach)
    act = one(form, "act")
    if act == "retry":
        return await _retry(services, client, request, operator)
    if act == "remind":
        return redirect(f"/console/requests/{request.id}?notice={await _remind(services, request)}")
    if act in {"approvals", "callbacks", "mails"}:
        return redirect(
            f"/console/requests/{request.id}?notice={await _again(services, client, request, act, operator)}"
        )
    if act != "cancel" or request.status.ended:
        return redirect(f"/console/requests/{request.id}?notice=ended")
    waiting = request.status is RequestStatus.AWAITING_APPROVAL
    if await services.requests.cancel(request.id, operator.mail, services.now()):
        await services.audits.append(request.id, services.now(), operator.mail, "cancelAccepted", once="cancelAccepted")
    await wake(client, request.id)
    return redirect(f"/console/requests/{request.id}?notice={'withdrawn' if waiting else 'cancelled'}")


async def _remind(services: Services, request: ResetRequest) -> str:
    if request.status is not RequestStatus.AWAITING_APPROVAL:
        return "notWaiting"
    if not _reminders.allow(request.id, 1, services.now()):
        return "remindedRecently"
    mails = max((entry.mails for entry in request.approval.approvers), default=0)
    await notify_approvers(services, request.id, reminder=max(mails, 1), last=True)
    return "reminded"


async def _again(
    services: Services, client: df.DurableFunctionsClient, request: ResetRequest, what: str, operator: Operator
) -> str:
    """Sends again what did not get through."""
    try:
        if what == "callbacks":
            await callbacks_again(services, client, request)
        elif what == "mails":
            await mails_again(services, client, request, operator.mail)
        elif chosen := await approvers_left(services, request):
            await approvals_again(services, client, request, chosen, operator.mail)
        else:
            return "nothingToSend"
    except ConflictError:
        return "nothingToSend"
    return "sentAgain"


async def _retry(
    services: Services, client: df.DurableFunctionsClient, request: ResetRequest, operator: Operator
) -> func.HttpResponse:
    """A new request for what did not end well, asked for by whoever pressed the button."""
    try:
        body, earlier = await retry_body(services, request)
    except ConflictError:
        notice = "nothingToRetry" if request.status.ended else "notEnded"
        return redirect(f"/console/requests/{request.id}?notice={notice}")
    asked = read_request(body | {"requester": operator.mail}, services.policy, operator.reach)
    new, _ = await accept(
        services,
        client,
        asked,
        source=CONSOLE,
        key=None,
        raw=b"",
        retry_of=request.id,
        earlier=earlier,
        caller=operator.caller,
    )
    totals = await services.targets.totals(request.id)
    stands = display_status(request, [], services.now(), cancelled=False, totals=totals)
    notice = "askedAgain" if ended_untouched(request, stands) else "retried"
    return redirect(f"/console/requests/{new.id}?notice={notice}")
