"""The table of reasons is complete for what Graph and Entra can do to a request, and its words are the ones in use."""

import re
from typing import get_args

import contracts.words
from reset.fault_reasons import _REASONS
from tests.system import ROOT
from web.console_labels import NEXT
from web.labels import REASON


def listed() -> set[str]:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8").split("\n## Reasons\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {word for cell in rows for word in re.findall(r"`(\w+)`", cell)}


def test_every_reason_that_a_fault_can_give_is_explained() -> None:
    given_up = {
        *get_args(contracts.words.NoAccess.__value__),
        "tokenRejected",
        "customerUnreachable",
        "internalError",
    }
    assert given_up | set(_REASONS.values()) | {"methodsUnreadable"} <= listed()


def test_every_reason_in_the_table_has_its_words_on_the_pages() -> None:
    assert listed() <= set(REASON)


def test_every_refusal_of_a_token_says_what_to_do_next() -> None:
    assert {*get_args(contracts.words.NoAccess.__value__), "tokenRejected", "methodsUnreadable"} <= set(NEXT)
