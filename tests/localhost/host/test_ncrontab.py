from datetime import UTC, datetime

import pytest

from localhost.errors import UnsupportedFunctionError
from localhost.host.ncrontab import parse_schedule


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        ("0 */5 * * * *", "2026-01-05T09:00:00", "2026-01-05T09:05:00"),
        ("0 */5 * * * *", "2026-01-05T09:00:00.000001", "2026-01-05T09:05:00"),
        ("*/10 * * * * *", "2026-01-05T09:00:01", "2026-01-05T09:00:10"),
        ("0 0 3 * * *", "2026-01-05T03:00:00", "2026-01-06T03:00:00"),
        ("0 30 9-17/2 * * MON-FRI", "2026-01-02T17:31:00", "2026-01-05T09:30:00"),
        ("0 0 0 1 JAN *", "2026-01-05T00:00:00", "2027-01-01T00:00:00"),
        ("0 0 0 29 2 *", "2026-01-05T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 12 13 * FRI", "2026-01-01T00:00:00", "2026-02-13T12:00:00"),
        ("15 10 * * *", "2026-01-05T09:00:00", "2026-01-05T10:15:00"),
        ("0 1,31 */12 * * 0", "2026-01-05T00:00:00", "2026-01-11T00:01:00"),
        ("30 5/20 * * * Sunday", "2026-01-11T00:26:00", "2026-01-11T00:45:30"),
    ],
)
def test_the_next_time_of_a_schedule(schedule: str, after: str, due: str) -> None:
    instant = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert parse_schedule(schedule).after(instant) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "schedule", ["", "00:05:00", "* * * *", "61 * * * * *", "0 5-1 * * * *", "0 */0 * * * *", "x * * * * *"]
)
def test_what_is_no_schedule_is_refused(schedule: str) -> None:
    with pytest.raises(UnsupportedFunctionError, match="schedule"):
        parse_schedule(schedule)


def test_a_day_that_never_comes_is_refused() -> None:
    with pytest.raises(UnsupportedFunctionError, match="never comes"):
        parse_schedule("0 0 0 31 2 *").after(datetime(2026, 1, 1, tzinfo=UTC))
