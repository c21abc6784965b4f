"""Door: the approver's page. The link locates and does not decide: GET changes nothing, POST decides, once."""

import logging
from collections.abc import Awaitable, Callable
from copy import replace
from functools import wraps
from urllib.parse import parse_qs, quote, urlsplit

import azure.durable_functions as df
import azure.functions as func

from domain.access.approval_links import ApprovalLink, LinkError, check_nonce, issue_nonce, read
from domain.access.callers import Principal, PrincipalError, is_approver, read_principal
from domain.outcomes import RequestStatus
from domain.request.approval import still_decides
from domain.request.reset_request import Approver, Decision, ResetRequest
from domain.text import clean_lines
from records.errors import RecordsError
from services import Services, current_services
from triggers.http.authorization import PRINCIPAL, SIGN_IN
from triggers.http.parameters import page_number, selected_numbers
from use_cases.approval_verdict import audit_decision
from use_cases.approval_view import targets_for, view_for
from use_cases.orchestrations import wake
from web.pages import page_headers, render
from web.presenters import state_view
from web.views import ProblemView

app = df.Blueprint()

_log = logging.getLogger("mfareset.approvals")
_MOST_FORM_BYTES = 256 * 1024  # 10,000 ticked users and a comment
_COMMENT = 1000


class _Refused(Exception):  # noqa: N818 - it is an answer
    """A page that says why nothing was decided."""

    def __init__(self, status: int, code: str, sign_in: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.sign_in = status, code, sign_in


def _with_pages[**P](door: Callable[P, Awaitable[func.HttpResponse]]) -> Callable[P, Awaitable[func.HttpResponse]]:
    """Turns what stands in the way of a decision into a page that says so."""

    @wraps(door)
    async def answered(*args: P.args, **kwargs: P.kwargs) -> func.HttpResponse:
        try:
            return await door(*args, **kwargs)
        except _Refused as refused:
            return _problem(refused)
        except RecordsError as error:
            _log.warning("the records do not answer: %s", error.reason)
            return _problem(_Refused(503, "unavailable"))

    return answered


@app.route("api/approvals/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@_with_pages
async def show_approval(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    link, request, entry = await _located(services, req)
    return await _page(services, req, link, request, entry)


@app.route("api/approvals/{token}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@_with_pages
async def decide_approval(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    services = current_services()
    _check_origin(services, req)
    link, request, entry = await _located(services, req)
    form = _form(req)
    if await _closed(services, link, request, entry) is not None:
        return await _page(
            services, req, link, request, entry
        )  # decides nothing any more, so it needs no nonce to show that
    _check_nonce(services, req, form)
    decision = form.get("decision", [""])[0]
    if not decision:  # another page of a long list of users
        return await _page(services, req, link, request, entry, form)
    return await _decide(services, client, req, link, request, entry, form, decision)


async def _decide(
    services: Services,
    client: df.DurableFunctionsClient,
    req: func.HttpRequest,
    link: ApprovalLink,
    request: ResetRequest,
    entry: Approver,
    form: dict[str, list[str]],
    decision: str,
) -> func.HttpResponse:
    comment = clean_lines(form.get("comment", [""])[0], _COMMENT)
    without = sorted(selected_numbers(form))
    if decision not in {"approve", "deny"}:
        return await _page(services, req, link, request, entry, form, error="decisionNeeded")
    if decision == "deny" and not comment:
        return await _page(services, req, link, request, entry, form, error="commentNeeded")
    mine = {t.number for t in await targets_for(services, request, entry) if t.planned and not t.settled}
    if decision == "approve" and mine and mine <= set(without):
        return await _page(services, req, link, request, entry, form, error="noUserLeft")
    who = _signed_in(services, req)
    made = Decision(
        approver=entry.approver,
        decision="approve" if decision == "approve" else "deny",
        comment=comment,
        at=services.now(),
        plan_digest=link.plan_digest,
        signed_in_as=who.identity if who else "",
        without=[number for number in without if number in mine] if decision == "approve" else [],
    )
    first = await services.requests.decide(request.id, made)
    stands = made if first else await services.requests.decision_of(request.id, entry.approver)
    if stands is None:  # others decided the request meanwhile, or its time was up
        await wake(client, request.id)
        return await _state(services, request.id, entry, "tooLate", 409)
    # Whoever stops between the record and these calls is made up for by the waiting orchestration and the timer.
    await audit_decision(services, request.id, stands)
    await wake(client, request.id)
    if not first:
        return await _state(services, request.id, entry, "alreadyDecided", 409)
    return await _state(services, request.id, entry, {"approve": "approved", "deny": "denied"}[made.decision], 200)


async def _located(services: Services, req: func.HttpRequest) -> tuple[ApprovalLink, ResetRequest, Approver]:
    try:
        link = read(services.settings.approval_keys, _token(req))
    except LinkError as error:
        _log.warning("a link was not accepted: %s", error.reason)
        raise _Refused(404, "badLink") from None
    request = await services.requests.get(link.request_id)
    if request is None:
        raise _Refused(404, "badLink")
    entry = next((e for e in request.approval.approvers if e.approver == link.approver), None)
    if entry is None or not still_decides(services.policy, request, entry):
        raise _Refused(403, "notYours")
    if services.settings.signs_in:
        await _check_signed_in(services, req, request, entry)
    return link, request, entry


def _signed_in(services: Services, req: func.HttpRequest) -> Principal | None:
    """Who is signed in; None while App Service authentication is off: then the header is anybody's word."""
    if not services.settings.signs_in:
        return None
    try:
        return read_principal(req.headers.get(PRINCIPAL) or "")
    except PrincipalError:
        raise _Refused(401, "signInNeeded", f"{SIGN_IN}{quote(f'/api/approvals/{_token(req)}')}") from None


async def _check_signed_in(services: Services, req: func.HttpRequest, request: ResetRequest, entry: Approver) -> None:
    """The one who is signed in must be the approver, and neither have asked for the request nor be a target of it."""
    who = _signed_in(services, req)
    if who is None:
        return
    mine = is_approver(who, entry.approver, services.policy, services.settings.graph_home_tenant)
    asked = {request.requester.casefold(), request.requested_by.casefold()} & who.mails
    if not mine or asked or request.requested_by_id == who.identity:
        raise _Refused(403, "notYours")
    for target in await targets_for(services, request, entry):
        if (target.tenant_id, target.user_id) == (who.tenant_id, who.object_id):
            raise _Refused(403, "notYours")


async def _closed(services: Services, link: ApprovalLink, request: ResetRequest, entry: Approver) -> str | None:
    """Why this link decides nothing any more, None while it does."""
    if await services.requests.decision_of(request.id, entry.approver) is not None:
        return "alreadyDecided"
    if link.plan_digest != request.plan_digest:
        return "planChanged"
    if request.status is not RequestStatus.AWAITING_APPROVAL or request.approval.ends_as is not None:
        return "notPending"
    if await services.requests.cancelled(request.id) is not None:
        return "notPending"
    return "linkExpired" if link.expired(services.now()) else None


async def _page(
    services: Services,
    req: func.HttpRequest,
    link: ApprovalLink,
    request: ResetRequest,
    entry: Approver,
    form: dict[str, list[str]] | None = None,
    error: str = "",
) -> func.HttpResponse:
    closed = await _closed(services, link, request, entry)
    if closed is not None:
        return await _state(services, request.id, entry, closed, 200 if req.method in {"GET", "HEAD"} else 409)
    form = form or {}
    view = replace(
        await view_for(services, request, entry, page_number(req, 6)),
        hidden=(("nonce", issue_nonce(services.settings.approval_keys, _token(req), services.now())),),
        left_out=selected_numbers(form),
        comment=clean_lines(form.get("comment", [""])[0], _COMMENT),
        error=error,
    )
    return func.HttpResponse(
        render("approval.html", view=view),
        status_code=400 if error else 200,
        headers=page_headers(),
        mimetype="text/html",
    )


async def _state(services: Services, request_id: str, entry: Approver, notice: str, status: int) -> func.HttpResponse:
    request = await services.requests.get(request_id)
    if request is None:
        raise _Refused(404, "badLink")
    targets = await targets_for(services, request, entry)
    decisions, cancelled = await services.requests.decisions(request_id), await services.requests.cancelled(request_id)
    view = state_view(
        services.policy, request, entry, targets, decisions, services.now(), notice, cancelled=cancelled is not None
    )
    page = render("approval_state.html", view=view)
    return func.HttpResponse(page, status_code=status, headers=page_headers(), mimetype="text/html")


def _problem(refused: _Refused) -> func.HttpResponse:
    page = render("problem.html", view=ProblemView(refused.code, sign_in=refused.sign_in))
    return func.HttpResponse(page, status_code=refused.status, headers=page_headers(), mimetype="text/html")


def _token(req: func.HttpRequest) -> str:
    return str(req.route_params.get("token", ""))


def _check_origin(services: Services, req: func.HttpRequest) -> None:
    """A decision comes from our own page: browsers say so in Origin and no other page can make them say otherwise."""
    origin = req.headers.get("Origin", "")
    if origin not in {_origin_of(services.settings.public_base_url), _origin_of(req.url)}:
        raise _Refused(403, "wrongOrigin")


def _check_nonce(services: Services, req: func.HttpRequest, form: dict[str, list[str]]) -> None:
    """A decision brings the nonce of the page it was made on."""
    if not check_nonce(services.settings.approval_keys, _token(req), form.get("nonce", [""])[0], services.now()):
        raise _Refused(403, "wrongNonce")


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _form(req: func.HttpRequest) -> dict[str, list[str]]:
    body = req.get_body()
    if len(body) > _MOST_FORM_BYTES:
        raise _Refused(413, "tooLarge")
    try:
        return parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20_000)
    except ValueError:
        raise _Refused(400, "badLink") from None
