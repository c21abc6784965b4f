"""What must be written is tried for most of a day while the records are away."""

from datetime import timedelta
from typing import Any

from durabletask.task import OrchestrationContext, TaskFailedError

from orchestrators.app import RETRY
from orchestrators.fan_out import Step

_PAUSE = timedelta(minutes=5)
_TRIES = 200


def patiently(ctx: OrchestrationContext, activity: str, work: dict[str, Any]) -> Step:
    """The answer of an activity that must not be left out. Raises TaskFailedError in the end."""
    for _ in range(_TRIES):
        try:
            return (yield ctx.call_activity(activity, input=work, retry_policy=RETRY))
        except TaskFailedError:  # the records did not answer for minutes
            yield ctx.create_timer(_PAUSE)
    return (yield ctx.call_activity(activity, input=work, retry_policy=RETRY))
