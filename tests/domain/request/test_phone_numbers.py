"""What counts as strong beside a number, and what the follow-up calls phishing-resistant."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.methods import MOBILE_PHONE_ID, Method, MethodType
from domain.request.follow_up import assess_follow_up
from domain.request.phone_numbers import has_only_phones, keeps_numbers
from domain.request.registrations import AuditedRegistration, Before

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
PHONE = Method(type=MethodType.PHONE, id=MOBILE_PHONE_ID, label="mobile")
KEY = Method(type=MethodType.FIDO2, id="k", label="key", created_at=NOW)
APP = Method(type=MethodType.MICROSOFT_AUTHENTICATOR, id="a", label="app", created_at=NOW)
MAIL = Method(type=MethodType.EMAIL, id="m", label="mail")
PASS = Method(type=MethodType.TEMPORARY_ACCESS_PASS, id="t", label="pass")
ASSIGNED = Method(type=MethodType.HARDWARE_OATH, id="h", label="token", active=False)


@pytest.mark.parametrize(
    ("found", "removed", "kept"),
    [
        ([PHONE], [PHONE], True),
        ([PHONE, KEY], [PHONE], False),
        ([PHONE, KEY], [PHONE, KEY], True),
        ([PHONE, APP], [PHONE, APP], True),
        ([PHONE, APP], [PHONE], False),
        ([PHONE, MAIL, PASS, ASSIGNED], [PHONE], True),
    ],
)
def test_numbers_stay_where_nothing_strong_does(found: list[Method], removed: list[Method], *, kept: bool) -> None:
    assert keeps_numbers(found, removed) is kept


@pytest.mark.parametrize(
    ("methods", "only"),
    [([PHONE], True), ([PHONE, MAIL, ASSIGNED], True), ([PHONE, APP], False), ([KEY], False), ([MAIL], False)],
)
def test_who_has_only_sms_or_voice(methods: list[Method], *, only: bool) -> None:
    assert has_only_phones(methods) is only


@pytest.mark.parametrize(
    ("now", "left", "after", "state"),
    [
        ([KEY], [], timedelta(hours=-1), "phishingResistant"),
        ([KEY], [KEY], timedelta(0), "phishingResistant"),
        ([KEY], [], timedelta(0), "quick"),
        ([APP], [], timedelta(hours=-1), "registered"),
        ([APP], [APP], timedelta(0), "protected"),
    ],
)
def test_the_follow_up_says_who_has_a_passkey(
    now: list[Method], left: list[Method], after: timedelta, state: str
) -> None:
    found = assess_follow_up(now, left, reset_at=NOW + after, quickly=timedelta(minutes=10), now=NOW)
    assert found.state == state


def test_a_passkey_that_somebody_else_registered_is_suspicious_all_the_same() -> None:
    somebody = AuditedRegistration(at=NOW, activity="User registered security info", by="otherUser")
    for left, state in (([], "registeredSuspicious"), ([KEY], "phishingResistant")):
        found = assess_follow_up([KEY], left, reset_at=NOW - timedelta(hours=1), quickly=timedelta(minutes=10), now=NOW)
        assert found.with_registrations([somebody], None, Before()).state == state
