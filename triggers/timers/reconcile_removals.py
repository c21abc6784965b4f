"""Timer that holds each customer's audit log against our records, and mails who is to know what does not agree."""

import logging
from datetime import timedelta

import azure.functions as func

from domain.policy.load import Customer
from graph.errors import GraphError
from messaging.mail_text import removal_alerts_mail
from records.errors import RecordsError
from services import Services, current_services
from triggers.timers.notices import mail_notice
from use_cases.reconcile_removals import reconcile_customer
from use_cases.side_by_side import side_by_side

app = func.Blueprint()  # type: ignore[no-untyped-call]

_log = logging.getLogger("mfareset.reconciliation")
# Customers read side by side; each has a limit of its own at Graph.
_AT_ONCE = 16
# About removals of before then no mail is sent, should none have gone out until now: the console has them.
_MAILED_FOR = timedelta(days=8)


@app.timer_trigger(schedule="15 */5 * * * *", arg_name="timer", run_on_startup=False)
async def reconcile_removals(timer: func.TimerRequest) -> None:
    services = current_services()
    if services.policy.reconciliation.enabled:
        await reconcile_all(services)
        await mail_alerts(services)


async def reconcile_all(services: Services) -> None:
    """Read every customer once. One that cannot be read does not hold up the others, and the console says why."""

    async def one(named: tuple[str, Customer]) -> None:
        key, customer = named
        try:
            await reconcile_customer(services, key, customer)
        except RecordsError as error:  # the next run comes in five minutes
            _log.warning("removals of %s could not be reconciled: %s", key, type(error).__name__)

    await side_by_side(one, services.policy.customers.items(), at_once=_AT_ONCE)


async def mail_alerts(services: Services) -> None:
    """Send one mail about all alerts that are new; what could not be sent is tried again in five minutes."""
    to = services.policy.reconciliation.notify
    if not to:
        return
    try:
        alerts = await services.reconciliations.unmailed(services.now() - _MAILED_FOR)
        if not alerts:
            return
        names = {key: customer.name or key for key, customer in services.policy.customers.items()}
        await mail_notice(
            services,
            to,
            "removalAlerts",
            lambda address: removal_alerts_mail(alerts, names, services.now(), to=address),
        )
        await services.reconciliations.mailed(alerts, services.now())
    except GraphError as error:
        _log.warning("no one could be mailed about removal alerts: %s", error.reason)
    except RecordsError as error:
        _log.warning("removal alerts could not be read: %s", type(error).__name__)
