"""Who calls the API, and whether they may.

Without App Service authentication the Functions host asks for the function key before a function runs, and no header says
who calls. With it the host lets everybody through to here (a route has one auth level, and signed-in people have no key):
then a signed-in principal with an app role is needed, or one of API_KEYS.
"""

import hashlib
import hmac
import os

import azure.functions as func

from domain.access.callers import Caller, PrincipalError, caller_of, key_holder, read_principal
from domain.errors import NotAllowedError, UnauthorizedError
from domain.policy.model import Role
from services import Services
from settings import signs_in

PRINCIPAL = "X-MS-CLIENT-PRINCIPAL"
# App Service's own address for signing in; it leads back to where it is told.
SIGN_IN = "/.auth/login/aad?post_login_redirect_uri="

# The auth level of every route of the API.
API_LEVEL = func.AuthLevel.ANONYMOUS if signs_in(os.environ) else func.AuthLevel.FUNCTION

# What each call is open to. Keys open everything.
READERS = (Role.REQUESTER, Role.APPROVER, Role.OPERATOR, Role.AUDITOR)
REQUESTERS = (Role.REQUESTER, Role.OPERATOR)
OPERATORS = (Role.OPERATOR,)
DIRECTORY = (Role.REQUESTER, Role.OPERATOR, Role.AUDITOR)
AUDITORS = (Role.AUDITOR, Role.OPERATOR)


def caller(services: Services, req: func.HttpRequest, roles: tuple[Role, ...]) -> Caller:
    """Who calls; raises UnauthorizedError when nobody we know does, NotAllowedError when it is none of these roles."""
    who = _known(services, req)
    if not who.has(roles):
        raise NotAllowedError(f"This needs one of the roles {', '.join(roles)}.")
    return who


def _known(services: Services, req: func.HttpRequest) -> Caller:
    if not services.settings.signs_in:
        return key_holder("api")  # the host has checked the key
    if header := req.headers.get(PRINCIPAL):
        try:
            return caller_of(read_principal(header), services.policy, services.settings.graph_home_tenant)
        except PrincipalError:
            raise UnauthorizedError("Sign in with Entra, or bring a key.") from None
    given = req.headers.get("x-functions-key") or req.params.get("code") or ""
    found = ""
    for name, key in services.settings.api_keys.items():  # all of them, so that the time taken says nothing
        if hmac.compare_digest(_digest(key), _digest(given)):
            found = name
    if not found:
        raise UnauthorizedError("Sign in with Entra, or bring a key.")
    return key_holder(found)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
