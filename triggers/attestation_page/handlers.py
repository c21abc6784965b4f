"""Endpoints of the manager's page. As on the approver's: the link locates, GET changes nothing, POST answers, once."""

from dataclasses import replace

import azure.functions as func

import durable
from domain.access.approval_links import check_nonce, issue_nonce
from domain.access.attestation_links import link_path
from domain.access.callers import Principal
from domain.bootstrap.access_pass import AccessPassMade
from domain.errors import AccessPassProblem, NotAllowedError
from domain.verification.evidence import EvidenceRefusedError
from services import Services, current_services
from triggers.approval_page.approver import principal_of, stronger_sign_in, token_of
from triggers.approval_page.pages import RefusedError, error_pages, page_response
from triggers.http.forms import Form, check_origin, first_value, read_form
from use_cases.attestations import LocatedAttestation, attest, attestation_view, deny, locate_attestation, show_pass
from use_cases.decide_approval import NotAllowedToDecideError
from use_cases.sign_out import is_signed_out

app = durable.Blueprint()

_MAX_BYTES = 16 * 1024
_STATUS = {"badLink": 404, "notYours": 403}


@app.route("api/attestations", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@error_pages
async def show_attestation(req: func.HttpRequest) -> func.HttpResponse:
    services = current_services()
    located, person = await _located_for(services, req)
    return _page(services, req, located, person)


@app.route("api/attestations", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
@error_pages
async def answer_attestation(req: func.HttpRequest, client: durable.Client) -> func.HttpResponse:
    services = current_services()
    check_origin(services, req)
    located, person = await _located_for(services, req)
    form = read_form(req, max_bytes=_MAX_BYTES, max_fields=20)
    view = attestation_view(services, located.request, located.target, located.invitation.name)
    if first_value(form, "answer") == "accessPass":
        if view.standing != "ready":  # nothing is shown any more, or yet, so it needs no nonce
            return _page(services, req, located, person, status=409)
        _check_nonce(services, req, form, person)
        return await _show_pass(services, req, located, person)
    if view.state != "waiting":  # nothing is answered any more, so it needs no nonce
        return _page(services, req, located, person, status=409)
    _check_nonce(services, req, form, person)
    answer = first_value(form, "answer")
    if answer not in {"spoken", "notTheUser"}:
        return _page(services, req, located, person, status=400, error="answerNeeded")
    try:
        if answer == "spoken":
            await attest(services, client, located, signed_in=person is not None)
        else:
            await deny(services, client, located)
    except EvidenceRefusedError as refused:
        if refused.reason != "notWaiting":
            raise RefusedError(403, "notYours") from None
        return _page(services, req, await _located(services, req), person, status=409)
    return _page(services, req, await _located(services, req), person)


async def _show_pass(
    services: Services, req: func.HttpRequest, located: LocatedAttestation, person: Principal | None
) -> func.HttpResponse:
    try:
        made = await show_pass(services, located)
    except NotAllowedError:
        raise RefusedError(403, "notYours") from None
    except AccessPassProblem as problem:
        now = await _located(services, req)
        return _page(services, req, now, person, status=problem.status, error=problem.reason)
    return _page(services, req, await _located(services, req), person, made=made)


async def _located_for(services: Services, req: func.HttpRequest) -> tuple[LocatedAttestation, Principal | None]:
    """Return what the link leads to and who is signed in, if they may answer. Raises: RefusedError."""
    located = await _located(services, req)
    person = await principal_of(services, req)
    if person is None:
        return located, None
    if await is_signed_out(services, person) or not person.sign_in.is_enough(services.policy.approval, services.now()):
        raise stronger_sign_in(services, req)
    if person.identity != located.invitation.account:
        raise RefusedError(403, "notYours")
    return located, person


async def _located(services: Services, req: func.HttpRequest) -> LocatedAttestation:
    try:
        return await locate_attestation(services, token_of(req))
    except NotAllowedToDecideError as error:
        raise RefusedError(_STATUS[error.reason], error.reason) from None


def _check_nonce(services: Services, req: func.HttpRequest, form: Form, person: Principal | None) -> None:
    ring, nonce = services.settings.approval_keys, first_value(form, "nonce")
    if not check_nonce(ring, token_of(req), nonce, services.now(), person.identity if person else ""):
        raise RefusedError(403, "wrongNonce")


def _page(
    services: Services,
    req: func.HttpRequest,
    located: LocatedAttestation,
    person: Principal | None,
    *,
    status: int = 200,
    error: str = "",
    made: AccessPassMade | None = None,
) -> func.HttpResponse:
    token = token_of(req)
    nonce = issue_nonce(services.settings.approval_keys, token, services.now(), person.identity if person else "")
    view = replace(
        attestation_view(services, located.request, located.target, located.invitation.name),
        address=link_path(token),
        hidden=(("nonce", nonce),),
        error=error,
        made=made,
    )
    return page_response("attestation.html", view, req, status)
