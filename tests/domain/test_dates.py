"""Dates as other systems write them: read to the microsecond in UTC, or not at all, and never an error."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.dates import read_date
from domain.methods import Method, MethodType, method_of
from domain.model import exact, iso


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2022-06-06T16:43:04Z", datetime(2022, 6, 6, 16, 43, 4, tzinfo=UTC)),
        ("2022-06-06T16:43:04.6438213Z", datetime(2022, 6, 6, 16, 43, 4, 643821, tzinfo=UTC)),
        ("2022-06-06T18:43:04.5+02:00", datetime(2022, 6, 6, 16, 43, 4, 500000, tzinfo=UTC)),
        ("2022-06-06T16:43:04", datetime(2022, 6, 6, 16, 43, 4, tzinfo=UTC)),
        ("2022-06-06", datetime(2022, 6, 6, tzinfo=UTC)),
    ],
)
def test_date_is_read_in_utc(text: str, date: datetime) -> None:
    assert read_date(text) == date
    assert str(read_date(text)) == str(date)


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "yesterday", "2022-13-45T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+02:00"),
        *("0001-01-01T00:00:00.0000000Z", "1601-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        *("9999-12-31T23:59:59.9999999-05:00", None, 0, 1654533784, True, {}, []),
    ],
)
def test_what_names_no_date_is_none(value: object) -> None:
    assert read_date(value) is None


@given(st.one_of(st.text(), st.datetimes().map(str), st.datetimes().map(datetime.isoformat), st.integers()))
def test_no_value_raises_and_every_date_can_be_stored(value: object) -> None:
    date = read_date(value)
    method = Method(type=MethodType.FIDO2, id="key", label="key", created_at=date)
    assert Method.from_json(method.to_json()) == method


@given(st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=st.just(UTC)))  # noqa: DTZ001
def test_instant_of_any_year_reads_as_it_was_written(at: datetime) -> None:
    assert datetime.fromisoformat(iso(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert datetime.fromisoformat(exact(at)) == at
    assert len(iso(at)) == len("2026-01-05T09:00:00.000Z")
    assert iso(at.astimezone(timezone(timedelta(hours=2)))) == iso(at)


@pytest.mark.parametrize("now", ["2022-06-06T16:43:04.6438213Z", "2022-06-06T16:43:04.643Z", "2022-06-06T16:43:04Z"])
def test_date_with_fewer_digits_is_the_same(now: str) -> None:
    before, after = _phone("2022-06-06T16:43:04.6438213Z"), _phone(now)
    assert before.same_registration(after)
    assert after.same_registration(before)


def test_date_of_another_second_is_another_registration() -> None:
    assert not _phone("2022-06-06T16:43:04.9Z").same_registration(_phone("2022-06-06T16:43:05.91Z"))


def _phone(created: str) -> Method:
    method = method_of({"id": "3179e48a", "createdDateTime": created, "phoneNumber": "+1 2065550100"}, MethodType.PHONE)
    assert method is not None
    return method
