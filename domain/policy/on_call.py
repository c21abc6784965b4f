"""Who is on call when: shifts of a table of the policy, in the time of one place."""

import re
from datetime import datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from domain.policy.part import Mail, Part, TimeZone
from domain.request.schedule import Day

_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", re.ASCII)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}", re.ASCII)


def _local(text: str) -> str:
    if _CLOCK.fullmatch(text):
        return text
    try:
        if _MOMENT.fullmatch(text):
            datetime.fromisoformat(text)
            return text
    except ValueError:
        pass
    raise ValueError(f"{text[:30]!r} is neither a time such as 18:00 nor a day and time such as 2026-12-07T18:00")


def _clock(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"{text[:30]!r} is no time such as 18:00")
    return text


ClockTime = Annotated[str, AfterValidator(_clock)]
_LocalTime = Annotated[str, AfterValidator(_local)]


class Shift(Part):
    """From when to when somebody is on call: once, from one day and time to another, or each week on some days.

    `until` is not part of it. A weekly shift that ends at or before the time at which it begins ends on the day after.
    """

    who: tuple[Mail, ...] = Field(min_length=1, description="Mail addresses")
    start: _LocalTime = Field(alias="from", description="A day and time, 2026-12-07T18:00, or of a weekly shift 18:00")
    until: _LocalTime = Field(alias="to", description="Likewise; 24:00 is the end of the day")
    days: tuple[Day, ...] = Field((), description="Of a weekly shift: the days on which it begins; absent: each day")

    @model_validator(mode="after")
    def _agree(self) -> "Shift":
        if ("T" in self.start) != ("T" in self.until):
            raise ValueError("from and to are both times, or both days with times")
        if "T" in self.start and (self.days or self.until <= self.start):
            raise ValueError("to comes after from, and days are for weekly shifts")
        return self

    def covers(self, local: datetime) -> bool:
        """Return whether a local time, without an offset, is in the shift."""
        if "T" in self.start:
            return datetime.fromisoformat(self.start) <= local < datetime.fromisoformat(self.until)
        begins, ends, now = _minutes(self.start), _minutes(self.until), local.hour * 60 + local.minute
        days = self.days or _DAYS
        today, yesterday = _DAYS[local.weekday()] in days, _DAYS[local.weekday() - 1] in days
        if begins < ends:
            return today and begins <= now < ends
        return (today and now >= begins) or (yesterday and now < ends)


class OnCall(Part):
    """A table of shifts."""

    time_zone: TimeZone = Field(description="Of the times in the shifts: a name such as Europe/Berlin")
    shifts: tuple[Shift, ...] = Field(min_length=1)

    def at(self, now: datetime) -> tuple[str, ...]:
        """Return who is on call at an instant, in the order of the shifts."""
        local = now.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None)
        return tuple(dict.fromkeys(mail for shift in self.shifts if shift.covers(local) for mail in shift.who))

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody of the table."""
        return tuple(dict.fromkeys(mail for shift in self.shifts for mail in shift.who))


def _minutes(clock: str) -> int:
    return 24 * 60 if clock == "24:00" else time.fromisoformat(clock).hour * 60 + time.fromisoformat(clock).minute
