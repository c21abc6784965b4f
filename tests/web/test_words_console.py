"""The console's words are complete: whatever can come has some."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, get_args

import pytest

from domain.announcements import KINDS, AnnouncementState, BusState
from domain.follow_up import ALARMING, FollowUpState
from domain.mails import MailKind, MailState, MailTo
from domain.outcomes import RequestStatus
from tests.web.test_words import REASONS
from web import words, words_console


@pytest.mark.parametrize("reason", sorted(set(REASONS) - {"unknownCustomer", "customerNotAllowed", "methodNotAllowed"}))
def test_every_reason_says_what_to_do_next(reason: str) -> None:
    assert words_console.NEXT[reason].endswith(".")


def test_every_unreachable_customer_has_words() -> None:
    assert set(words_console.UNREACHABLE) == {
        "consentMissing",
        "customerUnreachable",
        "throttled",
        "forbidden",
        "noLicence",
    }


@pytest.mark.parametrize(
    ("codes", "dictionary"),
    [
        (KINDS, words_console.CALLBACK),
        (get_args(AnnouncementState.__value__), words_console.CALLBACK_STATE),
        (set(get_args(BusState.__value__)) - {"none"}, words_console.TOPIC_STATE),
        (get_args(MailKind.__value__), words_console.MAIL_KIND),
        (get_args(MailTo.__value__), words_console.MAIL_TO),
        (get_args(MailState.__value__), words_console.MAIL_STATE),
        (get_args(FollowUpState.__value__), words_console.FOLLOW_UP),
        (ALARMING, words_console.FOLLOW_UP_NEXT),
    ],
)
def test_what_was_told_and_seen_has_words(codes: Iterable[Any], dictionary: Mapping[str, str]) -> None:
    assert set(dictionary) == set(codes)


def test_no_words_are_a_code_or_empty() -> None:
    for name, dictionary in vars(words_console).items():
        if isinstance(dictionary, dict) and name.isupper() and name != "PROBLEM":
            for code, text in dictionary.items():
                assert text.strip(), f"{name}[{code}]"
                assert text != code, f"{name}[{code}]"


def test_statuses_are_those_of_all_pages() -> None:
    kind: type[StrEnum] = RequestStatus
    assert set(words.STATUS) == {code.value for code in kind}
