"""Mail each approver a link of their own. What was sent is recorded, so that a repeat mails only the others.

Many requests at once become one mail to an approver: each waits a moment for others, and in a burst for the rest of a minute.
"""

from typing import NamedTuple

from graph.errors import Fault, GraphError
from services import Services
from use_cases.send_approval_mails import DueMail, due_mails, record_failure, send_approval_mails

# Seconds to wait for others before the first of them is mailed; no longer, because an activity that sleeps is paid for.
_MOMENT = 3.0
# Durable timers may fire a second early, and what is due within a second counts as due (orchestrators.timers).
_TIMER = 2.0


class MailsLeft(NamedTuple):
    """`retry_after`: seconds to wait before the mails that are left are tried again, None when none are left.

    `fault` is the stable word for why they are left, "" where they are only collected.
    """

    retry_after: float | None = None
    fault: str = ""


async def notify_approvers(
    services: Services, request_id: str, *, reminder: int, last: bool, at_once: bool = False
) -> MailsLeft:
    """Send the mails that are due.

    `reminder` is 0 for the first mails, else the number of the reminder. `last`: a fault that may pass counts as a failure.
    `at_once`: a person asked for these mails, so they wait for no others.
    """
    due = await due_mails(services, request_id, reminder)
    if at_once or last:
        return _left([await _send_alone(services, each, last=last) for each in due])
    mailings = services.approver_mailings
    firsts = [await mailings.add(each.entry.approver, request_id, reminder, services.now()) for each in due]
    if any(firsts):
        await services.pause(_MOMENT)
    return _left([await _send_with_others(services, each) for each in due])


async def _send_alone(services: Services, due: DueMail, *, last: bool) -> MailsLeft:
    error = await send_approval_mails(services, [due])
    left = MailsLeft() if error is None else await _left_by(services, due, error, last=last)
    if left.retry_after is None:
        await services.approver_mailings.end(due.entry.approver, [due.request.id], services.now(), sent=error is None)
    return left


async def _send_with_others(services: Services, due: DueMail) -> MailsLeft:
    """Send the mail with all that wait for the same approver, unless another run does, or more are still collected."""
    approver, mailings = due.entry.approver, services.approver_mailings
    turn = await mailings.take(approver, due.request.id, services.now())
    if not turn.send:
        return MailsLeft(turn.wait + _TIMER)
    together = [
        each
        for request_id, reminder in turn.send.items()
        for each in await due_mails(services, request_id, reminder)
        if each.entry.approver == approver
    ]
    error = await send_approval_mails(services, together) if together else None
    if error is None:
        await mailings.end(approver, turn.send, services.now(), sent=bool(together))
        # Whether this one was among them, the next look shows.
        return MailsLeft() if due.request.id in turn.send else MailsLeft(_TIMER)
    await mailings.end(approver, turn.send, services.now(), sent=False)
    return await _left_by(services, due, error, last=False)


async def _left_by(services: Services, due: DueMail, error: GraphError, *, last: bool) -> MailsLeft:
    if error.passing and not last:
        return MailsLeft(error.retry_after or 0.0, error.fault.value)
    await record_failure(services, due, error)
    return MailsLeft()


def _left(each: list[MailsLeft]) -> MailsLeft:
    """Return what is left of all: a fault before what is only collected."""
    waits = [left.retry_after for left in each if left.retry_after is not None]
    if not waits:
        return MailsLeft()
    faults = [left for left in each if left.fault]
    if not faults:
        return MailsLeft(min(waits))
    return MailsLeft(max(left.retry_after or 0.0 for left in faults), faults[-1].fault or Fault.UNAVAILABLE.value)
