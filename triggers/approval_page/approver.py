"""Identify the approver of a call: by the link, and by the signed-in person where App Service signs people in."""

from urllib.parse import quote

import azure.functions as func

from domain.access.approval_links import link_path
from domain.access.callers import Principal, PrincipalError, read_principal
from services import Services
from triggers.approval_page.pages import RefusedError, token_of
from triggers.http.authorization import PRINCIPAL, SIGN_IN
from use_cases.decide_approval import LocatedApproval, NotAllowedToDecideError, check_approver, locate_approval
from use_cases.sign_out import is_signed_out

__all__ = ["account_of", "located_for", "principal_of", "token_of"]

_STATUS = {"badLink": 404, "notYours": 403}


async def located_for(services: Services, req: func.HttpRequest) -> LocatedApproval:
    """Return what the link leads to, if the caller may decide on it. Raises: RefusedError."""
    try:
        located = await locate_approval(services, token_of(req))
        if (person := principal_of(services, req)) is not None:
            if await is_signed_out(services, person):
                raise _sign_in_needed(req)
            await check_approver(services, located, person)
    except NotAllowedToDecideError as error:
        raise RefusedError(_STATUS[error.reason], error.reason) from None
    return located


def principal_of(services: Services, req: func.HttpRequest) -> Principal | None:
    """Return who is signed in; None where App Service authentication is off, because anybody can send the header then.

    Raises: RefusedError where it is on and the caller is not signed in.
    """
    if not services.settings.signs_in:
        return None
    try:
        return read_principal(req.headers.get(PRINCIPAL) or "")
    except PrincipalError:
        raise _sign_in_needed(req) from None


def account_of(services: Services, req: func.HttpRequest) -> str:
    """Return the tenant and object id of who is signed in, "" where App Service authentication is off."""
    person = principal_of(services, req)
    return person.identity if person else ""


def _sign_in_needed(req: func.HttpRequest) -> RefusedError:
    return RefusedError(401, "signInNeeded", f"{SIGN_IN}{quote(link_path(token_of(req)))}")
