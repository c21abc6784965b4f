"""Endpoints of the approver's page. The link locates and does not decide: GET changes nothing, POST decides, once."""

import azure.functions as func

import durable
from domain.access.approval_links import check_nonce
from domain.text import clean_lines
from services import Services, current_services
from triggers.approval_page.approver import account_of, located_for, principal_of, token_of
from triggers.approval_page.pages import (
    MAX_COMMENT,
    RefusedError,
    approval_response,
    error_pages,
    state_response,
)
from triggers.http.forms import Form, check_origin, first_value, read_form
from triggers.http.parameters import selected_numbers
from use_cases.decide_approval import Choice, IncompleteChoiceError, closed_reason
from use_cases.decide_approval import decide_approval as record_decision

app = durable.Blueprint()

_MAX_BYTES = 256 * 1024  # 10,000 selected users and a comment
_MAX_FIELDS = 20_000


@app.route("api/approvals", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@error_pages
async def show_approval(req: func.HttpRequest) -> func.HttpResponse:
    return await _show(req)


@app.route("api/approvals", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@error_pages
async def decide_approval(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    return await _decide(req, client)


# Links in mails that were sent before the token moved from the path to the query. The page's form posts to the new address.
@app.route("api/approvals/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@error_pages
async def show_approval_of_old_link(req: func.HttpRequest) -> func.HttpResponse:
    return await _show(req)


@app.route("api/approvals/{token}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@error_pages
async def decide_approval_of_old_link(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    return await _decide(req, client)


async def _show(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    return await approval_response(services, req, await located_for(services, req), {}, await account_of(services, req))


async def _decide(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    check_origin(services, req)
    located = await located_for(services, req, decides=True)
    form = read_form(req, max_bytes=_MAX_BYTES, max_fields=_MAX_FIELDS)
    if await closed_reason(services, located) is not None:  # the page decides nothing any more, so it needs no nonce
        return await approval_response(services, req, located, {}, await account_of(services, req))
    await _check_nonce(services, req, form)
    if not first_value(form, "decision"):  # another page of a long list of users
        return await approval_response(services, req, located, form, await account_of(services, req))
    try:
        result = await record_decision(services, client, located, await _choice(services, req, form))
    except IncompleteChoiceError as error:
        return await approval_response(services, req, located, form, await account_of(services, req), error.reason)
    return await state_response(services, req, located, result.notice, 200 if result.recorded else 409)


async def _choice(services: Services, req: func.HttpRequest, form: Form) -> Choice:
    person = await principal_of(services, req)
    return Choice(
        decision=first_value(form, "decision"),
        comment=clean_lines(first_value(form, "comment"), MAX_COMMENT),
        left_out=selected_numbers(form),
        signed_in_as=person.identity if person else "",
    )


async def _check_nonce(services: Services, req: func.HttpRequest, form: Form) -> None:
    """Raise RefusedError unless the form has the nonce of the page that it was on."""
    ring, nonce = services.settings.approval_keys, first_value(form, "nonce")
    if not check_nonce(ring, token_of(req), nonce, services.now(), await account_of(services, req)):
        raise RefusedError(403, "wrongNonce")
