"""The console's words are complete: whatever can come has some."""

from enum import StrEnum

import pytest

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


def test_no_words_are_a_code_or_empty() -> None:
    for name, dictionary in vars(words_console).items():
        if isinstance(dictionary, dict) and name.isupper() and name != "PROBLEM":
            for code, text in dictionary.items():
                assert text.strip(), f"{name}[{code}]"
                assert text != code, f"{name}[{code}]"


def test_statuses_are_those_of_all_pages() -> None:
    kind: type[StrEnum] = RequestStatus
    assert set(words.STATUS) == {code.value for code in kind}
