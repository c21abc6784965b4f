"""What every page of the console shares: the signed-in operator, the chosen customers, and pages for errors."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import azure.functions as func

from domain.access.console_session import form_nonce
from domain.console_choice import ChosenUser, ConsoleChoice
from domain.errors import InvalidInputError, LimitReachedError, NotFoundError, Problem, RefusedKind
from domain.policy.model import Role
from graph.errors import GraphError
from records.errors import RecordsError
from services import Services, current_services
from triggers.console.notices import standings_of
from triggers.console.operators import (
    COOKIE,
    NotOperatorError,
    Operator,
    SignInNeededError,
    check_session,
    operator_of,
    test_identities,
)
from triggers.http.authorization import OPERATORS, PRINCIPAL, SIGN_IN, SIGN_OUT
from triggers.http.bodies import count_without_length
from triggers.http.cookies import cookie, set_cookie
from triggers.http.forms import FormError
from triggers.http.language import chosen_language, in_readers_language
from triggers.http.refusals import slow_down, trace_refusal
from web.console import console_headers, render
from web.console_labels import ERROR, NOTICE

_log = logging.getLogger("mfareset.console")

# A notice is shown once, on the next page: it travels in a cookie that this page removes. Long enough for a slow page.
_NOTICE_COOKIE, _NOTICE_SECONDS = "mfareset-notice", 60


class Link(NamedTuple):
    """A way on from an error; `text` is a code of console_labels.WAY."""

    text: str
    to: str


_START = Link("start", "/console/start")
_AGAIN = Link("anotherAccount", f"{SIGN_OUT}{quote('/console', safe='')}")
# What was looked for and is not there, by the part of the console: the code of the page, and where to look on.
_MISSING: Mapping[str, tuple[str, Link]] = {
    "requests": ("noRequest", Link("requests", "/console/requests")),
    "users": ("noUser", Link("users", "/console/users")),
    "reviews": ("noReview", Link("users", "/console/users")),
}


class RefusedError(Exception):
    """Nothing was done; `code` names the page that says why (web.console_labels)."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.reason = status, code


class Frame(NamedTuple):
    """What the layout shows around the content of every page."""

    operator: Operator
    customers: tuple[tuple[str, str], ...]  # key and name of all
    chosen: tuple[str, ...]  # keys, in the order of the policy
    all_chosen: bool  # all customers, also those that are added later, and not merely each of them
    picked: tuple[ChosenUser, ...]  # the chosen users, by customer and name
    notice: str  # a code of console_labels.NOTICE or ERROR
    here: str  # path and query, to come back to
    nonce: str
    at: datetime
    test_sign_in: bool
    reconciles: bool  # customers' audit logs are read
    language: str  # that this person chose, "" where the browser's is used
    partner: bool = False  # partner relationships are read, and this person may see all customers

    @property
    def names(self) -> dict[str, str]:
        return dict(self.customers)

    @property
    def notice_while(self) -> tuple[str, ...]:
        """How a request may stand while the notice about it is so, none where it is so until the request moves on."""
        return standings_of(self.notice)

    @property
    def picks(self) -> dict[str, ChosenUser]:
        return {user.ref: user for user in self.picked}

    @property
    def picked_of(self) -> Mapping[str, int]:
        """How many users are chosen, by customer."""
        return Counter(user.customer for user in self.picked)

    @property
    def hidden_picks(self) -> tuple[ChosenUser, ...]:
        """The chosen users of customers that are not shown."""
        return tuple(user for user in self.picked if user.customer not in self.chosen)

    @property
    def hidden_customers(self) -> tuple[str, ...]:
        """Keys of customers that are not shown and have chosen users."""
        return tuple(dict.fromkeys(user.customer for user in self.hidden_picks))

    def with_choice(self, choice: ConsoleChoice) -> "Frame":
        """Return the frame for this choice of users."""
        return self._replace(picked=_picked(choice, self.names))


def require_sign_in[**P](
    handler: Callable[P, Awaitable[func.HttpResponse]],
) -> Callable[P, Awaitable[func.HttpResponse]]:
    """Wrap a page so that callers who are not signed in, or not any more, get to the sign-in, and errors become pages."""

    @error_pages
    @wraps(handler)
    async def respond(*args: P.args, **kwargs: P.kwargs) -> func.HttpResponse:
        req: Any = kwargs.get("req") or args[0]
        await check_session(current_services(), req)
        return await handler(*args, **kwargs)

    return respond


