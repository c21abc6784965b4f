"""Stored words of a removal's answer: a record written before must read the same."""

import pytest

from domain.request.target import Answered, Target, TargetMethod


@pytest.mark.parametrize(
    ("stored", "answered", "in_doubt"),
    [
        ("", Answered.NOT_ASKED, False),
        ("begun", Answered.BEGUN, True),
        ("sent", Answered.SENT, True),
        ("removed", Answered.REMOVED, False),
        ("missing", Answered.MISSING, False),
    ],
)
def test_stored_word_is_read_and_written_as_it_was(stored: str, answered: Answered, in_doubt: bool) -> None:
    record = {
        "number": 0,
        "customer": "contoso",
        "asked": "u1",
        "methods": [{"type": "softwareOath", "id": "codes", "label": "codes", "answered": stored}],
    }
    target = Target.from_json(record)
    assert [(m.answered, m.in_doubt) for m in target.methods] == [(answered, in_doubt)]
    assert target.methods[0].answered is answered
    assert target.to_json()["methods"][0]["answered"] == stored


def test_method_that_was_not_asked_for_has_nothing_answered() -> None:
    assert not TargetMethod.from_json({"type": "softwareOath", "id": "codes", "label": "codes"}).answered
