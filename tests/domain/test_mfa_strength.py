"""How strong what a user has registered is, method by method (Microsoft, "Conditional Access authentication strength")."""

import pytest

from domain.methods import Method, MethodType
from domain.mfa_strength import Strength, strength_of

PHONE = Method(type=MethodType.PHONE, id="phone", label="")
APP = Method(type=MethodType.MICROSOFT_AUTHENTICATOR, id="app", label="")
KEY = Method(type=MethodType.FIDO2, id="key", label="")


@pytest.mark.parametrize(
    ("kind", "strength"),
    [
        (MethodType.FIDO2, Strength.PHISHING_RESISTANT),
        (MethodType.WINDOWS_HELLO, Strength.PHISHING_RESISTANT),
        (MethodType.PLATFORM_CREDENTIAL, Strength.PHISHING_RESISTANT),
        (MethodType.MICROSOFT_AUTHENTICATOR, Strength.STRONG),
        (MethodType.SOFTWARE_OATH, Strength.STRONG),
        (MethodType.HARDWARE_OATH, Strength.STRONG),
        (MethodType.EXTERNAL, Strength.STRONG),
        (MethodType.PHONE, Strength.WEAK),
        (MethodType.EMAIL, Strength.NONE),  # only for resetting a password
        (MethodType.TEMPORARY_ACCESS_PASS, Strength.NONE),  # ends by itself
    ],
)
def test_strength_of_each_kind(kind: MethodType, strength: Strength) -> None:
    assert strength_of([Method(type=kind, id="one", label="")]) is strength


def test_every_kind_has_a_strength() -> None:
    assert all(strength_of([Method(type=kind, id="one", label="")]) in Strength for kind in MethodType)


def test_the_strongest_method_counts() -> None:
    assert strength_of([]) is Strength.NONE
    assert strength_of([PHONE, APP]) is Strength.STRONG
    assert strength_of([PHONE, APP, KEY]) is Strength.PHISHING_RESISTANT


def test_a_token_that_is_only_assigned_does_not_count() -> None:
    token = Method(type=MethodType.HARDWARE_OATH, id="token", label="", active=False)
    assert strength_of([PHONE, token]) is Strength.WEAK
