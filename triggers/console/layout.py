"""What every page of the console has: who is signed in, the chosen customers, the form's nonce, and pages for what goes wrong."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import azure.functions as func

from domain.access.console_session import form_nonce, is_form_nonce
from domain.errors import InvalidInputError, NotFoundError, Problem
from domain.policy.model import Role
from graph.errors import GraphError
from records.errors import RecordsError
from services import Services, current_services
from triggers.console.operators import (
    NotOperatorError,
    Operator,
    SignInNeededError,
    cookie,
    operator_of,
    test_identities,
)
from triggers.http.authorization import OPERATORS, SIGN_IN
from web.console import console_headers, render

_log = logging.getLogger("mfareset.console")

CUSTOMERS_COOKIE = "mfareset-customers"
_MOST_FORM_BYTES = 1024 * 1024  # 10,000 users, each with customer and object id
_MOST_FIELDS = 12_000


class Link(NamedTuple):
    text: str
    to: str


_START = Link("To the console", "/console")
_OPEN = Link("To what is open to you", "/console")


class RefusedError(Exception):
    """A page that says why nothing was done; `code` is one of words_console.PROBLEM."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.reason = status, code


class Frame(NamedTuple):
    """What the layout shows around every page."""

    operator: Operator
    customers: tuple[tuple[str, str], ...]  # key and name of all
    chosen: tuple[str, ...]  # keys; all of them where nobody chose
    all_chosen: bool
    here: str  # path and query, to come back to
    nonce: str
    at: datetime
    test_sign_in: bool

    @property
    def names(self) -> dict[str, str]:
        return dict(self.customers)


def signed_in[**P](door: Callable[P, Awaitable[func.HttpResponse]]) -> Callable[P, Awaitable[func.HttpResponse]]:
    """Sends strangers to the sign-in, and turns what goes wrong into a page."""

    @wraps(door)
    async def answered(*args: P.args, **kwargs: P.kwargs) -> func.HttpResponse:
        req: Any = kwargs.get("req") or args[0]
        try:
            return await door(*args, **kwargs)
        except SignInNeededError:
            if not test_identities(current_services()):
                return _nobody(current_services(), req)
            return redirect(
                f"/console/sign-in?return={quote(here(req) if req.method == 'GET' else '/console', safe='')}"
            )
        except NotOperatorError as error:
            return problem_page(403, error.reason, _OPEN if _something_open(current_services(), req) else None)
        except RefusedError as refused:
            return problem_page(refused.status, refused.reason)
        except NotFoundError:
            return problem_page(404, "notFound")
        except InvalidInputError:
            return problem_page(400, "badInput")
        except (Problem, RecordsError, GraphError) as error:
            _log.warning("a page could not be shown: %s", error.reason)
            return problem_page(503, "unavailable")

    return answered


def frame(services: Services, req: func.HttpRequest, roles: tuple[Role, ...] = OPERATORS) -> Frame:
    """The frame for whoever calls; raises SignInNeededError and NotOperatorError."""
    operator = operator_of(services, req, roles)
    reach = operator.reach
    known = {key: customer for key, customer in services.policy.customers.items() if reach is None or key in reach}
    wanted = [key for key in cookie(req, CUSTOMERS_COOKIE).split(".") if key in known]
    return Frame(
        operator=operator,
        customers=tuple((key, customer.name or key) for key, customer in known.items()),
        chosen=tuple(dict.fromkeys(wanted)) or tuple(known),
        all_chosen=not wanted or set(wanted) == set(known),
        here=here(req),
        nonce=form_nonce(services.settings.approval_keys, operator.mail, services.now()),
        at=services.now(),
        test_sign_in=bool(test_identities(services)),
    )


def form_of(
    services: Services, req: func.HttpRequest, roles: tuple[Role, ...] = OPERATORS
) -> tuple[Operator, dict[str, list[str]]]:
    """Who posts and what. Refuses forms of other sites (Origin) and forms that are not of this person's page (nonce)."""
    check_origin(services, req)
    operator = operator_of(services, req, roles)
    form = read_form(req)
    if not is_form_nonce(services.settings.approval_keys, operator.mail, one(form, "nonce"), services.now()):
        raise RefusedError(403, "wrongNonce")
    return operator, form


def check_origin(services: Services, req: func.HttpRequest) -> None:
    allowed = {_origin_of(services.settings.public_base_url), _origin_of(req.url)}
    if req.headers.get("Origin", "") not in allowed:
        raise RefusedError(403, "wrongOrigin")


def read_form(req: func.HttpRequest) -> dict[str, list[str]]:
    body = req.get_body()
    if len(body) > _MOST_FORM_BYTES:
        raise RefusedError(413, "tooLarge")
    try:
        return parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise RefusedError(400, "badInput") from None


def one(form: Mapping[str, list[str]], name: str) -> str:
    values = form.get(name)
    return values[0] if values else ""


def show(template: str, status: int = 200, headers: Mapping[str, str] | None = None, **view: Any) -> func.HttpResponse:
    page = render(template, **view)
    return func.HttpResponse(
        page, status_code=status, headers=console_headers() | dict(headers or {}), mimetype="text/html"
    )


def problem_page(status: int, code: str, link: Link | None = _START) -> func.HttpResponse:
    """Without a `link` where all there is would lead back to the same page."""
    return show("problem.html", status, code=code, link=link)


def _nobody(services: Services, req: func.HttpRequest) -> func.HttpResponse:
    """Nobody is signed in, and App Service signs people in or nobody does."""
    if not services.settings.signs_in:
        return problem_page(401, "noSignIn", None)
    back = here(req) if req.method == "GET" else "/console"
    return problem_page(401, "notSignedIn", Link("Sign in", f"{SIGN_IN}{quote(back, safe='')}"))


def _something_open(services: Services, req: func.HttpRequest) -> bool:
    """Whether the start page leads this person anywhere."""
    try:
        operator_of(services, req, ())
    except NotOperatorError:
        return False
    return True


def redirect(to: str, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """After a form: the browser gets the page, so that a reload sends nothing again."""
    return func.HttpResponse(
        "", status_code=303, headers={"Location": to, "Cache-Control": "no-store"} | dict(headers or {})
    )


def here(req: func.HttpRequest) -> str:
    parts = urlsplit(str(req.url))
    return parts.path + (f"?{parts.query}" if parts.query else "")


def local_path(text: str) -> str:
    """`text` where it is an address of the console, its start page otherwise: nobody is sent to another site."""
    good = text.startswith("/console") and "\\" not in text and text.isprintable() and not urlsplit(text).netloc
    return text if good else "/console/users"


def set_cookie(services: Services, name: str, value: str, *, seconds: int) -> str:
    secure = "; Secure" if services.settings.public_base_url.startswith("https:") else ""
    return f"{name}={value}; Path=/console; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
