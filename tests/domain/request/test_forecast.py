"""The words of a forecast, from what applies and what is kept."""

import pytest

from domain.methods import MOBILE_PHONE_ID, OFFICE_PHONE_ID, Method, MethodType
from domain.request.forecast import ANY_MFA, Demand, Forecast, SignInRules, forecast

PASSKEY = Method(type=MethodType.FIDO2, id="f", label="key")
MOBILE = Method(type=MethodType.PHONE, id=MOBILE_PHONE_ID, label="mobile")
OFFICE = Method(type=MethodType.PHONE, id=OFFICE_PHONE_ID, label="office")
EMAIL = Method(type=MethodType.EMAIL, id="e", label="mail")
ASSIGNED = Method(type=MethodType.HARDWARE_OATH, id="h", label="token", active=False)
PASS = Method(type=MethodType.TEMPORARY_ACCESS_PASS, id="t", label="pass")
ENDED_PASS = PASS.model_copy(update={"usable": False})
EXTERNAL = Method(type=MethodType.EXTERNAL, id="x", label="other")

RESISTANT = Demand(frozenset({"fido2", "windowsHelloForBusiness", "x509CertificateMultiFactor"}))
HELLO_ONLY = Demand(frozenset({"windowsHelloForBusiness"}))
TEXTS = Demand(frozenset({"password,sms"}))
SOME_KEYS = Demand(frozenset({"fido2"}), narrowed=True)

MFA = SignInRules(sign_in=(ANY_MFA,))
SECURED = SignInRules(sign_in=(ANY_MFA,), register=(ANY_MFA,))
BLOCKED = SignInRules(sign_in=(ANY_MFA,), register_blocked=True)


@pytest.mark.parametrize(
    ("rules", "kept", "word"),
    [
        (SignInRules(), [], "passwordOnly"),
        (SignInRules(), [PASSKEY], "passwordOnly"),
        (SignInRules(register=(ANY_MFA,)), [], "passwordOnly"),
        (SignInRules(sign_in=(ANY_MFA,), sign_in_blocked=True), [PASSKEY], "cannotRegister"),
        (MFA, [], "mustRegister"),
        (MFA, [EMAIL, ASSIGNED], "mustRegister"),
        (MFA, [PASS], "mustRegister"),
        (MFA, [OFFICE], "keepsStrongMethod"),
        (MFA, [EXTERNAL], "keepsStrongMethod"),
        (SECURED, [], "cannotRegister"),
        (SECURED, [EMAIL], "cannotRegister"),
        (SECURED, [PASS], "mustRegister"),
        (SECURED, [ENDED_PASS], "cannotRegister"),
        (SECURED, [PASSKEY], "keepsStrongMethod"),
        (BLOCKED, [], "cannotRegister"),
        (BLOCKED, [PASSKEY], "keepsStrongMethod"),
        (SignInRules(sign_in=(RESISTANT,)), [], "cannotRegister"),
        (SignInRules(sign_in=(RESISTANT,)), [PASS], "mustRegister"),
        (SignInRules(sign_in=(RESISTANT,)), [MOBILE], "mustRegister"),
        (SignInRules(sign_in=(RESISTANT,)), [PASSKEY], "keepsStrongMethod"),
        (SignInRules(sign_in=(HELLO_ONLY,)), [MOBILE], "cannotRegister"),
        (SignInRules(sign_in=(TEXTS,)), [OFFICE], "mustRegister"),
        (SignInRules(sign_in=(TEXTS,)), [MOBILE], "keepsStrongMethod"),
        (SignInRules(sign_in=(TEXTS,)), [EXTERNAL], "mustRegister"),
        (SignInRules(sign_in=(ANY_MFA, RESISTANT)), [MOBILE], "mustRegister"),
        (SignInRules(sign_in=(ANY_MFA,), sign_in_sometimes=(RESISTANT,)), [MOBILE], "mustRegister"),
        (SignInRules(sign_in_sometimes=(RESISTANT,)), [], "passwordOnly"),
        (SignInRules(sign_in=(SOME_KEYS,)), [PASSKEY], "unknown"),
        (SignInRules(sign_in=(ANY_MFA,), register_needs_device=True), [], "unknown"),
        (SignInRules(sign_in=(ANY_MFA,), register_unmanaged=(ANY_MFA,)), [], "unknown"),
        (SignInRules(sign_in=(ANY_MFA,), register_unmanaged=(ANY_MFA,)), [PASS], "mustRegister"),
    ],
)
def test_words(rules: SignInRules, kept: list[Method], word: str) -> None:
    assert forecast(rules, kept) == word


def test_what_could_not_be_read_matters_only_where_it_could_help() -> None:
    assert forecast(MFA, [], kept_unknown=True) is Forecast.UNKNOWN
    assert forecast(MFA, [PASSKEY], kept_unknown=True) is Forecast.KEEPS_STRONG_METHOD
    assert forecast(SignInRules(), [], kept_unknown=True) is Forecast.PASSWORD_ONLY


def test_a_strength_that_a_password_alone_meets_asks_for_nothing() -> None:
    assert not Demand(frozenset({"password", "fido2"})).asks
