"""Say what an approver should know before a user's methods are removed."""

from domain.methods import Method, MethodType
from domain.request.target import TargetMethod
from graph.privilege_cache import Privileges
from graph.sign_in_rules import MfaRules
from graph.users import User


def plan_warnings(
    user: User, privileges: Privileges, methods: list[TargetMethod], kept: list[Method], mfa: MfaRules | None
) -> list[str]:
    """Return stable codes; pages have the words. `mfa` None: the customer's rules could not be read."""
    # Passkeys, Windows Hello and the like still satisfy a demand for MFA, so a user who keeps one can register again.
    # E-mail does not: it is for resetting a password only.
    helps = any(m.active and m.type is not MethodType.EMAIL for m in kept)
    locked_out = mfa is not None and mfa.to_register and bool(methods) and not helps
    facts = {
        "privilegedUser": bool(privileges.names),
        "privilegesUnknown": bool(privileges.unknown),
        "foundByMail": user.by_mail,
        "passwordOnly": mfa is not None and not mfa.to_sign_in,
        "cannotRegister": locked_out,
        "registeringBlocked": mfa is not None and mfa.registering_blocked and bool(methods),
        "disabledUser": not user.enabled,
        "guestUser": user.guest,
    }
    return [code for code, true in facts.items() if true]
