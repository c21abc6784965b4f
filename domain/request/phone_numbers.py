"""The request mode `phoneOnly = "ifPasskey"`: phone numbers go only where a passkey or another strong method stays.

From 2027-02-01 Microsoft delivers no SMS and voice codes of its own, so a number alone is no way in any more; but to take it before
there is another one locks its user out. (Microsoft, "Retirement of Microsoft-provided SMS and voice", concept-sms-voice-retirement)
"""

from collections.abc import Iterable
from typing import Literal

from domain.methods import Method, MethodType

type PhoneOnly = Literal["ifPasskey"]

# A number itself, what is for resetting a password, and what ends by itself.
_NOT_STRONG = frozenset({MethodType.PHONE, MethodType.EMAIL, MethodType.TEMPORARY_ACCESS_PASS})
# The warning in the plan of a user whose number is kept.
NUMBER_KEPT = "numberKept"


def is_strong(method: Method) -> bool:
    """Return whether a user can answer a request for MFA with it, without SMS and voice."""
    return method.active and method.type not in _NOT_STRONG


def has_only_phones(methods: Iterable[Method]) -> bool:
    """Return whether SMS and voice are all that the user can answer a request for MFA with."""
    usable = list(methods)
    return any(method.type is MethodType.PHONE for method in usable) and not any(map(is_strong, usable))


def keeps_numbers(found: Iterable[Method], removed: Iterable[Method]) -> bool:
    """Return whether the user's numbers have to stay: nothing strong would be left once all of `removed` are gone."""
    lost = {(method.type, method.id) for method in removed}
    return not any(is_strong(method) and (method.type, method.id) not in lost for method in found)
