"""Pages of the console: the start page, and one search for everything."""

import azure.functions as func

from services import current_services
from triggers.console.layout import frame, html_page, redirect, require_sign_in
from use_cases.open_sessions import count_open_sessions
from use_cases.overview import SCANNED, exposed_users, read_overview
from use_cases.read_request import is_within
from use_cases.search_console import SHOWN, search_console

app = func.Blueprint()  # type: ignore[no-untyped-call]

_LONGEST = 200


@app.route("console/start", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_overview(req: func.HttpRequest) -> func.HttpResponse:
    """Show what needs the signed-in person first."""
    services = current_services()
    around = await frame(services, req, ())
    operator = around.operator
    reach = operator.reach if operator.audits else frozenset[str]()
    overview = await read_overview(services, reach, lambda entry: operator.decides_as(services, entry))
    return html_page(
        "overview.html",
        frame=around,
        active="start",
        overview=overview,
        sessions={request.id: users for request, users in overview.open_sessions} if operator.audits else {},
        exposed_users=exposed_users,
        scanned=SCANNED,
    )


@app.route("console/search", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_search(req: func.HttpRequest) -> func.HttpResponse:
    """Search tickets, requests, customers and users; the id of a request leads straight to it."""
    services = current_services()
    around = await frame(services, req, ())
    operator = around.operator
    text = req.params.get("q", "").strip()[:_LONGEST]
    known = await services.requests.get(text) if text.isascii() and text.replace("-", "").isalnum() else None
    if known is not None and operator.audits and is_within(known, operator.reach):
        return redirect(f"/console/requests/{known.id}")
    customers = around.names if operator.audits else {}
    found = await search_console(services, text, customers, users=operator.operates)
    open_sessions = await count_open_sessions(services, found.requests)
    return html_page(
        "search.html",
        frame=around,
        active="",
        text=text,
        found=found,
        sessions={each.id: users for each, users in zip(found.requests, open_sessions, strict=True)},
        shown=SHOWN,
    )
