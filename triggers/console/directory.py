"""Pages of the console: users, one user, authentication methods; live from Graph for the chosen customers."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode

import azure.functions as func

from domain.api.options import options_of
from domain.errors import InvalidInputError, NotFoundError
from domain.methods import MethodType
from graph.errors import GraphError
from graph.users import is_object_id
from languages import Message
from services import Services, current_services
from triggers.api.directory import query_of
from triggers.console.layout import Frame, frame, html_page, redirect, require_sign_in
from triggers.console.selection import offered
from triggers.console.user_facts import Facts, facts_of_page
from triggers.http.parameters import page_number, parse_unsigned
from use_cases.directory_rows import unread
from use_cases.read_methods import read_methods
from use_cases.read_request import is_within
from use_cases.read_users import find_user, read_console_users, read_user
from web.presenters import leaves_sessions_open

USERS_ON_PAGE = 50

app = func.Blueprint()  # type: ignore[no-untyped-call]

# Seconds that an update of a list waits for customers that are still being read.
_UPDATE_PATIENCE = 1.0
# Requests searched for those of one user: the page shows recent ones, not an archive.
_RECENT = 50
_FILTERS = (
    "search",
    "customer",
    "enabled",
    "guest",
    "privileged",
    "registered",
    "sort",
    "type",
    "olderThanDays",
    "onlyPhone",
)


# Of the users page without scripts: read what is known of each row with the page.
_FACTS = "facts"


class Listing(NamedTuple):
    """The parameters of a list, to keep them in links: `parameters` are those that are set."""

    path: str
    parameters: Mapping[str, str]
    page: int

    def link(self, **changes: str) -> str:
        """Return the address of this list with some parameters changed."""
        kept = {name: value for name, value in (dict(self.parameters) | changes).items() if value}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")

    @property
    def filtered(self) -> bool:
        return any(self.parameters.get(name) for name in _FILTERS if name != "sort")

    @property
    def fields_set(self) -> bool:
        """Whether any of the fields beside the search is set."""
        return any(self.parameters.get(name) for name in _FILTERS if name != "search")


@app.route("console/users", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_users(req: func.HttpRequest) -> func.HttpResponse:
    return await _users(req, current_services().list_patience)


@app.route("console/users/live", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_users_live(req: func.HttpRequest) -> func.HttpResponse:
    """Show the same page of users again, without what is around it, as more customers are read."""
    return await _users(req, max(_UPDATE_PATIENCE, current_services().list_patience), update=True)


async def _users(req: func.HttpRequest, patience: float, *, update: bool = False) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req)
    listing = _listing(req, "/console/users")
    customers = _customers(around, listing)
    cursor = req.params.get("cursor", "")
    anew = "anew" in req.params and not update
    listed = await read_console_users(
        services, customers, query_of(req), cursor, USERS_ON_PAGE, patience=patience, anew=anew
    )
    facts: Facts = {}
    if listing.get(_FACTS):
        facts = await facts_of_page(services, around.operator, [(user.customer, user.id) for user in listed.page.value])
    here = listing.link(cursor=cursor, page=str(listing.page) if cursor else "")
    return html_page(
        "users.html",
        frame=around._replace(here=here),  # a form that leads back does not ask for another read
        active="users",
        update=update,
        listing=listing,
        listed=listed,
        shown=listed.page,
        options=offered(services, around),
        resettable={key for key in around.chosen if options_of(services.policy, [key]).actions},
        facts=facts,
        with_facts=listing.link(facts="1", cursor=cursor, page=str(listing.page) if cursor else ""),
    )


@app.route("console/users/{customer}/{user}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_user(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req)
    customer = services.policy.find_customer(req.route_params.get("customer", ""))
    if customer is None or customer not in dict(around.customers):
        raise NotFoundError(Message("There is no such customer."))
    tab = "methods" if req.params.get("tab") == "methods" else "summary"
    text = req.route_params.get("user", "")[:320]
    try:
        if not is_object_id(text) and (found := await find_user(services, customer, text)).id != text:
            # The address that stays in histories and logs names nobody.
            return redirect(f"/console/users/{customer}/{quote(found.id, safe='')}?tab={tab}")
        user = await read_user(services, customer, text)
    except GraphError as error:
        return html_page("user_away.html", 503, frame=around, active="users", away=unread(customer, error))
    return html_page(
        "user.html",
        frame=around,
        active="users",
        user=user,
        tab=tab,
        past=await _past_requests(services, around.operator.reach, customer, user.id),
        options=options_of(services.policy, [customer]),
    )


@app.route("console/methods", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_methods(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    around = await frame(services, req)
    listing = _listing(req, "/console/methods")
    customers = _customers(around, listing)
    kind, age = listing.get("type"), listing.get("olderThanDays")
    try:
        kinds = frozenset({MethodType(kind)} if kind else ())
    except ValueError:
        raise InvalidInputError(Message("type is not known.")) from None
    shown = await read_methods(
        services,
        customers,
        query_of(req),
        req.params.get("cursor", ""),
        kinds=kinds,
        older_than_days=parse_unsigned(age, 5),
        only_phone=listing.get("onlyPhone") == "true",
        kept=True,
        anew="anew" in req.params,
    )
    return html_page(
        "methods.html",
        frame=around,
        active="methods",
        listing=listing,
        shown=shown,
        kinds=[kind.value for kind in MethodType],
        options=offered(services, around),
    )


def _listing(req: func.HttpRequest, path: str) -> Listing:
    parameters = {name: req.params[name] for name in (*_FILTERS, _FACTS) if req.params.get(name)}
    return Listing(path, parameters, page_number(req, 5))


def _customers(around: Frame, listing: Listing) -> list[str]:
    """Return the chosen customers, or the one that the list is filtered by."""
    wanted = listing.get("customer")
    return [wanted] if wanted in around.chosen else list(around.chosen)


async def _past_requests(
    services: Services, reach: frozenset[str] | None, customer: str, user_id: str
) -> list[dict[str, object]]:
    """Return the latest requests that this user was a target of, those wholly within `reach`."""
    requests, _ = await services.requests.newest(limit=_RECENT)
    found: list[dict[str, object]] = []
    for request in requests:
        if request.dry_run or customer not in request.customers or not is_within(request, reach):
            continue
        for key, first, count in request.ranges:
            if key != customer or count > 1000:
                continue
            kept = await services.targets.range(request.id, first, count)
            found += [
                {"request": request, "target": k.target, "open_sessions": leaves_sessions_open(k.target)}
                for k in kept
                if k.target.user_id == user_id
            ]
    return found
