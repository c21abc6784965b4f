"""Who sits at the console: signed in with Entra by App Service, or, on one machine only, with a test identity."""

from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple

import azure.functions as func

from domain.access.callers import Caller, Principal, PrincipalError, caller_of, is_approver, read_principal
from domain.access.console_session import session_of
from domain.policy.model import Role
from services import Services
from triggers.http.authorization import AUDITORS, OPERATORS, PRINCIPAL

COOKIE = "mfareset-console"


class Operator(NamedTuple):
    """`mail` is the requester of what is asked here. `roles` are those that the page at hand is open to."""

    mail: str
    name: str
    caller: Caller
    roles: tuple[Role, ...]
    principal: Principal | None = None

    @property
    def reach(self) -> frozenset[str] | None:
        """The customers that this person sees and works on here; None: all."""
        return self.caller.reach(self.roles or tuple(Role))

    @property
    def operates(self) -> bool:
        return self.caller.has(OPERATORS)

    @property
    def audits(self) -> bool:
        return self.caller.has(AUDITORS)

    def decides_as(self, services: Services, approver: str) -> bool:
        """Whether this is the person whom requests ask by this address."""
        if self.principal is None:
            return self.mail.casefold() == approver.casefold()
        return is_approver(self.principal, approver, services.policy, services.settings.graph_home_tenant)


class SignInNeededError(Exception):
    """Nobody is signed in."""

    reason = "signInNeeded"


class NotOperatorError(Exception):
    """Somebody is signed in who has no role for the console."""

    reason = "notOperator"


def test_identities(services: Services) -> dict[str, tuple[Role, ...]]:
    """The identities of the test sign-in with their roles; none unless CONSOLE_TEST_SIGN_IN names some and App Service signs
    nobody in. Whoever may approve is offered, too."""
    if services.settings.signs_in or not services.settings.console_test_sign_in:
        return {}
    named: dict[str, tuple[Role, ...]] = {}
    for entry in services.settings.console_test_sign_in:
        mail, _, role = entry.partition(":")
        named[mail] = (Role(role),) if role else OPERATORS
    approvers = (mail for key in services.policy.customers for mail in services.policy.approvers_of(key, step_up=True))
    return named | {mail: (Role.APPROVER,) for mail in approvers if mail not in named}


def operator_of(services: Services, req: func.HttpRequest, roles: tuple[Role, ...] = OPERATORS) -> Operator:
    """Who calls; raises SignInNeededError, and NotOperatorError for people without any of `roles`.

    Without `roles` it is open to everybody who has a role or may decide on requests.
    """
    who = _of_platform(services, req, roles) if services.settings.signs_in else _of_machine(services, req, roles)
    if who.caller.has(roles or tuple(Role)):
        return who
    if not roles and any(who.decides_as(services, mail) for mail in _approvers(services)):
        return who
    raise NotOperatorError


def _approvers(services: Services) -> set[str]:
    return {mail for key in services.policy.customers for mail in services.policy.approvers_of(key, step_up=True)}


def _of_machine(services: Services, req: func.HttpRequest, roles: tuple[Role, ...]) -> Operator:
    mail = session_of(services.settings.approval_keys, cookie(req, COOKIE), services.now())
    known = test_identities(services)
    if mail is None or mail not in known:
        raise SignInNeededError
    caller = Caller(mail, f"test:{mail}", dict.fromkeys(known[mail], None))
    return Operator(mail, mail.partition("@")[0].replace(".", " ").title(), caller, roles)


def cookie(req: func.HttpRequest, name: str) -> str:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(req.headers.get("Cookie", ""))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


def _of_platform(services: Services, req: func.HttpRequest, roles: tuple[Role, ...]) -> Operator:
    try:
        principal = read_principal(req.headers.get(PRINCIPAL) or "")
    except PrincipalError:
        raise SignInNeededError from None
    if not principal.name:  # an application
        raise SignInNeededError
    caller = caller_of(principal, services.policy, services.settings.graph_home_tenant)
    return Operator(principal.name, principal.name, caller, roles, principal)
