"""When an approved request may reset: not before an instant, in each customer's maintenance window, and in waves."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field

from domain.model import Instant, Model, iso
from domain.outcomes import TargetOutcome

type Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[str, ...] = get_args(Day.__value__)
# What is planned longer ago than this has little to do with what the users have by then.
LONGEST = timedelta(days=30)
_TRIED = (TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR, TargetOutcome.FAILED, TargetOutcome.PARTIALLY_RESET)
_FAILED = (TargetOutcome.FAILED, TargetOutcome.PARTIALLY_RESET)


class WeeklyWindow(Model):
    """From when to when something may happen, on some days of each week, in the time of one place.

    One that ends at or before the time at which it begins ends on the day after.
    """

    time_zone: str
    days: list[Day] = Field(description="On which it begins")
    start: str = Field(description="As 22:00")
    until: str

    def is_open(self, now: datetime) -> bool:
        return any(begins <= now < ends for begins, ends in self._around(now))

    def next_open(self, now: datetime) -> datetime:
        """Return when it opens next, `now` where it is open."""
        if self.is_open(now):
            return now
        return min(begins for begins, _ in self._around(now) if begins > now)

    def _around(self, now: datetime) -> Iterable[tuple[datetime, datetime]]:
        """Yield the beginnings and ends from the day before to a week after."""
        zone = ZoneInfo(self.time_zone)
        today = now.astimezone(zone).date()
        starts, ends = time.fromisoformat(self.start), time.fromisoformat(self.until)
        for offset in range(-1, 9):
            day = today + timedelta(days=offset)
            if _DAYS[day.weekday()] in self.days:
                last = day if starts < ends else day + timedelta(days=1)
                # Compared as instants: two local times of one zone would be compared without their offsets.
                begins, end = datetime.combine(day, starts, zone), datetime.combine(last, ends, zone)
                yield begins.astimezone(now.tzinfo), end.astimezone(now.tzinfo)


class Wave(Model):
    """A wave that was begun: the targets from number `start`, and how many there are."""

    start: int
    count: int
    at: Instant


class NextWave(Model):
    """The wave `number`, from 0 on, that waits for its time: the targets from number `start`, and how many there are."""

    number: int
    start: int
    count: int


class Schedule(Model):
    """`waves`, `not_before`, `stop_above` and `windows` are part of the plan that is approved; the rest is what came of them."""

    not_before: Instant | None = None
    waves: list[int] = Field(
        default_factory=list, description="Users of each wave; those that are left are the last one"
    )
    stop_above: int | None = Field(
        None, description="Percent of a wave's users who may fail; with more the rest is not begun"
    )
    windows: dict[str, WeeklyWindow] = Field(default_factory=dict, description="Maintenance windows by customer")
    begun: list[Wave] = Field(default_factory=list)
    upcoming: NextWave | None = Field(None, description="The wave that waits for its time, or for a maintenance window")
    stopped_at: Instant | None = Field(None, description="When the rest was given up because too many users failed")

    def line(self) -> dict[str, object]:
        """Return what the plan's digest covers."""
        return {
            "notBefore": iso(self.not_before) if self.not_before else None,
            "waves": self.waves,
            "stopAbove": self.stop_above,
            "windows": {key: window.to_json() for key, window in sorted(self.windows.items())},
        }

    def asked(self) -> dict[str, object]:
        """Return the fields of a request's body that ask for this; maintenance windows are the policy's."""
        fields: dict[str, object] = {"notBefore": iso(self.not_before)} if self.not_before else {}
        if self.waves:
            fields["waves"] = self.waves
        if self.stop_above is not None:
            fields["stopAbove"] = self.stop_above
        return fields

    def part(self, number: int) -> Wave | NextWave | None:
        """Return a wave that was begun, or the one that waits."""
        if number < len(self.begun):
            return self.begun[number]
        return self.upcoming if self.upcoming is not None and self.upcoming.number == number else None

    def with_begun(self, now: datetime) -> "Schedule":
        """Return the schedule with the wave that waits begun."""
        if self.upcoming is None or self.upcoming.number != len(self.begun):
            return self
        wave = Wave(start=self.upcoming.start, count=self.upcoming.count, at=now)
        return self.model_copy(update={"begun": [*self.begun, wave], "upcoming": None})

    def opens(self, customer: str, now: datetime) -> datetime:
        """Return when users of a customer may be reset next, `now` where they may be."""
        after = max(now, self.not_before) if self.not_before else now
        window = self.windows.get(customer)
        return window.next_open(after) if window else after


def percent_failed(outcomes: Iterable[TargetOutcome]) -> float:
    """Return how many percent of the users who were tried did not end well."""
    found: list[TargetOutcome] = list(outcomes)
    tried = sum(outcome in _TRIED for outcome in found)
    return 100 * sum(outcome in _FAILED for outcome in found) / tried if tried else 0.0


def schedule_of(body: Any, windows: dict[str, WeeklyWindow]) -> Schedule | None:
    """Return the schedule of a request's body and of its customers' maintenance windows; None where nothing is to be waited for."""
    if body.profile is not None:  # an attacker would not wait for a maintenance window
        return None
    if body.not_before is None and not body.waves and not windows:
        return None
    return Schedule(not_before=body.not_before, waves=body.waves, stop_above=body.stop_above, windows=windows)
