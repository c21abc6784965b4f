"""Call an activity that must not be left out, for most of a day while the records are away."""

from contracts.workflow import Activity
from durable import Context, Step, TaskFailedError
from orchestrators.app import call_activity
from orchestrators.timers import create_timer_after

_PAUSE = 300.0  # seconds
_TRIES = 200


def call_until_available[Input, Answer](ctx: Context, activity: Activity[Input, Answer], work: Input) -> Step[Answer]:
    """Return the activity's answer. Raises TaskFailedError in the end."""
    for _ in range(_TRIES):
        try:
            return (yield from call_activity(ctx, activity, work))
        except TaskFailedError:  # the records did not answer for minutes
            yield create_timer_after(ctx, _PAUSE)
    return (yield from call_activity(ctx, activity, work))
