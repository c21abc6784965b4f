"""The console's words are complete: whatever can come has some."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, get_args

import pytest

from domain.mails import MailKind, MailState, MailTo
from domain.outcomes import RequestStatus
from domain.partner.warnings import WarningKind
from domain.request.follow_up import ALARMING, FollowUpState
from domain.request.notifications import KINDS, BusState, NotificationState
from localhost.simulator.handlers.partner_relationships import STATUSES
from tests.web.test_labels import REASONS
from use_cases.discover_customers import STATES
from web import console_labels, labels


@pytest.mark.parametrize("reason", sorted(set(REASONS) - {"unknownCustomer", "customerNotAllowed", "methodNotAllowed"}))
def test_every_reason_says_what_to_do_next(reason: str) -> None:
    assert console_labels.NEXT[reason].endswith(".")


def test_every_unreachable_customer_or_user_has_words() -> None:
    assert set(console_labels.UNREACHABLE) == {
        "consentMissing",
        "credentialInvalid",
        "conditionalAccess",
        "unknownTenant",
        "tokenRejected",
        "customerUnreachable",
        "throttled",
        "forbidden",
        "noLicence",
        "userNotFound",
        "methodsUnreadable",
    }


@pytest.mark.parametrize(
    ("codes", "dictionary"),
    [
        (STATES, console_labels.PARTNER_STATE),
        (STATUSES, console_labels.RELATIONSHIP_STATUS),
        (get_args(WarningKind.__value__), labels.PARTNER_WARNING),
        (KINDS, console_labels.CALLBACK),
        (get_args(NotificationState.__value__), console_labels.CALLBACK_STATE),
        (set(get_args(BusState.__value__)) - {"none"}, console_labels.TOPIC_STATE),
        (get_args(MailKind.__value__), console_labels.MAIL_KIND),
        (get_args(MailTo.__value__), console_labels.MAIL_TO),
        (get_args(MailState.__value__), console_labels.MAIL_STATE),
        (get_args(FollowUpState.__value__), console_labels.FOLLOW_UP),
        (ALARMING, console_labels.FOLLOW_UP_NEXT),
    ],
)
def test_every_notification_and_follow_up_state_has_a_label(
    codes: Iterable[Any], dictionary: Mapping[str, str]
) -> None:
    assert set(dictionary) == set(codes)


def test_no_words_are_a_code_or_empty() -> None:
    for name, dictionary in vars(console_labels).items():
        if isinstance(dictionary, Mapping) and name.isupper() and name != "PROBLEM":
            for code, text in dictionary.items():
                assert text.strip(), f"{name}[{code}]"
                assert text != code, f"{name}[{code}]"


def test_statuses_are_those_of_all_pages() -> None:
    kind: type[StrEnum] = RequestStatus
    assert set(labels.STATUS) == {code.value for code in kind}
