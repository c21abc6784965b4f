"""Shifts in the time of a place: weekly ones over midnight, and one that is once."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from domain.policy.on_call import OnCall, Shift

ANN, BEN = "ann@msp.example", "ben@msp.example"
TABLE = OnCall.model_validate(
    {
        "timeZone": "Europe/Berlin",
        "shifts": [
            {"who": [ANN], "days": ["mon"], "from": "18:00", "to": "08:00"},
            {"who": [BEN], "from": "2026-12-24T08:00", "to": "2026-12-27T08:00"},
        ],
    }
)


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-11-30T16:59", ()),  # a Monday; Berlin is an hour ahead in winter
        ("2026-11-30T17:00", (ANN,)),
        ("2026-12-01T06:59", (ANN,)),  # the night that began on Monday
        ("2026-12-01T07:00", ()),
        ("2026-12-01T17:00", ()),
        ("2026-07-06T16:00", (ANN,)),  # two hours ahead in summer
        ("2026-12-24T07:00", (BEN,)),
        ("2026-12-27T06:59", (BEN,)),
        ("2026-12-27T07:00", ()),
    ],
)
def test_who_is_on_call(at: str, who: tuple[str, ...]) -> None:
    assert TABLE.at(datetime.fromisoformat(at).replace(tzinfo=UTC)) == who


@pytest.mark.parametrize(
    "shift",
    [
        {"from": "18:00", "to": "2026-12-24T08:00"},
        {"from": "2026-12-24T08:00", "to": "2026-12-24T08:00"},
        {"from": "2026-12-24T08:00", "to": "2026-12-25T08:00", "days": ["mon"]},
        {"from": "25:00", "to": "08:00"},
        {"from": "2026-13-24T08:00", "to": "2026-12-25T08:00"},
    ],
)
def test_a_shift_that_cannot_be_is_a_mistake(shift: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Shift.model_validate({"who": [ANN]} | shift)
