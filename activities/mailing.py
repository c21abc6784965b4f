"""Sends one mail and says what became of it.

Graph has no idempotency key for sendMail. What was sent is recorded right after Graph took it, and whatever is recorded is not
sent again; a mail repeats only when Graph took it and the answer or the record was lost.
"""

from typing import NamedTuple

from domain.mails import Mailed, MailKind, MailTo
from graph.errors import GraphError
from messaging.mail import send_mail
from messaging.mail_text import Mail
from services import Services
from telemetry.metrics import count


class Try(NamedTuple):
    """`made` is None while it is to be tried again after `again` seconds, because of `fault`."""

    made: Mailed | None
    again: float = 0.0
    fault: str = ""


async def try_mail(services: Services, mail: Mail, *, kind: MailKind, to: MailTo, last: bool) -> Try:
    """One attempt. A fault that may pass is tried again unless this is the `last` one."""
    try:
        await send_mail(services.graph, services.settings.graph_home_tenant, services.settings.mail_from, mail)
    except GraphError as error:
        if error.passing and not last:
            return Try(None, error.retry_after or 0.0, error.fault.value)
        count("mfareset.mails", kind=kind, result="failed")
        return Try(
            Mailed(kind=kind, to=to, state="failed", detail=error.detail, at=services.now()), fault=error.fault.value
        )
    count("mfareset.mails", kind=kind, result="sent")
    return Try(Mailed(kind=kind, to=to, state="sent", at=services.now()))
