"""Doors of the console that every page needs: the start, the sign-in on one machine, the choice of customers, static files."""

import azure.functions as func

from domain.access.console_session import LIFETIME, form_nonce, is_form_nonce, session_for
from services import current_services
from triggers.console.layout import (
    CUSTOMERS_COOKIE,
    RefusedError,
    check_origin,
    form_of,
    local_path,
    one,
    read_form,
    redirect,
    set_cookie,
    show,
    signed_in,
)
from triggers.console.operators import COOKIE, operator_of, test_identities
from web.console import static_files, static_headers, version

app = func.Blueprint()  # type: ignore[no-untyped-call]

_YEAR = 365 * 24 * 3600
# Browsers keep cookies of 4 KiB.
_MOST_COOKIE = 3500


@app.route("console", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_start(req: func.HttpRequest) -> func.HttpResponse:
    who = operator_of(current_services(), req, ())
    return redirect("/console/users" if who.operates else "/console/audit" if who.audits else "/console/approvals")


@app.route("console/sign-in", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_sign_in(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    identities = test_identities(services)
    if not identities:
        raise RefusedError(404, "notFound")
    nonce = form_nonce(services.settings.approval_keys, "", services.now())
    back = local_path(req.params.get("return", ""))
    return show("sign_in.html", identities=identities, nonce=nonce, back=back)


@app.route("console/sign-in", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_signed_in(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    check_origin(services, req)
    form = read_form(req)
    mail = one(form, "identity")
    if mail not in test_identities(services) or not is_form_nonce(
        services.settings.approval_keys, "", one(form, "nonce"), services.now()
    ):
        raise RefusedError(403, "wrongNonce")
    session = session_for(services.settings.approval_keys, mail, services.now())
    seconds = int(LIFETIME.total_seconds())
    return redirect(
        local_path(one(form, "return")), {"Set-Cookie": set_cookie(services, COOKIE, session, seconds=seconds)}
    )


@app.route("console/sign-out", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_sign_out(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    form_of(services, req, ())
    return redirect("/console/sign-in", {"Set-Cookie": set_cookie(services, COOKIE, "", seconds=0)})


@app.route("console/customers", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@signed_in
async def console_customers(req: func.HttpRequest) -> func.HttpResponse:
    """Remembers the chosen customers. Choosing all, or more than a cookie holds, is choosing all."""
    services = current_services()
    _, form = form_of(services, req, ())
    chosen = [key for key in services.policy.customers if key in set(form.get("customer", []))]
    if not chosen:
        raise RefusedError(400, "noCustomer")
    value = "" if len(chosen) == len(services.policy.customers) else ".".join(chosen)
    value = value if len(value) <= _MOST_COOKIE else ""
    return redirect(
        local_path(one(form, "return")), {"Set-Cookie": set_cookie(services, CUSTOMERS_COOKIE, value, seconds=_YEAR)}
    )


@app.route("console/static/{version}/{name}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def console_static(req: func.HttpRequest) -> func.HttpResponse:
    file = static_files().get(str(req.route_params.get("name")))
    if file is None:
        return func.HttpResponse("", status_code=404)
    headers = static_headers(file.media_type, current=req.route_params.get("version") == version())
    return func.HttpResponse(file.content, headers=headers, mimetype=file.media_type)
