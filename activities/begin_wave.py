"""Activity: says which users are the next wave of a scheduled request, unless too many users of the one before failed."""

from activities.app import activity
from activities.settle_targets import settle_open
from contracts.workflow import BEGIN_WAVE, TargetsToSettle, WaveBegun, WaveRef, WavesEnded
from domain.model import iso
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.request.schedule import NextWave, Schedule, Wave, percent_failed
from domain.request.windows import windows
from services import Services, current_services

_PAGE = 500


@activity(BEGIN_WAVE)
async def begin_wave(work: WaveRef) -> WaveBegun | WavesEnded | TargetsToSettle:
    return await begin(current_services(), work["id"], work["wave"])


async def begin(services: Services, request_id: str, number: int) -> WaveBegun | WavesEnded | TargetsToSettle:
    """May be repeated: a wave that was begun stays as it is."""
    request = await services.requests.get(request_id)
    if request is None:
        raise LookupError(request_id)
    if request.status is not RequestStatus.RESETTING or await services.requests.cancelled(request_id) is not None:
        return {"next": "end"}
    schedule = request.schedule or Schedule()
    if number and await _has_failed(services, request, schedule, schedule.begun[number - 1]):
        return await _stop(services, request, number)
    start = schedule.begun[number - 1].start + schedule.begun[number - 1].count if number else 0
    if start >= request.target_count:
        return {"next": "end"}
    wave = schedule.part(number)
    if wave is None:
        end = request.target_count
        if number < len(schedule.waves):
            end = await _end_of(services, request, start, schedule.waves[number])
        wave = NextWave(number=number, start=start, count=end - start)
        await _note(services, request, wave)
    return {"next": "run", "windows": _windows(request, wave)}


async def _end_of(services: Services, request: ResetRequest, start: int, users: int) -> int:
    """Return the number after that of the last of so many users who are to be reset."""
    at, found = start, 0
    while at < request.target_count:
        page = await services.targets.range(request.id, at, _PAGE)
        if not page:
            break
        for kept in page:
            at = kept.target.number + 1
            found += not kept.target.settled
            if found == users:
                return at
    return request.target_count


async def _note(services: Services, request: ResetRequest, wave: NextWave) -> None:
    """Note which users are next; `find_open_customers` notes when the first of them may be reset."""

    def noted(now: ResetRequest) -> ResetRequest:
        schedule = now.schedule or Schedule()
        if schedule.part(wave.number) is not None:
            return now
        return now.model_copy(update={"schedule": schedule.model_copy(update={"upcoming": wave})})

    await services.requests.update(request.id, noted)


async def _has_failed(services: Services, request: ResetRequest, schedule: Schedule, wave: Wave) -> bool:
    if schedule.stop_above is None:
        return False
    found = await services.targets.range(request.id, wave.start, wave.count)
    outcomes = [kept.target.outcome for kept in found if kept.target.number < wave.start + wave.count]
    return percent_failed(outcomes) > schedule.stop_above


async def _stop(services: Services, request: ResetRequest, number: int) -> WavesEnded | TargetsToSettle:
    """Settle the users of all waves that were not begun; they were not touched."""
    now = services.now()

    def stopped(r: ResetRequest) -> ResetRequest:
        if r.schedule is None or r.schedule.stopped_at is not None:
            return r
        return r.model_copy(update={"schedule": r.schedule.model_copy(update={"stopped_at": now})})

    request = await services.requests.update(request.id, stopped)
    at = (request.schedule.stopped_at if request.schedule else None) or now
    data = {"wave": number, "at": iso(at)}
    await services.audits.append(request.id, at, "service", "wavesStopped", data, once="wavesStopped")
    return await settle_open(services, request.id, "wavesStopped", None) or {"next": "end"}


def _windows(request: ResetRequest, wave: Wave | NextWave) -> list[tuple[str, int, int]]:
    """Return the windows of the request as far as they are in the wave."""
    last = wave.start + wave.count
    clipped = [
        (customer, max(first, wave.start), min(first + count, last)) for customer, first, count in windows(request)
    ]
    return [(customer, first, end - first) for customer, first, end in clipped if first < end]
