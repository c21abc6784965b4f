"""Authorize calls of the API.

Without App Service authentication the Functions host checks the function key before a function runs, and no header names
the caller. With it the host lets every call through (a route has one auth level, and signed-in people have no key): then a
signed-in principal with an app role is required, or one of API_KEYS.
"""

import hashlib
import hmac
import os

import azure.functions as func

from domain.access.callers import Caller, PrincipalError, caller_of, key_holder, read_principal
from domain.errors import NotAllowedError, UnauthorizedError
from domain.policy.model import Role
from languages import Message
from services import Services
from settings import signs_in
from triggers.http.writes import check_write

PRINCIPAL = "X-MS-CLIENT-PRINCIPAL"
# App Service's own sign-in address; it redirects back to the address appended to it.
SIGN_IN = "/.auth/login/aad?post_login_redirect_uri="
SIGN_OUT = "/.auth/logout?post_logout_redirect_uri="

# The auth level of every route of the API.
API_LEVEL = func.AuthLevel.ANONYMOUS if signs_in(os.environ) else func.AuthLevel.FUNCTION

# The roles that each call is open to. A key has all of them.
READERS = (Role.REQUESTER, Role.APPROVER, Role.OPERATOR, Role.AUDITOR)
REQUESTERS = (Role.REQUESTER, Role.OPERATOR)
OPERATORS = (Role.OPERATOR,)
DIRECTORY = (Role.REQUESTER, Role.OPERATOR, Role.AUDITOR)
AUDITORS = (Role.AUDITOR, Role.OPERATOR)


def authorize(services: Services, req: func.HttpRequest, roles: tuple[Role, ...]) -> Caller:
    """Return the caller.

    Raises: UnauthorizedError without valid credentials, NotAllowedError without any of `roles` or from another site's page,
    UnsupportedMediaTypeError for a body that is not JSON.
    """
    caller = _authenticate(services, req)
    check_write(services, req)
    if not caller.has(roles):
        raise NotAllowedError(Message("This needs one of the roles %(roles)s.", roles=", ".join(roles)))
    return caller


def _authenticate(services: Services, req: func.HttpRequest) -> Caller:
    if not services.settings.signs_in:
        return key_holder("api")  # the host has checked the key
    if header := req.headers.get(PRINCIPAL):
        try:
            return caller_of(read_principal(header), services.policy, services.settings.graph_home_tenant)
        except PrincipalError:
            problem = UnauthorizedError(Message("Sign in with Entra, or send a key.")).refused_as(
                "principal", "unreadable"
            )
            raise problem from None
    given = req.headers.get("x-functions-key") or req.params.get("code") or ""
    found = ""
    for name, key in services.settings.api_keys.items():  # all of them, so that the time taken reveals nothing
        if hmac.compare_digest(_digest(key), _digest(given)):
            found = name
    if not found:
        why = "wrong" if given else "missing"
        raise UnauthorizedError(Message("Sign in with Entra, or send a key.")).refused_as("key", why)
    return key_holder(found)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
