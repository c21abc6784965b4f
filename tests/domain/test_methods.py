"""The order of removal for every default a user can have."""

import pytest

from domain.methods import (
    ALTERNATE_MOBILE_PHONE_ID,
    MOBILE_PHONE_ID,
    OFFICE_PHONE_ID,
    Method,
    MethodType,
    method_of,
    other_default,
    removal_order,
)

HARDWARE = Method(type=MethodType.HARDWARE_OATH, id="hardware", label="")
SOFTWARE = Method(type=MethodType.SOFTWARE_OATH, id="software", label="")
APP = Method(type=MethodType.MICROSOFT_AUTHENTICATOR, id="app", label="")
OFFICE = Method(type=MethodType.PHONE, id=OFFICE_PHONE_ID, label="")
ALTERNATE = Method(type=MethodType.PHONE, id=ALTERNATE_MOBILE_PHONE_ID, label="")
MOBILE = Method(type=MethodType.PHONE, id=MOBILE_PHONE_ID, label="")
ALL = (MOBILE, APP, ALTERNATE, SOFTWARE, OFFICE, HARDWARE)


@pytest.mark.parametrize(
    ("preference", "order"),
    [
        (None, [HARDWARE, SOFTWARE, OFFICE, ALTERNATE, APP, MOBILE]),
        ("push", [HARDWARE, SOFTWARE, OFFICE, ALTERNATE, MOBILE, APP]),
        # An app shows codes, too, so whichever of the three the user means is among the last.
        ("oath", [OFFICE, ALTERNATE, MOBILE, HARDWARE, SOFTWARE, APP]),
        ("sms", [HARDWARE, SOFTWARE, OFFICE, ALTERNATE, APP, MOBILE]),
        ("voiceMobile", [HARDWARE, SOFTWARE, OFFICE, ALTERNATE, APP, MOBILE]),
        ("voiceOffice", [HARDWARE, SOFTWARE, ALTERNATE, APP, MOBILE, OFFICE]),
        # Last but for the mobile, which an alternate one cannot outlive.
        ("voiceAlternateMobile", [HARDWARE, SOFTWARE, OFFICE, APP, ALTERNATE, MOBILE]),
        ("somethingNew", [HARDWARE, SOFTWARE, OFFICE, ALTERNATE, APP, MOBILE]),
    ],
)
def test_what_serves_the_default_goes_last(preference: str | None, order: list[Method]) -> None:
    assert removal_order(ALL, preference) == order
    assert removal_order(reversed(ALL), preference) == order


def test_alternate_mobile_goes_before_the_mobile_whatever_else_there_is() -> None:
    for preference in (None, "sms", "voiceMobile", "voiceAlternateMobile", "push", "oath"):
        assert removal_order([MOBILE, ALTERNATE], preference) == [ALTERNATE, MOBILE]


def test_voice_to_the_mobile_number_is_served_by_it() -> None:
    assert removal_order([MOBILE, APP], "voiceMobile")[-1] == MOBILE
    assert removal_order([MOBILE, APP], "push")[-1] == APP


@pytest.mark.parametrize(
    ("left", "preference"),
    [
        ([MOBILE, SOFTWARE, APP], "push"),
        ([MOBILE, SOFTWARE], "oath"),
        ([MOBILE], "sms"),
        ([OFFICE, ALTERNATE, HARDWARE], None),
        ([], None),
    ],
)
def test_what_takes_the_place_of_the_alternate_mobile_as_default(left: list[Method], preference: str | None) -> None:
    assert other_default(left) == preference


@pytest.mark.parametrize(
    ("planned", "now", "same"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", False),
        ("2026-01-01T00:00:00Z", None, False),
        (None, None, False),  # may be another address: the plan did not note which one it was
    ],
)
def test_a_plan_without_addresses_compares_mail_addresses_by_date(
    planned: str | None, now: str | None, same: bool
) -> None:
    read = {"@odata.type": "#microsoft.graph.emailAuthenticationMethod", "id": "3ddf", "emailAddress": "a@home.example"}
    before, after = method_of(read | {"createdDateTime": planned}), method_of(read | {"createdDateTime": now})
    assert before is not None
    assert after is not None
    assert before.model_copy(update={"number_hash": None}).same_registration(after) is same


def test_a_date_with_seven_digits_is_the_same_after_it_was_stored() -> None:
    resource = {"id": "app", "createdDateTime": "2022-06-06T16:43:04.6438213Z"}
    read = method_of(resource, MethodType.MICROSOFT_AUTHENTICATOR)
    assert read is not None
    stored = Method.from_json(read.to_json())
    assert stored == read
    assert stored.created_at is not None
    assert stored.created_at.microsecond == 643821
