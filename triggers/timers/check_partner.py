"""Timer that looks once a day which partner relationships end and who took back consent, and mails who is to know."""

import logging

import azure.functions as func

from domain.errors import Problem
from graph.errors import GraphError
from messaging.mail_text import partner_warnings_mail
from records.errors import RecordsError
from services import Services, current_services
from triggers.timers.notices import mail_notice
from use_cases.check_partner import check_partner

app = func.Blueprint()  # type: ignore[no-untyped-call]

_log = logging.getLogger("mfareset.partner")


# Every hour, so that what could not be read or mailed is tried again soon; the reading itself is due once a day.
@app.timer_trigger(schedule="45 20 * * * *", arg_name="timer", run_on_startup=False)
async def check_partner_relationships(timer: func.TimerRequest) -> None:
    services = current_services()
    if services.policy.partner.tenant_id is None:
        return
    try:
        await check_partner(services)
    except (GraphError, Problem) as error:
        _log.warning("the partner relationships could not be read: %s", error.reason)
    except RecordsError as error:
        _log.warning("the partner relationships could not be checked: %s", type(error).__name__)
    await mail_warnings(services)


async def mail_warnings(services: Services) -> None:
    """Send one mail about all warnings that are new; what could not be sent is tried again in an hour."""
    to = services.policy.partner.notify
    if not to:
        return
    try:
        new = [warning for warning in await services.partner_records.warnings() if warning.mailed_at is None]
        if not new:
            return
        names = {key: customer.name or key for key, customer in services.policy.customers.items()}
        await mail_notice(
            services,
            to,
            "partnerWarnings",
            lambda address: partner_warnings_mail(new, names, services.now(), to=address),
        )
        await services.partner_records.mailed(new, services.now())
    except GraphError as error:
        _log.warning("no one could be mailed about partner relationships: %s", error.reason)
    except RecordsError as error:
        _log.warning("partner warnings could not be read: %s", type(error).__name__)
