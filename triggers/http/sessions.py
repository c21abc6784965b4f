"""Refuse calls of the API in a session of the platform that its owner ended.

App Service keeps the session in the cookie below and cannot take it back; a bearer token is no session, and Entra's own lifetime holds
for it. Source: "Customize sign-ins and sign-outs in Azure App Service authentication" and "Manage OAuth tokens" (Microsoft Learn).
"""

from http.cookies import CookieError, SimpleCookie

import azure.functions as func

from domain.access.callers import PrincipalError, read_principal
from domain.errors import UnauthorizedError
from services import Services
from triggers.http.authorization import PRINCIPAL
from use_cases.sign_out import is_signed_out

SESSION_COOKIE = "AppServiceAuthSession"


async def refuse_ended_session(services: Services, req: func.HttpRequest) -> None:
    """Raise UnauthorizedError for a call in a session from before the sign-out of its account."""
    if not services.settings.signs_in or not _has_session(req):
        return
    try:
        principal = read_principal(req.headers.get(PRINCIPAL) or "")
    except PrincipalError:
        return  # refused where it is authorized, with its own word
    if await is_signed_out(services, principal):
        raise UnauthorizedError("You signed out. Sign in with Entra again.").refused_as("principal", "signedOut")


def _has_session(req: func.HttpRequest) -> bool:
    if req.headers.get("Authorization"):
        return False
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(req.headers.get("Cookie", ""))
    except CookieError:
        return True
    return any(name.startswith(SESSION_COOKIE) for name in jar)  # a long one is split over numbered cookies
