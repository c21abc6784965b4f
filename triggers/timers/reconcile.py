"""Timer that repairs what an interruption left behind: a request or an unblocking without an orchestration, a lost wake-up."""

import logging
from datetime import timedelta

import azure.functions as func

import durable
from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.approval import Verdict
from domain.request.plan import window_starts
from domain.request.reset_request import ResetRequest
from domain.verification.settlement import waits
from records.errors import RecordsError
from records.limits import instant_in
from records.store import Row
from records.verification_windows import unread_windows
from services import Services, current_services
from telemetry.metrics import count
from use_cases.admit_request import end_usage
from use_cases.approval_verdict import current_verdict
from use_cases.orchestrations import ensure_started, wake
from use_cases.read_targets import all_targets
from use_cases.release_users import ensure_released

app = durable.Blueprint()

_log = logging.getLogger("mfareset.reconcile")
_PAGE = 100
# A request whose own record is still missing after this long was abandoned by the caller that began to write it.
_UNWRITTEN = timedelta(hours=1)


@app.timer_trigger(schedule="0 * * * * *", arg_name="timer", run_on_startup=False)
@app.durable_client_input(client_name="client")
async def reconcile(timer: func.TimerRequest, client: durable.Client) -> None:
    services = current_services()
    after = ""
    while page := await services.requests.open(after, _PAGE):
        for row in page:
            try:
                await _check(services, client, row)
            except (RecordsError, durable.EngineError) as error:
                # The next run comes in a minute; the others need not wait for it.
                _log.warning("request %s could not be checked: %s", row.key, type(error).__name__)
        after = page[-1].key
    await _check_releases(services, client)


async def _check_releases(services: Services, client: durable.Client) -> None:
    after = ""
    while page := await services.releases.open(after, _PAGE):
        for row in page:
            try:
                if await ensure_released(services, client, row):
                    _log.warning("%s had no running orchestration and was started", row.key)
            except (RecordsError, durable.EngineError) as error:
                _log.warning("%s could not be checked: %s", row.key, type(error).__name__)
        after = page[-1].key


async def _check(services: Services, client: durable.Client, row: Row) -> None:
    request = await services.requests.get(row.key)
    if request is None:
        at = instant_in(row.value, "at")
        if at is None or services.now() - at > _UNWRITTEN:
            await services.requests.close(row)
    elif request.is_over:
        await end_usage(services, request)
        await services.requests.close(row)
    else:
        await _repair(services, client, request, row)


async def _repair(services: Services, client: durable.Client, request: ResetRequest, row: Row) -> None:
    async def may_restart() -> bool:
        times = await services.requests.note_restart(row, services.now())
        if not times:
            return False
        _log.error("request %s: its orchestration is broken and is started anew, number %d", request.id, times)
        count("mfareset.requests.restarted")
        await services.audits.append(
            request.id, services.now(), "service", "restarted", {"times": times}, once=f"restarted:{times}"
        )
        return True

    if await ensure_started(client, request, may_restart):
        _log.warning("request %s had no running orchestration and was started", request.id)
    # Woken only for something to do: each event stays in the history of an orchestration that may wait for days.
    elif await _can_proceed(services, request):
        await wake(client, request.id)


async def _can_proceed(services: Services, request: ResetRequest) -> bool:
    if request.status.ended:  # its record cannot be read, and the orchestration writes its end
        return True
    if request.status is RequestStatus.AWAITING_APPROVAL:
        return await current_verdict(services, request) is not Verdict.WAITING
    if request.status is RequestStatus.PLANNING and request.verification is not None:
        return request.verification.ended_at is None and await _has_evidence(services, request)
    return (
        bool(request.undo_of)
        and request.status is RequestStatus.RESETTING
        and await _has_no_open_codes(services, request)
    )


async def _has_evidence(services: Services, request: ResetRequest) -> bool:
    """Return whether nobody waits for evidence any more, or the request was cancelled."""
    if await services.requests.cancelled(request.id) is not None:
        return True
    starts = window_starts(request.target_count)
    if len(starts) > 1:
        windows = await services.verification_windows.read(request.id)
        unread = unread_windows(starts, windows, services.now())
        return bool(unread) or all(window.until is None for window in windows.values())
    return not any([waits(target) async for target in all_targets(services, request.id)])


async def _has_no_open_codes(services: Services, request: ResetRequest) -> bool:
    pending = (await services.targets.totals(request.id))[TargetOutcome.PENDING.value]
    return not pending or await services.requests.cancelled(request.id) is not None
