"""Refuse calls of the API in a session of the platform that its owner ended.

App Service keeps the session in the cookie below and cannot take it back; a bearer token is no session, and Entra's own lifetime holds
for it. Source: "Customize sign-ins and sign-outs in Azure App Service authentication" and "Manage OAuth tokens" (Microsoft Learn).
"""

import azure.functions as func

from domain.access.callers import PrincipalError, read_principal
from domain.errors import UnauthorizedError
from services import Services
from triggers.http.authorization import PRINCIPAL
from triggers.http.cookies import cookies
from use_cases.sign_out import is_signed_out

SESSION_COOKIE = "AppServiceAuthSession"


async def refuse_ended_session(services: Services, req: func.HttpRequest) -> None:
    """Raise UnauthorizedError for a call in a session from before the sign-out of its account."""
    if services.settings.signs_in and _has_session(req) and await has_signed_out(services, req):
        raise UnauthorizedError("You signed out. Sign in with Entra again.").refused_as("principal", "signedOut")


async def has_signed_out(services: Services, req: func.HttpRequest) -> bool:
    """Return whether the account that the platform names signed out after this session began. Without one it is False."""
    try:
        principal = read_principal(req.headers.get(PRINCIPAL) or "")
    except PrincipalError:
        return False  # refused where it is authorized, with its own word
    return await is_signed_out(services, principal)


def _has_session(req: func.HttpRequest) -> bool:
    if req.headers.get("Authorization"):
        return False
    known = cookies(req)
    # A header that cannot be read may hold one; a long session is split over numbered cookies.
    return known is None or any(name.startswith(SESSION_COOKIE) for name in known)
