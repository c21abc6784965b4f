"""Who sits at the console: signed in with Entra by App Service, or, on one machine only, with a test identity."""

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

import azure.functions as func

from domain.callers import Caller, PrincipalError, caller_of, key_holder, read_principal
from domain.console_session import session_of
from domain.policy_model import Role
from services import Services
from triggers.callers import PRINCIPAL

COOKIE = "mfareset-console"


@dataclass(frozen=True, slots=True)
class Operator:
    """`mail` is compared with the policy's approvers and is the requester of what is asked here."""

    mail: str
    name: str
    caller: Caller

    @property
    def reach(self) -> frozenset[str] | None:
        """The customers that this operator sees and works on; None: all."""
        return self.caller.reach((Role.OPERATOR,))


class SignInNeededError(Exception):
    """Nobody is signed in."""

    reason = "signInNeeded"


class NotOperatorError(Exception):
    """Somebody is signed in who has no role for the console."""

    reason = "notOperator"


def test_identities(s: Services) -> tuple[str, ...]:
    """The identities of the test sign-in; none unless CONSOLE_TEST_SIGN_IN names some and App Service signs nobody in."""
    if s.settings.signs_in:
        return ()
    named = s.settings.console_test_sign_in
    approvers = (mail for key in s.policy.customers for mail in s.policy.approvers_of(key, step_up=True))
    return tuple(dict.fromkeys([*named, *approvers])) if named else ()


def operator_of(s: Services, req: func.HttpRequest) -> Operator:
    """Who calls; raises SignInNeededError, and NotOperatorError for people without the app role Operator."""
    if s.settings.signs_in:
        return _of_platform(s, req.headers.get(PRINCIPAL) or "")
    mail = session_of(s.settings.approval_keys, cookie(req, COOKIE), s.now())
    if mail is None or mail not in test_identities(s):
        raise SignInNeededError
    return Operator(mail, mail.partition("@")[0].replace(".", " ").title(), key_holder(mail))


def cookie(req: func.HttpRequest, name: str) -> str:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(req.headers.get("Cookie", ""))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


def _of_platform(s: Services, header: str) -> Operator:
    try:
        principal = read_principal(header)
    except PrincipalError:
        raise SignInNeededError from None
    if not principal.name:  # an application
        raise SignInNeededError
    caller = caller_of(principal, s.policy, s.settings.graph_home_tenant)
    if not caller.has((Role.OPERATOR,)):
        raise NotOperatorError
    return Operator(principal.name, principal.name, caller)
