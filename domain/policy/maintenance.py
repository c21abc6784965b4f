"""When users of a customer may be reset."""

from pydantic import Field, model_validator

from domain.policy.on_call import ClockTime
from domain.policy.part import Part, TimeZone
from domain.request.schedule import Day, WeeklyWindow

_ALL: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class MaintenanceWindow(Part):
    """An approved reset of the customer's users begins only in this window."""

    time_zone: TimeZone = Field(description="A name such as Europe/Berlin")
    start: ClockTime = Field(alias="from", description="As 22:00")
    until: ClockTime = Field(alias="to", description="As 05:00; at or before `from` it is on the day after")
    days: tuple[Day, ...] = Field(_ALL, min_length=1, description="The days on which it begins; absent: each day")

    @model_validator(mode="after")
    def _is_no_day(self) -> "MaintenanceWindow":
        if self.start == "24:00":
            raise ValueError("from is 00:00 of the day after instead of 24:00")
        if self.start == self.until:
            raise ValueError("from and to are the same; leave the window out to reset at any time")
        return self

    @property
    def weekly(self) -> WeeklyWindow:
        return WeeklyWindow(
            time_zone=self.time_zone, days=list(self.days), start=self.start, until=self.until.replace("24:00", "00:00")
        )
