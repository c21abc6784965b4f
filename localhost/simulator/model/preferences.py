"""The preference for secondary authentication, and which methods serve it."""

from localhost.simulator.model import method_kinds
from localhost.simulator.model.entities import Method, User

PREFERENCES = ("push", "oath", "sms", "voiceMobile", "voiceAlternateMobile", "voiceOffice")  # [d]


def satisfies(method: Method) -> frozenset[str]:
    """Return the preferences that this method can serve."""
    if not method.usable:
        return frozenset()
    if method.kind is method_kinds.AUTHENTICATOR:
        return frozenset({"push", "oath"})  # it shows one-time codes, too
    if method.kind in {method_kinds.SOFTWARE_OATH, method_kinds.HARDWARE_OATH}:
        return frozenset({"oath"})
    if method.kind is method_kinds.PHONE:
        return {
            "mobile": frozenset({"sms", "voiceMobile"}),
            "alternateMobile": frozenset({"voiceAlternateMobile"}),
            "office": frozenset({"voiceOffice"}),
        }[method.phone_type or "mobile"]
    return frozenset()


def settle_default(user: User) -> None:
    """Replace a default that no method serves any more by what is left, or by none [inf]."""
    left = [preference for method in user.methods.values() for preference in sorted(satisfies(method))]
    if user.preferred not in left:
        user.preferred = left[0] if left else None
