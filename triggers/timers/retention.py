"""Timer that removes every night what is older than the policy keeps."""

import logging
from datetime import timedelta

import azure.functions as func

import durable
from domain.ingress.unused import KEPT_DAYS
from domain.request.usage import LONGEST_WINDOW
from services import current_services
from telemetry.events import log_event

app = durable.Blueprint()

_log = logging.getLogger("mfareset.retention")
# Requests removed in one night; the next night goes on with the rest.
_MAX_REQUESTS = 1000

# What people chose in the console, with names of users: they outlast a long leave.
_CHOICE_DAYS = 90
# Longer than any session: the test sign-in's have ten hours, App Service's eight unless it is set otherwise.
_LONGEST_SESSION = timedelta(days=30)
# Entra keeps its audit log for at most 30 days (learn.microsoft.com/entra/identity/monitoring-health/reference-reports-data-retention):
# what was removed earlier can no longer be held against it.
_AUDITED = timedelta(days=35)


@app.timer_trigger(schedule="0 0 3 * * *", arg_name="timer", run_on_startup=False)
@app.durable_client_input(client_name="client")
async def purge(timer: func.TimerRequest, client: durable.Client) -> None:
    services = current_services()
    keep, now = services.policy.retention, services.now()
    before = now - timedelta(days=keep.request_days)
    gone = await services.retention.purge_requests(before, _MAX_REQUESTS, now)
    senders = {*services.policy.sources, *(f"api:{request.requested_by}" for request in gone)}
    await services.sign_outs.purge(now - _LONGEST_SESSION, now)
    deliveries = await services.retention.purge_deliveries(sorted(senders), before, now)
    await services.usage_counts.purge(now - LONGEST_WINDOW)
    await services.block_counts.purge(now - LONGEST_WINDOW)
    unused = await services.unused_deliveries.purge(services.policy.sources, now - timedelta(days=KEPT_DAYS))
    await services.removals.purge((one.tenant_id for one in services.policy.customers.values()), now - _AUDITED)
    await services.console_choices.purge(now - timedelta(days=_CHOICE_DAYS), before, now)
    await services.reconciliations.purge(before)
    # Otherwise the engine keeps ended orchestrations for ever: Azure Storage has no retention of its own.
    await durable.forget_ended_before(client, now - timedelta(days=keep.history_days))
    for request in gone:
        log_event("purged", request.id, {})
    _log.info("purged %d requests, %d deliveries and %d unused ones", len(gone), deliveries, unused)
