"""Refuse calls of the API in a session of the platform that its owner ended.

App Service names the account of a call, whether it came with the session's cookie or with a bearer token. A bearer token is no
session, and Entra's own lifetime holds for it; whatever else brought the account is taken for one. Not tried on Azure.
"""

import azure.functions as func

from domain.access.callers import PrincipalError, read_principal
from domain.errors import UnauthorizedError
from languages import Message
from services import Services
from triggers.http.authorization import PRINCIPAL
from use_cases.sign_out import is_signed_out


async def refuse_ended_session(services: Services, req: func.HttpRequest) -> None:
    """Raise UnauthorizedError for a call in a session from before the sign-out of its account."""
    if not services.settings.signs_in or req.headers.get("Authorization"):
        return
    if await has_signed_out(services, req):
        raise UnauthorizedError(Message("You signed out. Sign in with Entra again.")).refused_as(
            "principal", "signedOut"
        )


async def has_signed_out(services: Services, req: func.HttpRequest) -> bool:
    """Return whether the account that the platform names signed out after this session began. Without one it is False."""
    try:
        principal = read_principal(req.headers.get(PRINCIPAL) or "")
    except PrincipalError:
        return False  # refused where it is authorized, with its own word
    return await is_signed_out(services, principal)
