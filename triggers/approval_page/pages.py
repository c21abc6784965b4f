"""Render the approver's pages: the request to decide on, its state, and why nothing was decided."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from copy import replace
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func

from domain.access import approval_links, attestation_links
from domain.access.approval_links import issue_nonce, link_path
from domain.errors import RefusedKind
from domain.text import clean_lines
from records.errors import RecordsError
from services import Services, current_services
from triggers.http.authorization import PRINCIPAL
from triggers.http.bodies import count_without_length
from triggers.http.forms import Form, FormError, first_value
from triggers.http.language import asked_language, in_readers_language, language_cookie
from triggers.http.parameters import page_number, selected_numbers
from triggers.http.refusals import slow_down, trace_refusal
from use_cases.approval_view import refused_for, totals_for, view_for
from use_cases.decide_approval import LocatedApproval, closed_reason
from use_cases.left_out_users import left_out_names
from use_cases.related_requests import related_names
from web.pages import page_headers, render
from web.presenters import state_view
from web.views import PageLink, ProblemView

_log = logging.getLogger("mfareset.approvals")

MAX_COMMENT = 1000


class RefusedError(Exception):
    """Nothing was decided; `code` names the page that says why (web.labels), `sign_in` is an address to sign in at.

    `challenge` is the value of WWW-Authenticate, "" for none.
    """

    def __init__(self, status: int, code: str, sign_in: str = "", challenge: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.sign_in, self.challenge = status, code, sign_in, challenge


def error_pages[**P](handler: Callable[P, Awaitable[func.HttpResponse]]) -> Callable[P, Awaitable[func.HttpResponse]]:
    """Wrap a handler so that errors become pages."""

    @in_readers_language
    @wraps(handler)
    async def respond(*args: P.args, **kwargs: P.kwargs) -> func.HttpResponse:
        try:
            return await handler(*args, **kwargs)
        except RefusedError as refused:
            req = _request_of(args, kwargs)
            return _problem(await _traced(refused, req, handler.__name__), req)
        except FormError as error:
            if error.reason == "lengthRequired":
                count_without_length(handler.__name__)
            code = "badLink" if error.reason == "unreadable" else error.reason
            form, req = RefusedError(error.status, code), _request_of(args, kwargs)
            return _problem(await _traced(form, req, handler.__name__), req)
        except RecordsError as error:
            _log.warning("the records are unavailable: %s", error.reason)
            return _problem(RefusedError(503, "unavailable"), _request_of(args, kwargs))

    return respond


# With these the link leads nowhere else.
_LINK_IS_NO_USE = frozenset({"badLink", "notYours"})
_APPROVALS = "/console/approvals"


def _has_console(services: Services) -> bool:
    """Return whether somebody can sign in to the console here."""
    return services.settings.signs_in or bool(services.settings.console_test_sign_in)


_KINDS: Mapping[str, RefusedKind] = {
    "badLink": "link",
    "notYours": "role",
    "signInNeeded": "principal",
    "wrongNonce": "nonce",
    "wrongOrigin": "origin",
}


def _request_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> func.HttpRequest:
    req: func.HttpRequest = kwargs.get("req") or args[0]
    return req


async def _traced(refused: RefusedError, req: func.HttpRequest, endpoint: str) -> RefusedError:
    """Return what was refused, or that it was too much, once it is traced and its answer was held back."""
    kind = _KINDS.get(refused.code)
    if kind is None or (kind == "principal" and not req.headers.get(PRINCIPAL)):  # the way to the sign-in
        return refused
    trace_refusal(kind, refused.code, endpoint)
    return refused if await slow_down(current_services(), req, token_of(req)) else RefusedError(429, "unavailable")


async def approval_response(
    services: Services, req: func.HttpRequest, located: LocatedApproval, form: Form, account: str, error: str = ""
) -> func.HttpResponse:
    """Return the page to decide on, or the request's state where the link decides nothing any more.

    `form` keeps what was entered; `account` is the signed-in one, which the form is bound to; `error` is the code of what
    is missing (web.labels).
    """
    closed = await closed_reason(services, located)
    if closed is not None:
        return await state_response(services, req, located, closed, 200 if req.method in {"GET", "HEAD"} else 409)
    view = replace(
        await view_for(services, located.request, located.entry, page_number(req, 6), ticked=selected_numbers(form)),
        address=link_path(token_of(req)),
        hidden=(("nonce", issue_nonce(services.settings.approval_keys, token_of(req), services.now(), account)),),
        left_out=selected_numbers(form),
        comment=clean_lines(first_value(form, "comment"), MAX_COMMENT),
        error=error,
    )
    return page_response("approval.html", view, req, 400 if error else 200, scripted=True)


async def state_response(
    services: Services, req: func.HttpRequest, located: LocatedApproval, notice: str, status: int
) -> func.HttpResponse:
    """Return the page with the request's state as it is now; `notice` is a code of web.labels."""
    request = await services.requests.get(located.request.id)
    if request is None:
        raise RefusedError(404, "badLink")
    decisions, cancelled = await services.requests.decisions(request.id), await services.requests.cancelled(request.id)
    view = state_view(
        services.policy,
        request,
        located.entry,
        await totals_for(services, request, located.entry),
        decisions,
        services.now(),
        notice,
        cancelled=cancelled is not None,
        names=await left_out_names(services, request, decisions),
        refused=await refused_for(services, request, located.entry),
        related=await related_names(services, request, frozenset(located.entry.customers)),
    )
    approvals = _APPROVALS if _has_console(services) else ""
    view = replace(view, address=link_path(token_of(req)), approvals_page=approvals)
    return page_response("approval_state.html", view, req, status)


def token_of(req: func.HttpRequest) -> str:
    """Return the token of the link: of its query, or of its path in mails sent before it moved there."""
    return req.params.get("token") or req.route_params.get("token") or ""


def _problem(refused: RefusedError, req: func.HttpRequest) -> func.HttpResponse:
    """Return the page that says why, with a way on: the page itself where its link is good, else what waits for the person."""
    services = current_services()
    is_manager = _is_managers(req)
    lost = refused.code in _LINK_IS_NO_USE
    link = attestation_links.link_path if is_manager else link_path
    view = ProblemView(
        refused.code,
        sign_in=refused.sign_in,
        again="" if lost or refused.sign_in else link(token_of(req)),
        approvals=_APPROVALS if not is_manager and lost and _has_console(services) else "",
        contact=services.policy.notices.contact if is_manager else "",
    )
    page = page_response("problem.html", view, req, refused.status)
    if refused.challenge:
        page.headers["WWW-Authenticate"] = refused.challenge
    return page


def page_response(
    template: str, view: object, req: func.HttpRequest, status: int, *, scripted: bool = False
) -> func.HttpResponse:
    """Return a page that a link in a mail leads to; a language that its address names is kept for the person's next pages."""
    path = attestation_links.PATH if _is_managers(req) else approval_links.PATH
    html = render(template, view=view, link=PageLink(path, token_of(req)))
    headers = page_headers(scripted=scripted)
    if language := asked_language(req):
        headers["Set-Cookie"] = language_cookie(current_services(), language)
    return func.HttpResponse(html, status_code=status, headers=headers, mimetype="text/html")


def _is_managers(req: func.HttpRequest) -> bool:
    return urlsplit(str(req.url)).path == attestation_links.PATH
