"""Timer that marks bounced approver mails: read from the sender's mailbox, shown in the request, to be sent again."""

import logging
from datetime import datetime, timedelta
from typing import NamedTuple

import azure.functions as func

from domain.outcomes import RequestStatus
from domain.request.reset_request import Approver, ResetRequest
from graph.bounces import Bounce, read_bounces
from graph.errors import Fault, GraphError
from records.errors import RecordsError
from services import Services, current_services
from telemetry.metrics import count

app = func.Blueprint()  # type: ignore[no-untyped-call]

_log = logging.getLogger("mfareset.bounces")
_PAGE = 100
# Exchange Online gives up on a mail after a day; a server on the way may keep it for another.
_WAITED_FOR = timedelta(hours=48)
# The clocks of this service and of Exchange may differ by this much.
_CLOCK_DIFFERENCE = timedelta(minutes=5)
NOT_READ = (
    "the mailbox of MAIL_FROM cannot be read: approver mails that bounce are not noticed. Grant the application Mail.Read for that"
    " one mailbox (docs/deploy.md, Bounced mails)"
)


class _Mail(NamedTuple):
    """A mail that may still bounce."""

    request_id: str
    approver: str
    at: datetime


@app.timer_trigger(schedule="30 */5 * * * *", arg_name="timer", run_on_startup=False)
async def read_bounced_mails(timer: func.TimerRequest) -> None:
    try:
        await mark_bounced(current_services())
    except RecordsError as error:  # the next run comes in five minutes, and finds the same reports
        _log.warning("bounced mails could not be looked for: %s", type(error).__name__)


async def mark_bounced(services: Services) -> None:
    """Mark the approver mails that bounced. It may stop at any point and run again: nothing is written twice.

    Graph is called only while a mail may still bounce. A report counts only with the reference of such a mail, which only its
    recipient knows; a forged one costs a further mail at most.
    """
    waiting = await _waiting(services)
    if not waiting:
        return
    since = min(mail.at for mails in waiting.values() for mail in mails) - _CLOCK_DIFFERENCE
    for bounce in await _read(services, since):
        for reference in bounce.references & waiting.keys():
            for mail in waiting[reference]:
                await _mark(services, mail, reference, bounce)


async def _waiting(services: Services) -> dict[str, list[_Mail]]:
    """Return, by reference, the mails of requests that wait for approval which were sent and may still bounce.

    One mail may be about several requests.
    """
    after, found, oldest = "", dict[str, list[_Mail]](), services.now() - _WAITED_FOR
    while page := await services.requests.open(after, _PAGE):
        for row in page:
            request = await services.requests.get(row.key)
            if request is not None and request.status is RequestStatus.AWAITING_APPROVAL:
                for entry in request.approval.approvers:
                    if entry.mail == "sent" and entry.mailed_at is not None and entry.mailed_at >= oldest:
                        mail = _Mail(request.id, entry.approver, entry.mailed_at)
                        found.setdefault(entry.reference, []).append(mail)
        after = page[-1].key
    return found


async def _read(services: Services, since: datetime) -> list[Bounce]:
    try:
        return await read_bounces(
            services.graph.of(services.settings.graph_home_tenant), services.settings.mail_from, since
        )
    except GraphError as error:
        if error.fault is not Fault.FORBIDDEN:
            _log.warning("bounced mails could not be read: %s", error.reason)  # the next run tries again
        elif services.is_first("bounces"):
            _log.warning(NOT_READ)
        return []


async def _mark(services: Services, mail: _Mail, reference: str, bounce: Bounce) -> None:
    data = {"approver": mail.approver, "reason": bounce.code or "unknown"}
    if await services.audits.append(
        mail.request_id, services.now(), "service", "mailBounced", data, once=f"mailBounced:{reference}"
    ):
        count("mfareset.mails", kind="approval", result="bounced")

    def marked(entry: Approver) -> Approver:
        # Where the approver was mailed again meanwhile, the report is about the earlier mail.
        if entry.reference != reference or entry.mail != "sent":
            return entry
        return entry.model_copy(update={"mail": "bounced", "detail": bounce.detail})

    def change(request: ResetRequest) -> ResetRequest:
        return request.with_approvers(marked)

    await services.requests.update(mail.request_id, change)
