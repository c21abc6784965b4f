"""Numbers and instants as the reader's language writes them."""

from datetime import UTC, datetime

from languages.selection import ENGLISH, current


def number(value: int) -> str:
    """Return a whole number with its thousands marked: `10,000`, in German `10.000`."""
    if current() == ENGLISH:  # without Babel: a start pays for every module
        return f"{value:,}"
    from babel.numbers import format_decimal

    return format_decimal(value, locale=current().replace("-", "_"))


def when(at: datetime) -> str:
    """Return an instant in words. In UTC and named so: a page without scripts does not know the reader's time zone."""
    utc = at.astimezone(UTC)
    if current() == ENGLISH:
        return f"{utc:%a} {utc.day} {utc:%b %Y, %H:%M} UTC"
    from babel.dates import format_skeleton

    return f"{format_skeleton('yMMMEd', utc, locale=current().replace('-', '_'))}, {utc:%H:%M} UTC"
