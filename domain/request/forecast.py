"""What a reset means for one user: the word that an approver reads, and how it follows from the tenant's rules and what is kept.

The sign-in it is about is the one that somebody with the password can make from anywhere: to the user's mail, from the user's
own country, from an address that the tenant does not trust, without risk, on a device that the tenant does not manage.

Sources, all of Microsoft's documentation: "How Conditional Access authentication strength works", "Protect security info
registration with Conditional Access policy", "Enable per-user Microsoft Entra multifactor authentication", "Security defaults
in Microsoft Entra ID".
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from domain.methods import MOBILE_PHONE_ID, Method, MethodType


class Forecast(StrEnum):
    """What the user meets at the next sign-in.

    mustRegister: is asked for MFA, has nothing left that meets it, and can register with the password.
    keepsStrongMethod: is asked for MFA and keeps a method that meets it, so nothing has to be registered.
    passwordOnly: is not asked for MFA, so the password alone may be enough.
    cannotRegister: is asked for MFA, or blocked, and cannot register without help.
    unknown: what decides it could not be read, or cannot be known.
    """

    MUST_REGISTER = "mustRegister"
    KEEPS_STRONG_METHOD = "keepsStrongMethod"
    PASSWORD_ONLY = "passwordOnly"  # noqa: S105 - a word, no secret
    CANNOT_REGISTER = "cannotRegister"
    UNKNOWN = "unknown"


# What a method counts as in an authentication strength. (Graph documentation, authenticationMethodModes) Phone sign-in with the
# Authenticator is not among them: whether an app has it turned on cannot be seen.
_COMBINATIONS = {
    MethodType.FIDO2: frozenset({"fido2"}),
    MethodType.WINDOWS_HELLO: frozenset({"windowsHelloForBusiness"}),
    MethodType.PLATFORM_CREDENTIAL: frozenset({"windowsHelloForBusiness"}),
    MethodType.MICROSOFT_AUTHENTICATOR: frozenset({"password,microsoftAuthenticatorPush"}),
    MethodType.SOFTWARE_OATH: frozenset({"password,softwareOath"}),
    MethodType.HARDWARE_OATH: frozenset({"password,hardwareOath"}),
    MethodType.PHONE: frozenset({"password,voice"}),
    # Which of the two a pass is cannot be seen in every answer, so it counts where both are allowed.
    MethodType.TEMPORARY_ACCESS_PASS: frozenset({"temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"}),
}
_TEXT_MESSAGE = frozenset({"password,sms"})
# E-mail is for resetting a password; a pass ends by itself, so it helps to register and is no method that stays.
_NO_FACTOR = frozenset({MethodType.EMAIL})
_ENDING = frozenset({MethodType.TEMPORARY_ACCESS_PASS})

# What a user who has nothing but the password can register when a sign-in asks for it.
_BY_PASSWORD = frozenset(
    {"password,microsoftAuthenticatorPush", "password,softwareOath", "password,sms", "password,voice"}
)
# Registered when a sign-in asks for it, but only after MFA. (Microsoft, "Enable passkeys (FIDO2)")
_PASSKEY = "fido2"


class Demand(NamedTuple):
    """What one rule asks for. `combinations` are those of an authentication strength; None: any MFA.

    `narrowed`: only some passkeys or certificates are accepted, and which of them the user has cannot be seen.
    """

    combinations: frozenset[str] | None = None
    narrowed: bool = False

    @property
    def asks(self) -> bool:
        """Whether the password alone does not meet it."""
        return self.combinations is None or "password" not in self.combinations

    def is_met(self, method: Method) -> bool:
        if method.type in _NO_FACTOR:
            return False
        if self.combinations is None:
            return True
        needed = _COMBINATIONS.get(method.type, frozenset())
        if method.type is MethodType.PHONE:
            texts = _TEXT_MESSAGE if method.id == MOBILE_PHONE_ID else frozenset()
            return not (needed | texts).isdisjoint(self.combinations)
        return bool(needed) and needed <= self.combinations

    def is_doubtful(self, method: Method) -> bool:
        """Whether it cannot be seen that this method, which is of an accepted kind, is accepted."""
        return self.narrowed and method.type is MethodType.FIDO2 and self.is_met(method)

    def can_register(self, *, with_mfa: bool) -> bool:
        """Whether something that meets it can be registered at the prompt; `with_mfa`: by a user who can do other MFA."""
        if self.combinations is None or not self.combinations.isdisjoint(_BY_PASSWORD):
            return True
        return with_mfa and _PASSKEY in self.combinations


ANY_MFA = Demand()


class SignInRules(NamedTuple):
    """What applies to one user, to sign in and to register security information.

    `sign_in_sometimes` is asked for beside the rest on some platforms or in some clients. `register_unmanaged` is asked for where the
    device is not managed, `register_needs_device` says that it has to be.
    """

    sign_in: tuple[Demand, ...] = ()
    sign_in_sometimes: tuple[Demand, ...] = ()
    sign_in_blocked: bool = False
    register: tuple[Demand, ...] = ()
    register_unmanaged: tuple[Demand, ...] = ()
    register_needs_device: bool = False
    register_blocked: bool = False


# Where a user meets several of them, the first one is the user's.
_WORST_FIRST = (
    Forecast.UNKNOWN,
    Forecast.CANNOT_REGISTER,
    Forecast.MUST_REGISTER,
    Forecast.KEEPS_STRONG_METHOD,
)


def forecast(rules: SignInRules, kept: Iterable[Method], *, kept_unknown: bool = False) -> Forecast:
    """Return the user's forecast. `kept` is what stays; `kept_unknown`: there may be more that could not be read."""
    if rules.sign_in_blocked:
        return Forecast.CANNOT_REGISTER
    if not rules.sign_in:
        return Forecast.PASSWORD_ONLY
    usable = [method for method in kept if method.active and method.usable]
    found = {
        _asked(demands, rules, usable, kept_unknown=kept_unknown)
        for demands in (rules.sign_in, rules.sign_in + rules.sign_in_sometimes)
    }
    return next(word for word in _WORST_FIRST if word in found)


