"""What follows the end of a request: its last event, the mail to the requester, notices to the users, and a look at them later."""

from collections.abc import Mapping, Sequence
from typing import Literal

from contracts.words import EventKind
from contracts.workflow import (
    BEGIN_POST_COMPLETION,
    END_FOLLOW_UP,
    FOLLOW_UP,
    MAIL_AGAIN,
    NOTIFY_USERS,
    POST_COMPLETION,
    RECORD_EVENT,
    SEND_OUTCOME_MAIL,
    SUMMARISE_TARGETS,
    Activity,
    Event,
    FollowUpWindow,
    MailsAgain,
    Nothing,
    OutcomeMail,
    Progress,
    RequestRef,
    SummaryWindow,
    UserNotices,
)
from durable import Context, Step, TaskFailedError, instance_id, start_child
from orchestrators.app import call_activity, orchestrator
from orchestrators.call_until_available import call_until_available
from orchestrators.event_delivery import start_deliveries
from orchestrators.fan_out import FanOut
from orchestrators.lanes import last_run
from orchestrators.timers import create_timer_at, naive_utc

# Customers whose users are looked at side by side in the follow-up; it is in no hurry.
_LOOKS = 4


def start_post_completion(ctx: Context, run: str, request: RequestRef) -> None:
    """Start it beside the request, which is not held up by mails and has ended long before the follow-up."""
    start_child(ctx, POST_COMPLETION, RequestRef(id=request["id"]), f"{run}:post")


@orchestrator(POST_COMPLETION)
def post_completion(ctx: Context, work: RequestRef) -> Step[Nothing]:
    """Started twice it mails each person once: what was sent is in the records.

    It waits long for the records, because an ended request's orchestration is not started again.
    """
    request_id = work["id"]
    yield from _deliver(ctx, work, "completed")
    plan = yield from call_until_available(ctx, BEGIN_POST_COMPLETION, work)
    if plan["mail"]:
        yield from _run_each(ctx, SEND_OUTCOME_MAIL, [OutcomeMail(id=request_id, kind="outcome")])
    # One after the other: all mails leave the same mailbox, and that has one limit.
    notices = [UserNotices(id=request_id, start=start, count=count) for _, start, count in plan["notices"]]
    yield from _run_each(ctx, NOTIFY_USERS, notices)
    if plan["due"] is None:
        return {}
    looks = [
        FollowUpWindow(id=request_id, customer=customer, start=start, count=count)
        for customer, start, count in plan["users"]
    ]
    # Absent in the histories of version 1.1 and before, which had one look.
    for at in plan.get("early", []):
        yield create_timer_at(ctx, naive_utc(at))
        yield from _run_each(ctx, FOLLOW_UP, [FollowUpWindow(**look, more=True) for look in looks], total=_LOOKS)
    yield create_timer_at(ctx, naive_utc(plan["due"]))
    yield from _run_each(ctx, FOLLOW_UP, looks, total=_LOOKS)
    ended = yield from call_until_available(ctx, END_FOLLOW_UP, work)
    while windows := ended.get("windows"):
        yield from _summarise(ctx, request_id, "followUps", windows)
        ended = yield from call_until_available(ctx, END_FOLLOW_UP, work)
    yield from _deliver(ctx, work, "followedUp")
    if plan["mail"]:
        yield from _run_each(ctx, SEND_OUTCOME_MAIL, [OutcomeMail(id=request_id, kind="followUp")])
    return {}


@orchestrator(MAIL_AGAIN)
def mail_again(ctx: Context, work: MailsAgain) -> Step[Nothing]:
    """What was sent is not sent twice."""
    yield from _run_each(ctx, SEND_OUTCOME_MAIL, [OutcomeMail(id=work["id"], kind=kind) for kind in work["kinds"]])
    notices = [UserNotices(id=work["id"], start=start, count=count) for start, count in work["notices"]]
    yield from _run_each(ctx, NOTIFY_USERS, notices)
    return {}


def _deliver(ctx: Context, request: RequestRef, kind: EventKind) -> Step[None]:
    event = Event(id=request["id"], kind=kind)
    recorded = yield from call_until_available(ctx, RECORD_EVENT, event)
    while windows := recorded.get("windows"):
        yield from _summarise(ctx, request["id"], "outcomes", windows)
        recorded = yield from call_until_available(ctx, RECORD_EVENT, event)
    start_deliveries(ctx, instance_id(ctx), request, kind, recorded["senders"])


def _summarise(
    ctx: Context, request_id: str, of: Literal["outcomes", "followUps"], starts: Sequence[int]
) -> Step[None]:
    for start in starts:
        yield from call_until_available(ctx, SUMMARISE_TARGETS, SummaryWindow(id=request_id, start=start, of=of))


def _run_each[Work: Mapping[str, object]](
    ctx: Context, activity: Activity[Work, Progress], works: Sequence[Work], *, total: int = 1
) -> Step[None]:
    fan_out = FanOut(ctx, activity, works, 1, total=total)
    yield from fan_out.run()
    for work, _ in fan_out.left:  # once more, so that it is recorded what did not get out
        try:
            yield from call_activity(ctx, activity, last_run(work))
        except TaskFailedError:
            continue
