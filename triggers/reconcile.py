"""Timer: repairs what a fault in the middle left behind: a request without an orchestration, a decision nobody was woken for."""

import logging

import azure.durable_functions as df
import azure.functions as func

from domain.outcomes import RequestStatus
from domain.requests import ResetRequest
from services import Services, services
from triggers.starting import ensure_started, wake

app = df.Blueprint()

_log = logging.getLogger("mfareset.reconcile")
# Requests looked at per run, newest first. Older ones that have not ended wait for a timer of their own.
_PAGE, _MOST = 100, 1000


@app.timer_trigger(schedule="0 * * * * *", arg_name="timer", run_on_startup=False)
@app.durable_client_input(client_name="client")
async def reconcile(timer: func.TimerRequest, client: df.DurableFunctionsClient) -> None:
    s = services()
    cursor, seen = "", 0
    while seen < _MOST:
        page, cursor = await s.requests.newest(cursor, _PAGE)
        for request in page:
            if not request.status.ended:
                await _repair(s, client, request)
        seen += _PAGE
        if not cursor:
            return


async def _repair(s: Services, client: df.DurableFunctionsClient, request: ResetRequest) -> None:
    if await ensure_started(client, request):
        _log.warning("request %s had no running orchestration and was started", request.id)
    elif request.status is RequestStatus.AWAITING_APPROVAL and (
        await s.requests.decisions(request.id) or await s.requests.cancelled(request.id) is not None
    ):
        await wake(client, request.id)
