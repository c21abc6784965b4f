"""Identify the approver of a call: by the link, and by the signed-in person where App Service signs people in."""

import base64
from urllib.parse import quote, urlsplit

import azure.functions as func

from domain.access import approval_links, attestation_links
from domain.access.callers import Principal, PrincipalError, read_principal
from domain.access.console_session import session_of
from domain.access.sign_in import claims_challenge
from graph.errors import GraphError
from services import Services
from triggers.approval_page.pages import RefusedError, token_of
from triggers.console.operators import COOKIE
from triggers.http.authorization import PRINCIPAL, SIGN_IN
from triggers.http.cookies import cookie
from use_cases.decide_approval import LocatedApproval, NotAllowedToDecideError, check_approver, locate_approval
from use_cases.principal_of_session import principal_of_session
from use_cases.sign_out import is_ended, is_signed_out

__all__ = ["account_of", "located_for", "principal_of", "stronger_sign_in", "token_of"]

_STATUS = {"badLink": 404, "notYours": 403, "membershipUnknown": 503}


async def located_for(services: Services, req: func.HttpRequest, *, decides: bool = False) -> LocatedApproval:
    """Return what the link leads to, if the caller may decide on it. Raises: RefusedError."""
    try:
        located = await locate_approval(services, token_of(req), decides=decides)
        if (person := await principal_of(services, req)) is not None:
            if await is_signed_out(services, person):
                raise _sign_in_needed(req)
            await check_approver(services, located, person)
    except NotAllowedToDecideError as error:
        if error.reason == "weakSignIn":
            raise stronger_sign_in(services, req) from None
        raise RefusedError(_STATUS[error.reason], error.reason) from None
    return located


async def principal_of(services: Services, req: func.HttpRequest) -> Principal | None:
    """Return who is signed in; None where App Service authentication is off, because anybody can send the header then.

    There a session of the test sign-in counts, if it was begun to show what sign-in does. Raises: RefusedError where it is on and
    the caller is not signed in.
    """
    if not services.settings.signs_in:
        return await _of_machine(services, req)
    try:
        return read_principal(req.headers.get(PRINCIPAL) or "")
    except PrincipalError:
        raise _sign_in_needed(req) from None


async def account_of(services: Services, req: func.HttpRequest) -> str:
    """Return the tenant and object id of who is signed in, "" where nobody is."""
    person = await principal_of(services, req)
    return person.identity if person else ""


async def _of_machine(services: Services, req: func.HttpRequest) -> Principal | None:
    if not services.settings.console_test_sign_in:
        return None
    value = cookie(req, COOKIE)
    session = session_of(services.settings.approval_keys, value, services.now())
    if session is None or session.strength is None or await is_ended(services, value):
        return None
    try:
        return await principal_of_session(services, session)
    except GraphError:
        raise RefusedError(503, "unavailable") from None


def _own_address(req: func.HttpRequest) -> str:
    """Return the path and query of the page that the caller is on: an approver's, or a manager's."""
    if urlsplit(req.url).path == attestation_links.PATH:
        return attestation_links.link_path(token_of(req))
    return approval_links.link_path(token_of(req))


def _sign_in_needed(req: func.HttpRequest) -> RefusedError:
    return RefusedError(401, "signInNeeded", f"{SIGN_IN}{quote(_own_address(req))}")


def stronger_sign_in(services: Services, req: func.HttpRequest) -> RefusedError:
    """Return the page that leads to a stronger sign-in, with the claims challenge.

    App Service documents no way to pass `claims` on for one sign-in, only `loginParameters` for all of them ("Customize sign-in and
    sign-out"), so docs/security.md asks for those, too.
    """
    if not services.settings.signs_in:
        return RefusedError(401, "weakSignIn", "/console/sign-in")
    approval = services.policy.approval
    challenge = claims_challenge(approval)
    # Without it Entra may answer with the session that there is.
    again = "&prompt=login" if approval.max_age is not None else ""
    address = f"{SIGN_IN}{quote(_own_address(req), safe='')}&claims={quote(challenge, safe='')}{again}"
    encoded = base64.b64encode(challenge.encode()).decode()
    return RefusedError(401, "weakSignIn", address, f'Bearer realm="", error="insufficient_claims", claims="{encoded}"')
