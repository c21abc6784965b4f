"""The host as the crash tests start it: `python -m tests.crash.child MOMENT SKIP serve ...`.

It kills itself with SIGKILL at a named moment, after letting that moment pass SKIP times. Nothing of the app or the host
knows of this: the moments are put around their functions here, in this process alone.
"""

import importlib
import inspect
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

from localhost.commands.cli import main
from localhost.host import timer_trigger
from localhost.host.app_index import Function


@dataclass(frozen=True)
class Moment:
    """Before or after a function, named as its caller knows it."""

    where: str
    when: Literal["before", "after"]


MOMENTS = {
    "recorded, not scheduled": Moment("use_cases.submit_request:start", "before"),
    "scheduled, not answered": Moment("use_cases.submit_request:start", "after"),
    "removed, not known": Moment("reset.removal:remove", "after"),
    "revoked, not known": Moment("reset.removal:revoke_and_read", "after"),
    "decided, not woken": Moment("use_cases.decide_approval:wake", "before"),
    "settled, not audited": Moment("activities.settle_approval:_audit_end", "before"),
    "mailed, not noted": Moment("use_cases.notify_approvers:send_mail", "after"),
    "called back, not noted": Moment("activities.send_callback:post_event", "after"),
    "audit written": Moment("records.audits:Audits.append", "after"),
    "in the engine's commit": Moment("localhost.durable.sqlite_store:_write", "after"),
    "engine committed, not reported": Moment("localhost.durable.sqlite_store:EngineStore.write", "after"),
    "in the records' commit": Moment("records.sqlite:SqliteStore._perform", "after"),
    "records committed, not reported": Moment("records.sqlite:SqliteStore._commit", "after"),
}


def arm(moment: Moment, skip: int) -> None:
    module_name, _, path = moment.where.partition(":")
    owner: Any = importlib.import_module(module_name)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    setattr(owner, name, _killing(getattr(owner, name), moment.when, skip))


def _killing(function: Callable[..., Any], when: str, skip: int) -> Callable[..., Any]:
    left = skip

    def pass_by() -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def around_async(*args: Any, **kwargs: Any) -> Any:
            if when == "before":
                pass_by()
            result = await function(*args, **kwargs)
            if when == "after":
                pass_by()
            return result

        return around_async

    @wraps(function)
    def around(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            pass_by()
        result = function(*args, **kwargs)
        if when == "after":
            pass_by()
        return result

    return around


def _soon(function: Function) -> str:
    """Timer triggers run every few seconds, so that no test waits a minute for what they repair."""
    return "*/3 * * * * *"


if __name__ == "__main__":
    chosen, passes, *rest = sys.argv[1:]
    timer_trigger._expression = _soon
    if chosen:
        arm(MOMENTS[chosen], int(passes))
    sys.exit(main(rest))
