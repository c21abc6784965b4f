"""Mails that timers send to those who run the service."""

from collections.abc import Callable, Iterable

from graph.errors import GraphError
from languages import in_language
from messaging.mail import send_mail
from messaging.mail_text import Mail
from services import Services
from telemetry.metrics import count


async def mail_notice(services: Services, to: Iterable[str], kind: str, write: Callable[[str], Mail]) -> None:
    """Send each address the mail that `write` makes for it, in their own language or that of notices; `kind` is for the metric.

    Raises: GraphError where one could not be sent, without those after it.
    """
    for address in to:
        with in_language(services.policy.language_for((), address)):
            mail = write(address)
        try:
            await send_mail(services.graph, services.settings.graph_home_tenant, services.settings.mail_from, mail)
        except GraphError:
            count("mfareset.mails", kind=kind, result="failed")
            raise
        count("mfareset.mails", kind=kind, result="sent")
