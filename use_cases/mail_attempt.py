"""Try once to send a mail, and return what is to be recorded of it.

Graph has no idempotency key for sendMail. What was sent is recorded right after Graph accepted it, and what is recorded is not
sent again; a mail repeats only when Graph accepted it and the response or the record was lost.
"""

from typing import NamedTuple

from domain.mails import Mailed, MailKind, MailTo
from graph.errors import GraphError
from messaging.mail import send_mail, send_multipart_mail
from messaging.mail_text import Mail
from services import Services
from telemetry.metrics import count


class MailAttempt(NamedTuple):
    """`made` is the record of the mail, None while it is to be tried again after `retry_after` seconds, because of `fault`."""

    made: Mailed | None
    retry_after: float = 0.0
    fault: str = ""


async def try_mail(services: Services, mail: Mail, *, kind: MailKind, to: MailTo, last: bool) -> MailAttempt:
    """Send a mail without any secret. A fault that may pass is to be tried again unless this is the `last` attempt."""
    send = send_multipart_mail if services.settings.mail_format == "multipart" else send_mail
    try:
        await send(services.graph, services.settings.graph_home_tenant, services.settings.mail_from, mail)
    except GraphError as error:
        if error.passing and not last:
            return MailAttempt(None, error.retry_after or 0.0, error.fault.value)
        count("mfareset.mails", kind=kind, result="failed")
        failed = Mailed(kind=kind, to=to, state="failed", detail=error.detail, at=services.now())
        return MailAttempt(failed, fault=error.fault.value)
    count("mfareset.mails", kind=kind, result="sent")
    return MailAttempt(Mailed(kind=kind, to=to, state="sent", at=services.now()))