def _asked(demands: Iterable[Demand], rules: SignInRules, usable: Sequence[Method], *, kept_unknown: bool) -> Forecast:
    """Return what a user meets of whom a sign-in asks for all of `demands`."""
    strong = [method for method in usable if method.type not in _ENDING]
    missing = [demand for demand in demands if not _meets(strong, demand)]
    if not missing:
        doubtful = any(_is_doubtful(strong, demand) for demand in demands)
        return Forecast.UNKNOWN if doubtful else Forecast.KEEPS_STRONG_METHOD
    if kept_unknown:
        return Forecast.UNKNOWN
    with_mfa = _meets(usable, ANY_MFA)
    if rules.register_blocked or not all(demand.can_register(with_mfa=with_mfa) for demand in missing):
        return Forecast.CANNOT_REGISTER
    if not all(_meets(usable, demand) for demand in rules.register):
        return Forecast.CANNOT_REGISTER
    if any(_is_doubtful(usable, demand) for demand in rules.register):
        return Forecast.UNKNOWN
    # Whether the user has a managed device is not known.
    on_any_device = not rules.register_needs_device and all(_meets(usable, d) for d in rules.register_unmanaged)
    return Forecast.MUST_REGISTER if on_any_device else Forecast.UNKNOWN


def _meets(methods: Iterable[Method], demand: Demand) -> bool:
    return any(demand.is_met(method) for method in methods)


def _is_doubtful(methods: Iterable[Method], demand: Demand) -> bool:
    """Return whether the demand is met by methods of which none is certain to be accepted."""
    return all(demand.is_doubtful(method) for method in methods if demand.is_met(method))
