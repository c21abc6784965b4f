"""Say what an approver should know before a user's methods are removed."""

from graph.privilege_cache import Privileges
from graph.users import User


def plan_warnings(user: User, privileges: Privileges, *, blocked_here: bool = False) -> list[str]:
    """Return stable codes; pages have the words. What the reset means for the user is the forecast's to say.

    `blocked_here`: this service disabled the account for the request itself.
    """
    facts = {
        "privilegedUser": bool(privileges.names),
        "privilegesUnknown": bool(privileges.unknown),
        "foundByMail": user.by_mail,
        "disabledUser": not user.enabled and not blocked_here,
        "guestUser": user.guest,
    }
    return [code for code, true in facts.items() if true]
