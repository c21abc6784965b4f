"""Dates as other systems write them."""

from datetime import UTC, datetime

# Entra and its methods are younger. Systems write older dates for "unknown": .NET year 1 (so does Graph, in several resources),
# Windows 1601, Unix 1970.
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)


def read_date(value: object) -> datetime | None:
    """Return the instant that `value` names, in UTC and to the microsecond; None where it names none.

    Graph writes up to seven digits after the second (Graph documentation, "List temporaryAccessPassMethods"). Without an
    offset a date is taken as UTC.
    """
    if not isinstance(value, str):
        return None
    try:
        date = datetime.fromisoformat(value)
        date = date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return date if date >= _FIRST else None
