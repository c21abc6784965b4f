"""NCRONTAB, the schedules of timer triggers: `{second} {minute} {hour} {day} {month} {day of week}`, in UTC.

Fields know `*`, lists, ranges, steps and English names; five fields mean second 0. Day of month and day of week
must both match, as in the NCrontab library that Azure uses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from localhost.errors import UnsupportedFunctionError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# second, minute, hour, day, month, day of week: lowest and highest value, names of the values from the lowest on
_FIELDS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 59, ()),
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, _MONTHS),
    (0, 6, _DAYS),
)
# February 29 on a given weekday comes back within 40 years; what does not come by then never does.
_FAR = timedelta(days=40 * 366)


@dataclass(frozen=True, slots=True)
class Schedule:
    times: tuple[time, ...]  # of a day, in order
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Sunday

    def after(self, instant: datetime) -> datetime:
        """The first instant of the schedule that is later than this one."""
        for day in self._dates(instant.date()):
            for at in self.times:
                candidate = datetime.combine(day, at, instant.tzinfo)
                if candidate > instant:
                    return candidate
        raise UnsupportedFunctionError("a timer's schedule never comes")

    def _dates(self, start: date) -> Iterator[date]:
        day = start
        while day - start < _FAR:
            if day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays:
                yield day
            day += timedelta(days=1)


def parse_schedule(text: str) -> Schedule:
    """Raises: UnsupportedFunctionError for anything but NCRONTAB (Azure's time spans need a plan we do not use)."""
    parts = text.split()
    if len(parts) == len(_FIELDS) - 1:
        parts.insert(0, "0")
    if len(parts) != len(_FIELDS):
        raise UnsupportedFunctionError(f"schedule '{text}': six fields are needed")
    try:
        seconds, minutes, hours, days, months, weekdays = (
            _values(part, *field) for part, field in zip(parts, _FIELDS, strict=True)
        )
    except ValueError as error:
        raise UnsupportedFunctionError(f"schedule '{text}': {error}") from error
    times = tuple(time(h, m, s) for h in sorted(hours) for m in sorted(minutes) for s in sorted(seconds))
    return Schedule(times, days, months, weekdays)


def _values(field: str, low: int, high: int, names: tuple[str, ...]) -> frozenset[int]:
    found: set[int] = set()
    for item in field.split(","):
        span, has_step, step = item.partition("/")
        first, is_range, last = span.partition("-")
        if span == "*":
            start, end = low, high
        else:
            start = _value(first, low, high, names)
            end = _value(last, low, high, names) if is_range else (high if has_step else start)
        if end < start or (has_step and int(step) < 1):
            raise ValueError(f"'{item}' names nothing")
        found.update(range(start, end + 1, int(step) if has_step else 1))
    return frozenset(found)


def _value(text: str, low: int, high: int, names: tuple[str, ...]) -> int:
    short = text[:3].lower()
    value = low + names.index(short) if short in names else int(text)
    if not low <= value <= high:
        raise ValueError(f"'{text}' is not between {low} and {high}")
    return value