def error_pages[**P](
    handler: Callable[P, Awaitable[func.HttpResponse]],
) -> Callable[P, Awaitable[func.HttpResponse]]:
    """Wrap a page so that errors become pages, and callers who have to sign in get there."""

    @in_readers_language
    @wraps(handler)
    async def respond(*args: P.args, **kwargs: P.kwargs) -> func.HttpResponse:
        req: Any = kwargs.get("req") or args[0]
        try:
            return await _slowed(handler(*args, **kwargs), req, handler.__name__)
        except SignInNeededError:
            if not test_identities(current_services()):
                return await _sign_in_page(current_services(), req)
            return redirect(f"/console/sign-in?return={quote(here(req) if is_read(req) else '/console', safe='')}")
        except NotOperatorError as error:
            return await problem_page(req, 403, error.reason)
        except RefusedError as refused:
            return await problem_page(req, refused.status, refused.reason)
        except FormError as refused:
            if refused.reason == "lengthRequired":
                count_without_length(handler.__name__)
            return await problem_page(
                req, refused.status, "badInput" if refused.reason == "unreadable" else refused.reason
            )
        except (Problem, RecordsError, GraphError) as error:
            return await _page_of(error, req)

    return respond


async def _slowed(page: Awaitable[func.HttpResponse], req: func.HttpRequest, endpoint: str) -> func.HttpResponse:
    """Return the page. What it refuses is traced and held back before it is raised again; or answered 429, where it is too much."""
    try:
        return await page
    except (SignInNeededError, NotOperatorError, RefusedError, FormError) as error:
        kind = _REFUSED.get(error.reason)
        if kind is None or (kind == "principal" and not _has_credentials(req)):  # the way to the sign-in
            raise
        trace_refusal(kind, error.reason, endpoint)
        if await slow_down(current_services(), req):
            raise
        return await problem_page(req, 429, "unavailable")


_REFUSED: Mapping[str, RefusedKind] = {
    "signInNeeded": "principal",
    "notOperator": "role",
    "wrongNonce": "nonce",
    "wrongOrigin": "origin",
}


def _has_credentials(req: func.HttpRequest) -> bool:
    return bool(req.headers.get(PRINCIPAL) or cookie(req, COOKIE))


async def _page_of(error: Problem | RecordsError | GraphError, req: func.HttpRequest) -> func.HttpResponse:
    match error:
        case NotFoundError():
            part = urlsplit(str(req.url)).path.split("/")[2:3]
            code, link = _MISSING.get("".join(part), ("notFound", None))
            return await problem_page(req, 404, code, link)
        case InvalidInputError():
            return await problem_page(req, 400, "badInput")
        case LimitReachedError():
            return await problem_page(req, 429, error.reason)
        case _:
            _log.warning("a page could not be shown: %s", error.reason)
            return await problem_page(req, 503, "unavailable")


async def frame(services: Services, req: func.HttpRequest, roles: tuple[Role, ...] = OPERATORS) -> Frame:
    """Return the frame for the caller, with what they chose. Raises: SignInNeededError, NotOperatorError."""
    around = bare_frame(services, req, roles)
    choice = await services.console_choices.read(around.operator.caller.identity)
    some = choice.customers
    return around._replace(
        chosen=around.chosen if some is None else tuple(key for key in around.chosen if key in some),
        all_chosen=some is None,
        picked=_picked(choice, around.names),
        notice=_notice_in(req),
    )


def bare_frame(services: Services, req: func.HttpRequest, roles: tuple[Role, ...] = OPERATORS) -> Frame:
    """Return the frame without what the caller chose, for parts of a page that are asked for again and again.

    Raises: SignInNeededError, NotOperatorError.
    """
    operator = operator_of(services, req, roles)
    reach = operator.reach
    known = {key: customer for key, customer in services.policy.customers.items() if reach is None or key in reach}
    return Frame(
        operator=operator,
        customers=tuple((key, customer.name or key) for key, customer in known.items()),
        chosen=tuple(known),
        all_chosen=True,
        picked=(),
        notice="",
        here=here(req),
        nonce=form_nonce(services.settings.approval_keys, operator.caller.identity, services.now()),
        at=services.now(),
        test_sign_in=bool(test_identities(services)),
        reconciles=services.policy.reconciliation.enabled,
        language=chosen_language(req),
        partner=services.policy.partner.tenant_id is not None and sees_all(operator),
    )


