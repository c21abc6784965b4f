"""How strongly and how recently an account signed in, and the claims challenge for one that has to sign in again."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from domain.policy.model import Approval

# The claims of Entra by their short names and by those of WS-Federation, both of which App Service passes on.
_METHODS = ("amr", "http://schemas.microsoft.com/claims/authnmethodsreferences")
_CONTEXTS = ("acrs",)
_TIMES = ("auth_time",)
# RFC 8176 and "Access token claims reference" of the Microsoft identity platform: `mfa`, and `ngcmfa` for a fresh one.
# "How to verify MFA claims": the long form in WS-Federation.
_MFA = frozenset({"mfa", "ngcmfa", "http://schemas.microsoft.com/claims/multipleauthn"})
# A FIDO2 key or passkey. `hwk` and `rsa` say what kind of key it was, not that it answers only the right site.
_PHISHING_RESISTANT = frozenset({"fido"})


class SignIn(NamedTuple):
    """What a session says of its sign-in: `amr`, `acrs` (authentication contexts) and `auth_time`, None where it is not said."""

    methods: frozenset[str] = frozenset()
    contexts: frozenset[str] = frozenset()
    at: datetime | None = None

    def is_enough(self, approval: Approval, now: datetime) -> bool:
        """Return whether the policy lets this session decide. What a session does not say counts as missing."""
        if approval.max_age is not None and (self.at is None or now - self.at > approval.max_age):
            return False
        match approval.sign_in:
            case "any":
                return True
            case "mfa":
                accepted = _MFA | _PHISHING_RESISTANT
            case "phishingResistant":
                accepted = _PHISHING_RESISTANT
        return bool(self.methods & accepted) or approval.authentication_context in self.contexts


def read_sign_in(claims: Iterable[tuple[str, str]]) -> SignIn:
    """Return what the claims of a principal say of its sign-in."""
    pairs = list(claims)
    times = [int(value) for name, value in pairs if name in _TIMES and value.isascii() and value.isdigit()]
    return SignIn(
        _values(pairs, _METHODS),
        _values(pairs, _CONTEXTS),
        # With several the oldest counts; eleven digits reach the year 5138.
        datetime.fromtimestamp(min(times), UTC) if times and min(times) < 10**11 else None,
    )


def _values(pairs: Iterable[tuple[str, str]], names: tuple[str, ...]) -> frozenset[str]:
    """Return all values of a claim: one claim for each, or a JSON list in one."""
    found: set[str] = set()
    for name, value in pairs:
        if name in names:
            found |= set(_list(value)) if value.startswith("[") else {value}
    return frozenset(found)


def _list(text: str) -> list[str]:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [item for item in parsed if isinstance(item, str)] if isinstance(parsed, list) else []


def claims_challenge(approval: Approval) -> str:
    """Return the claims request for a stronger sign-in, as JSON.

    With an authentication context Conditional Access demands what it stands for; without one, `amr` is asked for.
    (Microsoft identity platform, "Developer guide to Conditional Access authentication context", "Claims challenges")
    """
    if approval.authentication_context:
        wanted: dict[str, object] = {"acrs": {"essential": True, "value": approval.authentication_context}}
    else:
        wanted = {"amr": {"essential": True, "values": ["fido" if approval.sign_in == "phishingResistant" else "mfa"]}}
    return json.dumps({"id_token": wanted}, separators=(",", ":"))


type Strength = Literal["password", "mfa", "phishingResistant"]


STRENGTHS: tuple[Strength, ...] = ("password", "mfa", "phishingResistant")


def signed_in_as(strength: Strength, at: datetime) -> SignIn:
    """Return what the session of a test identity says of its sign-in at this time."""
    methods = {"password": {"pwd"}, "mfa": {"pwd", "mfa"}, "phishingResistant": {"fido", "mfa"}}[strength]
    return SignIn(frozenset(methods), at=at)
