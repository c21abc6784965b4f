"""What follows the end of a request: its last event, the mail to the requester, notices to the users, and a look at them later."""

from datetime import UTC, datetime
from typing import Any

from durabletask.task import OrchestrationContext, TaskFailedError

from orchestrators.app import RETRY, app
from orchestrators.event_delivery import deliver
from orchestrators.fan_out import FanOut, Step
from orchestrators.retry import patiently

# Customers whose users are looked at side by side in the follow-up; it is in no hurry.
_LOOKS = 4


def start_aftermath(ctx: OrchestrationContext, request: dict[str, Any]) -> None:
    """Starts it beside the request, which is not held up by mails and has ended long before the follow-up."""
    ctx.call_sub_orchestrator("after_request", input=request)


@app.orchestration_trigger(context_name="context")
def after_request(ctx: OrchestrationContext, work: dict[str, Any]) -> Step:
    """`work`: {"id"}. Started twice it mails nobody twice: what was sent is in the records.

    Patient, because nobody starts an ended request's orchestration again.
    """
    request = {"id": work["id"]}
    yield from _tell(ctx, request, "completed")
    todo = yield from patiently(ctx, "begin_after", request)
    if todo["mail"]:
        yield from _each(ctx, "send_outcome_mail", [request | {"kind": "outcome"}])
    # One after the other: all mails leave the same mailbox, and that has one limit.
    notices = [request | {"start": start, "count": count} for _, start, count in todo["notices"]]
    yield from _each(ctx, "notify_users", notices)
    if todo["due"] is None:
        return {}
    yield ctx.create_timer(datetime.fromisoformat(todo["due"]).astimezone(UTC).replace(tzinfo=None))
    looks = [request | {"customer": key, "start": start, "count": count} for key, start, count in todo["users"]]
    yield from _each(ctx, "follow_up", looks, width=1, total=_LOOKS)
    yield from patiently(ctx, "end_follow_up", request)
    yield from _tell(ctx, request, "followedUp")
    if todo["mail"]:
        yield from _each(ctx, "send_outcome_mail", [request | {"kind": "followUp"}])
    return {}


@app.orchestration_trigger(context_name="context")
def mail_again(ctx: OrchestrationContext, work: dict[str, Any]) -> Step:
    """`work`: {"id", "kinds": mails to the requester, "notices": [[start, count], ...]}. What was sent is not sent twice."""
    request = {"id": work["id"]}
    yield from _each(ctx, "send_outcome_mail", [request | {"kind": kind} for kind in work["kinds"]])
    notices = [request | {"start": start, "count": count} for start, count in work["notices"]]
    yield from _each(ctx, "notify_users", notices)
    return {}


def _tell(ctx: OrchestrationContext, request: dict[str, Any], kind: str) -> Step:
    deliver(ctx, request, kind, (yield from patiently(ctx, "record_event", request | {"kind": kind})))


def _each(
    ctx: OrchestrationContext, activity: str, works: list[dict[str, Any]], *, width: int = 1, total: int = 1
) -> Step:
    fan_out = FanOut(ctx, activity, works, width, total=total)
    yield from fan_out.run()
    for work, _ in fan_out.left:  # once more, so that it is recorded what did not get out
        try:
            yield ctx.call_activity(activity, input=work | {"last": True}, retry_policy=RETRY)
        except TaskFailedError:
            continue