def sees_all(operator: Operator) -> bool:
    """Return whether the person operates for all customers, and so may see those that are in no policy yet."""
    return operator.operates and operator.caller.reach(OPERATORS) is None


def _picked(choice: ConsoleChoice, names: Mapping[str, str]) -> tuple[ChosenUser, ...]:
    """Return the chosen users of the customers that this person may see, in the order of their names."""
    users = (user for user in choice.users.values() if user.customer in names)
    return tuple(sorted(users, key=lambda user: (names[user.customer].casefold(), user.name.casefold(), user.id)))


def _notice_in(req: func.HttpRequest) -> str:
    code = cookie(req, _NOTICE_COOKIE)
    return code if code in NOTICE or code in ERROR else ""


def html_page(
    template: str, status: int = 200, headers: Mapping[str, str] | None = None, **view: Any
) -> func.HttpResponse:
    """Return the page that a template makes of `view`."""
    body = render(template, **view)
    around = view.get("frame")
    seen = {}
    if isinstance(around, Frame) and around.notice:
        seen["Set-Cookie"] = set_cookie(current_services(), _NOTICE_COOKIE, "", seconds=0)
    return func.HttpResponse(
        body, status_code=status, headers=console_headers() | seen | dict(headers or {}), mimetype="text/html"
    )


async def problem_page(
    req: func.HttpRequest, status: int, code: str, link: Link | None = None, *, framed: bool = True
) -> func.HttpResponse:
    """Return an error page with a way on: in the console's frame for a person who is signed in and has any page there.

    `link` leads to what comes closest to what was looked for.
    """
    services = current_services()
    around = await _frame_or_none(services, req) if framed else None
    links = [link] if link else []
    if around is not None:
        back = _page_before(req)
        links += [Link("back", back)] if back and not is_read(req) else []
        links += [Link("again", here(req))] if status == 503 and is_read(req) else []
        links.append(_START)
    elif code == "notOperator":
        links += [_AGAIN] if services.settings.signs_in else []
    elif framed:
        links.append(_START)
    return html_page("problem.html", status, frame=around, active="problem", code=code, links=links)


async def _frame_or_none(services: Services, req: func.HttpRequest) -> Frame | None:
    """Return the frame for the caller; None for a caller whom no page of the console is open to, or who cannot be known now."""
    try:
        await check_session(services, req)
        return await frame(services, req, ())
    except (SignInNeededError, NotOperatorError, RecordsError):
        return None


def _page_before(req: func.HttpRequest) -> str:
    """Return the console's page that a form was sent from, "" where the browser does not say."""
    parts = urlsplit(req.headers.get("Referer") or "")
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if path.startswith("/console/") and path.isascii() and path.isprintable() and "\\" not in path else ""


async def _sign_in_page(services: Services, req: func.HttpRequest) -> func.HttpResponse:
    """Return the page for a caller who is not signed in: with a link to App Service's sign-in, where that is on."""
    if not services.settings.signs_in:
        return await problem_page(req, 401, "noSignIn", framed=False)
    back = here(req) if is_read(req) else "/console"
    link = Link("signIn", f"{SIGN_IN}{quote(back, safe='')}")
    return await problem_page(req, 401, "notSignedIn", link, framed=False)


def is_read(req: func.HttpRequest) -> bool:
    """Return whether the call asks for a page and sends no form."""
    return req.method in {"GET", "HEAD"}


def redirect(to: str, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """Redirect to another page; after a form, so that a reload sends nothing again."""
    return func.HttpResponse(
        "", status_code=303, headers={"Location": to, "Cache-Control": "no-store"} | dict(headers or {})
    )


def redirect_with_notice(services: Services, to: str, code: str) -> func.HttpResponse:
    """Redirect to another page, which shows the notice or error `code` once; "" shows none."""
    if not code:
        return redirect(to)
    return redirect(to, {"Set-Cookie": set_cookie(services, _NOTICE_COOKIE, code, seconds=_NOTICE_SECONDS)})


def here(req: func.HttpRequest) -> str:
    """Return the path and query of the page at hand."""
    parts = urlsplit(str(req.url))
    return parts.path + (f"?{parts.query}" if parts.query else "")


def local_path(text: str) -> str:
    """Return `text` where it is an address of the console, else the start page: a link must not lead to another site.

    Raises: RefusedError for what no address can be, a header among them.
    """
    if not text.isascii():
        raise RefusedError(400, "badInput")
    good = text.startswith("/console") and "\\" not in text and text.isprintable() and not urlsplit(text).netloc
    return text if good else "/console/start"
