"""Who sits at the console: signed in with Entra by App Service, or, on one machine only, with a test identity."""

import base64
import binascii
import json
import os
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

import azure.functions as func

from domain.console_session import session_of
from services import Services

COOKIE = "mfareset-console"
# Entra's claims for the address people know themselves by, best first.
_MAIL_CLAIMS = (
    "preferred_username",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "upn",
    "email",
)


@dataclass(frozen=True, slots=True)
class Operator:
    """`mail` is compared with the policy's approvers and is the requester of what is asked here."""

    mail: str
    name: str


class SignInNeededError(Exception):
    """Nobody is signed in."""

    reason = "signInNeeded"


def platform_signs_in() -> bool:
    """Whether App Service signs people in: only then is its header to be believed, because it replaces whatever came."""
    return os.environ.get("WEBSITE_AUTH_ENABLED", "").strip().lower() in {"true", "1"}


def test_identities(s: Services) -> tuple[str, ...]:
    """The identities of the test sign-in; none unless CONSOLE_TEST_SIGN_IN names some and App Service signs nobody in."""
    if platform_signs_in():
        return ()
    named = s.settings.console_test_sign_in
    approvers = (mail for key in s.policy.customers for mail in s.policy.approvers_of(key, step_up=True))
    return tuple(dict.fromkeys([*named, *approvers])) if named else ()


def operator_of(s: Services, req: func.HttpRequest) -> Operator:
    """Who calls; raises SignInNeededError."""
    if platform_signs_in():
        return _of_platform(req.headers.get("X-MS-CLIENT-PRINCIPAL", ""))
    mail = session_of(s.settings.approval_keys, cookie(req, COOKIE), s.now())
    if mail is None or mail not in test_identities(s):
        raise SignInNeededError
    return Operator(mail, mail.partition("@")[0].replace(".", " ").title())


def cookie(req: func.HttpRequest, name: str) -> str:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(req.headers.get("Cookie", ""))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


def _of_platform(header: str) -> Operator:
    try:
        principal = json.loads(base64.b64decode(header, validate=True))
        claims = {str(claim["typ"]): str(claim["val"]) for claim in principal["claims"]}
    except (binascii.Error, ValueError, TypeError, KeyError):
        raise SignInNeededError from None
    mail = next((claims[name] for name in _MAIL_CLAIMS if "@" in claims.get(name, "")), "")
    if not mail:
        raise SignInNeededError
    return Operator(mail, claims.get("name") or mail)
