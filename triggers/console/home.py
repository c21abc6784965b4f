"""Endpoints of the console that every page needs: start, test sign-in, choice of customers, static files."""

from urllib.parse import quote

import azure.functions as func

from domain.access.console_session import LIFETIME, form_nonce, is_form_nonce, session_for
from domain.access.sign_in import STRENGTHS
from languages import known
from services import current_services
from triggers.console.console_forms import operators_form, own_form
from triggers.console.directory import USERS_ON_PAGE
from triggers.console.layout import (
    RefusedError,
    error_pages,
    html_page,
    local_path,
    redirect,
    require_sign_in,
)
from triggers.console.operators import COOKIE, operator_of, test_identities
from triggers.http.authorization import OPERATORS, SIGN_OUT
from triggers.http.cookies import cookie, set_cookie
from triggers.http.forms import first_value
from triggers.http.language import language_cookie
from use_cases.read_users import read_users_ahead
from use_cases.sign_out import sign_out
from web.console import static_files, static_headers, version

app = func.Blueprint()  # type: ignore[no-untyped-call]


# The host shows its own page at "/" unless a route takes the empty path. An empty route would be named after the function, so it is
# a parameter without a character (Azure/azure-functions-host, WebScriptHostHttpRoutesManager and HomepageMiddleware).
@app.route("{nothing:maxlength(0)?}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def console_root(req: func.HttpRequest) -> func.HttpResponse:
    """Lead to the console."""
    return redirect("/console")


@app.route("console/{*rest}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_unknown(req: func.HttpRequest) -> func.HttpResponse:
    """Answer an address that is no page's."""
    raise RefusedError(404, "notFound")


@app.route("console", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_start(req: func.HttpRequest) -> func.HttpResponse:
    operator_of(current_services(), req, ())
    return redirect("/console/start")


@app.route("console/sign-in", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@error_pages
async def console_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    identities = test_identities(services)
    if not identities:
        raise RefusedError(404, "notFound")
    nonce = form_nonce(services.settings.approval_keys, "", services.now())
    back = local_path(req.params.get("return", ""))
    return html_page("sign_in.html", identities=identities, nonce=nonce, back=back)


@app.route("console/sign-in", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@error_pages
async def console_signed_in(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    form = own_form(services, req)
    mail = first_value(form, "identity")
    if mail not in test_identities(services) or not is_form_nonce(
        services.settings.approval_keys, "", first_value(form, "nonce"), services.now()
    ):
        raise RefusedError(403, "wrongNonce")
    strength = next((known for known in STRENGTHS if known == first_value(form, "strength")), None)
    session = session_for(services.settings.approval_keys, mail, services.now(), strength)
    seconds = int(LIFETIME.total_seconds())
    return redirect(
        local_path(first_value(form, "return")),
        {"Set-Cookie": set_cookie(services, COOKIE, session, seconds=seconds, path="/")},
    )


@app.route("console/sign-out", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_sign_out(req: func.HttpRequest) -> func.HttpResponse:
    """End the session here, so that no copy of its cookie goes on, and in the browser."""
    services = current_services()
    operator, _ = operators_form(services, req, ())
    if operator.principal is not None:
        await sign_out(services, operator.principal.identity)
        return redirect(f"{SIGN_OUT}{quote('/console', safe='')}", {"Clear-Site-Data": '"cache", "storage"'})
    await sign_out(services, cookie(req, COOKIE))
    gone = {
        "Set-Cookie": set_cookie(services, COOKIE, "", seconds=0, path="/"),
        "Clear-Site-Data": '"cache", "storage"',
    }
    return redirect("/console/sign-in", gone)


@app.route("console/customers", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_customers(req: func.HttpRequest) -> func.HttpResponse:
    """Keep the chosen customers: exactly the ticked ones or, as a choice of its own, all of them."""
    services = current_services()
    operator, form = operators_form(services, req, ())
    ticked = set(form.get("customer", []))
    chosen = None if first_value(form, "all") else [key for key in services.policy.customers if key in ticked]
    if chosen == []:
        raise RefusedError(400, "noCustomer")
    await services.console_choices.choose_customers(operator.caller.identity, chosen, services.now())
    reach = operator.caller.reach(OPERATORS)  # none of those who may not list users
    shown = [key for key in services.policy.customers if chosen is None or key in ticked]
    read_users_ahead(services, [key for key in shown if reach is None or key in reach], USERS_ON_PAGE)
    return redirect(local_path(first_value(form, "return")))


@app.route("console/language", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@require_sign_in
async def console_language(req: func.HttpRequest) -> func.HttpResponse:
    """Keep the person's language in a cookie, for the console and the pages that links in mails lead to; or forget it."""
    services = current_services()
    _, form = operators_form(services, req, ())
    tag = known(first_value(form, "language"))
    return redirect(local_path(first_value(form, "return")), {"Set-Cookie": language_cookie(services, tag)})


@app.route("console/static/{version}/{name}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
async def console_static(req: func.HttpRequest) -> func.HttpResponse:
    file = static_files().get(str(req.route_params.get("name")))
    if file is None:
        return func.HttpResponse("", status_code=404)
    headers = static_headers(file.media_type, current=req.route_params.get("version") == version())
    return func.HttpResponse(file.content, headers=headers, mimetype=file.media_type)
