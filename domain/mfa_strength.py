"""How strong the multi-factor authentication is that a user has registered, by what Microsoft's authentication strengths accept.

Source: Microsoft, "Conditional Access authentication strength", the table of built-in strengths. "Phishing-resistant MFA" accepts
FIDO2, Windows Hello for Business and platform credentials; "Multifactor authentication" also a password with the Authenticator app,
an OATH code, or SMS and voice. Of these SMS and voice count as weak here: Microsoft retires its own ("concept-sms-voice-retirement").
Certificates, which Microsoft counts as phishing-resistant, are in no list of methods.
"""

from collections.abc import Iterable
from enum import StrEnum

from domain.methods import PHISHING_RESISTANT, Method
from domain.request.phone_numbers import has_only_phones, is_strong


class Strength(StrEnum):
    PHISHING_RESISTANT = "phishingResistant"
    STRONG = "strong"  # an app, a token or an external method
    WEAK = "weak"  # SMS and voice only
    NONE = "none"


def strength_of(methods: Iterable[Method]) -> Strength:
    """Return the strongest answer to a request for MFA that these methods give."""
    usable = list(methods)
    strong = [method for method in usable if is_strong(method)]
    if any(method.type in PHISHING_RESISTANT for method in strong):
        return Strength.PHISHING_RESISTANT
    if strong:
        return Strength.STRONG
    return Strength.WEAK if has_only_phones(usable) else Strength.NONE
