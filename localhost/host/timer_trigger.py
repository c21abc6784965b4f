"""Run timer-triggered functions at their schedules, never two runs of one function at once."""

import json
import logging
import os
from datetime import datetime

from azure_functions_runtime.bindings.datumdef import Datum

from localhost.clock import Clock
from localhost.durable.timers import Timers
from localhost.errors import FunctionFailedError, UnsupportedFunctionError
from localhost.host.app_index import App, Function
from localhost.host.dispatcher import Dispatcher
from localhost.host.ncrontab import Schedule, parse_schedule
from localhost.host.timer_claims import Claims

logger = logging.getLogger("localhost.timers")


class TimerTriggers:
    """Runs that fell due while the host was down are not repeated, as with `useMonitor=False` on Azure."""

    def __init__(self, app: App, host: Dispatcher, clock: Clock, timers: Timers, claims: Claims) -> None:
        self._host = host
        self._clock = clock
        self._timers = timers
        self._claims = claims
        self._schedules = [(f, parse_schedule(_expression(f))) for f in app.triggered_by("timerTrigger")]

    def start(self) -> None:
        for function, schedule in self._schedules:
            if function.trigger.get("runOnStartup"):
                self._host.spawn(self._run(function, schedule, self._clock.now()))
            else:
                self._arm(function, schedule)

    def _arm(self, function: Function, schedule: Schedule) -> None:
        due = schedule.after(self._clock.now())
        self._timers.at(due, lambda: self._host.spawn(self._run(function, schedule, due)))

    async def _run(self, function: Function, schedule: Schedule, due: datetime) -> None:
        now = self._clock.now()
        try:
            if not await self._claims.claim(function.name, due):
                return
            await self._host.invoke(function, _timer_request(now, schedule.after(now)))
            logger.info("timer %s ran", function.name)
        except FunctionFailedError as error:
            logger.error(  # noqa: TRY400 - the trace that counts is the function's
                "timer %s failed, invocation %s: %s\n%s", function.name, error.invocation_id, error, error.trace
            )
        finally:
            self._arm(function, schedule)


def _expression(function: Function) -> str:
    """`%NAME%` is the setting of that name."""
    text = str(function.trigger["schedule"])
    if len(text) > 2 and text.startswith("%") and text.endswith("%"):
        if (setting := os.environ.get(text[1:-1])) is None:
            raise UnsupportedFunctionError(f"function {function.name}: the setting {text[1:-1]} is missing")
        return setting
    return text


def _timer_request(now: datetime, following: datetime) -> Datum:
    status = {"Last": now.isoformat(), "LastUpdated": now.isoformat(), "Next": following.isoformat()}
    info = {"Schedule": {"AdjustForDST": False}, "ScheduleStatus": status, "IsPastDue": False}
    return Datum(json.dumps(info), "json")
