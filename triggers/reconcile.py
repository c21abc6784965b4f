"""Timer: repairs what a fault in the middle left behind: a request without an orchestration, a decision nobody was woken for."""

import logging
from datetime import datetime, timedelta

import azure.durable_functions as df
import azure.functions as func
import grpc

from activities.settle_approval import came_to
from domain.approval import Verdict
from domain.outcomes import RequestStatus, TargetOutcome
from domain.requests import ResetRequest
from records.errors import RecordsError
from records.store import Row
from services import Services, services
from telemetry.metrics import count
from triggers.starting import ensure_started, wake

app = df.Blueprint()

_log = logging.getLogger("mfareset.reconcile")
_PAGE = 100
# A request whose own record is still missing after this long was given up by whoever began to write it.
_UNWRITTEN = timedelta(hours=1)


@app.timer_trigger(schedule="0 * * * * *", arg_name="timer", run_on_startup=False)
@app.durable_client_input(client_name="client")
async def reconcile(timer: func.TimerRequest, client: df.DurableFunctionsClient) -> None:
    s = services()
    after = ""
    while page := await s.requests.open(after, _PAGE):
        for row in page:
            try:
                await _look_at(s, client, row)
            except (
                RecordsError,
                grpc.RpcError,
            ) as error:  # the next run comes in a minute; the others need not wait for it
                _log.warning("request %s could not be looked at: %s", row.key, type(error).__name__)
        after = page[-1].key


async def _look_at(s: Services, client: df.DurableFunctionsClient, row: Row) -> None:
    request = await s.requests.get(row.key)
    if request is None:
        if s.now() - datetime.fromisoformat(row.value["at"]) > _UNWRITTEN:
            await s.requests.close(row)
    elif request.status.ended:
        await s.requests.close(row)
    else:
        await _repair(s, client, request, row)


async def _repair(s: Services, client: df.DurableFunctionsClient, request: ResetRequest, row: Row) -> None:
    async def may_restart() -> bool:
        times = await s.requests.note_restart(row, s.now())
        if not times:
            return False
        _log.error("request %s: its orchestration is broken and is started anew, number %d", request.id, times)
        count("mfareset.requests.restarted")
        await s.audits.append(request.id, s.now(), "service", "restarted", {"times": times}, once=f"restarted:{times}")
        return True

    if await ensure_started(client, request, may_restart):
        _log.warning("request %s had no running orchestration and was started", request.id)
    # Woken only for something to do: each event stays in the history of an orchestration that may wait for days.
    elif await _can_go_on(s, request):
        await wake(client, request.id)


async def _can_go_on(s: Services, request: ResetRequest) -> bool:
    if request.status is RequestStatus.AWAITING_APPROVAL:
        return await came_to(s, request) is not Verdict.WAITING
    return bool(request.undo_of) and request.status is RequestStatus.RESETTING and await _has_its_codes(s, request)


async def _has_its_codes(s: Services, request: ResetRequest) -> bool:
    pending = (await s.targets.totals(request.id))[TargetOutcome.PENDING.value]
    return not pending or await s.requests.cancelled(request.id) is not None
