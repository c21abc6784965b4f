"""Identify the operator: signed in with Entra by App Service or, on one machine only, with a test identity."""

from typing import NamedTuple

import azure.functions as func

from domain.access.callers import Caller, Principal, PrincipalError, caller_of, is_approver, read_principal
from domain.access.console_session import session_of
from domain.policy.model import Role
from domain.request.reset_request import Approver
from services import Services
from triggers.http.authorization import AUDITORS, OPERATORS, PRINCIPAL
from triggers.http.cookies import cookie
from triggers.http.sessions import has_signed_out
from use_cases.sign_out import is_ended

COOKIE = "mfareset-console"


class Operator(NamedTuple):
    """The person who uses the console. `mail` is the requester of their requests, `roles` those that the page is open to."""

    mail: str
    name: str
    caller: Caller
    roles: tuple[Role, ...]
    principal: Principal | None = None

    @property
    def reach(self) -> frozenset[str] | None:
        """Return the customers that this person may see on this page; None: all."""
        return self.caller.reach(self.roles or tuple(Role))

    @property
    def operates(self) -> bool:
        return self.caller.has(OPERATORS)

    @property
    def audits(self) -> bool:
        return self.caller.has(AUDITORS)

    def decides_as(self, services: Services, entry: Approver) -> bool:
        """Return whether this is the approver whom a request asked."""
        if self.principal is None:
            return self.mail.casefold() == entry.approver.casefold()
        return is_approver(self.principal.identity, entry.approver, entry.accounts, services.policy)


class SignInNeededError(Exception):
    """The caller is not signed in."""

    reason = "signInNeeded"


class NotOperatorError(Exception):
    """The signed-in person has no role for the page."""

    reason = "notOperator"


def test_identities(services: Services) -> dict[str, tuple[Role, ...]]:
    """Return the identities of the test sign-in with their roles, the approvers of the policy among them.

    There are none unless CONSOLE_TEST_SIGN_IN names some and App Service authentication is off.
    """
    if services.settings.signs_in or not services.settings.console_test_sign_in:
        return {}
    named: dict[str, tuple[Role, ...]] = {}
    for entry in services.settings.console_test_sign_in:
        mail, _, role = entry.partition(":")
        named[mail] = (Role(role),) if role else OPERATORS
    return named | {mail: (Role.APPROVER,) for mail in _approvers(services) if mail not in named}


def operator_of(services: Services, req: func.HttpRequest, roles: tuple[Role, ...] = OPERATORS) -> Operator:
    """Return the operator who calls; without `roles`, everybody who has any role or may decide on requests.

    Raises: SignInNeededError, NotOperatorError without any of `roles`.
    """
    who = _of_platform(services, req, roles) if services.settings.signs_in else _of_machine(services, req, roles)
    if who.caller.has(roles or tuple(Role)):
        return who
    if not roles and _may_be_asked(services, who):
        return who
    raise NotOperatorError


def _may_be_asked(services: Services, who: Operator) -> bool:
    """Return whether requests may wait for this person: each page then shows only what their account was asked."""
    if who.principal is None:
        return who.mail in _approvers(services)
    tenant = who.principal.tenant_id
    return tenant == services.settings.graph_home_tenant.lower() or services.policy.find_customer(tenant) is not None


def _approvers(services: Services) -> set[str]:
    policy = services.policy
    names = [name for key in policy.customers for name in policy.may_approve(key)]
    return {*policy.people_in([*names, *policy.approval.delegates])}


def _of_machine(services: Services, req: func.HttpRequest, roles: tuple[Role, ...]) -> Operator:
    session = session_of(services.settings.approval_keys, cookie(req, COOKIE), services.now())
    known = test_identities(services)
    if session is None or session.mail not in known:
        raise SignInNeededError
    mail = session.mail
    caller = Caller(mail, f"test:{mail}", dict.fromkeys(known[mail], None))
    return Operator(mail, mail.partition("@")[0].replace(".", " ").title(), caller, roles)


async def check_session(services: Services, req: func.HttpRequest) -> None:
    """Raise SignInNeededError for a session that its owner ended, however good its cookie still looks."""
    if services.settings.signs_in:
        ended = await has_signed_out(services, req)
    else:
        session = cookie(req, COOKIE)
        ended = bool(session) and await is_ended(services, session)
    if ended:
        raise SignInNeededError


def _of_platform(services: Services, req: func.HttpRequest, roles: tuple[Role, ...]) -> Operator:
    try:
        principal = read_principal(req.headers.get(PRINCIPAL) or "")
    except PrincipalError:
        raise SignInNeededError from None
    if not principal.name:  # an application
        raise SignInNeededError
    caller = caller_of(principal, services.policy, services.settings.graph_home_tenant)
    return Operator(principal.name, principal.name, caller, roles, principal)
