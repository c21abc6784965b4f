"""Activity: who of a planned request has to be verified, who is, and whether there is anybody left to wait for."""

from collections import Counter
from datetime import datetime, timedelta

from activities.app import activity
from contracts.workflow import (
    READ_VERIFICATION_WINDOW,
    SETTLE_VERIFICATION,
    AwaitingEvidence,
    EvidenceEnded,
    Nothing,
    RequestRef,
    VerificationWindowRef,
)
from domain.model import iso
from domain.outcomes import RequestStatus
from domain.request.plan import WINDOW, window_starts
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from domain.verification.evidence import RequestVerification
from domain.verification.external_proof import names_of
from domain.verification.settlement import assessed, waits
from domain.verification.terms import terms_for
from records.targets import StoredTarget
from records.verification_windows import WindowVerification, unread_windows
from services import Services, current_services
from use_cases.identify_people import gather_people
from use_cases.record_evidence import audit_evidence

# When an orchestration of an older version, which reads no windows, asks again.
_SOON = timedelta(minutes=1)


@activity(SETTLE_VERIFICATION)
async def settle_verification(work: RequestRef) -> AwaitingEvidence | EvidenceEnded:
    return await settle(current_services(), work["id"])


@activity(READ_VERIFICATION_WINDOW)
async def read_verification_window(work: VerificationWindowRef) -> Nothing:
    await read_window(current_services(), work["id"], work["start"])
    return {}


async def settle(services: Services, request_id: str) -> AwaitingEvidence | EvidenceEnded:
    """Return how long to wait, and of a long request the windows to read before."""
    request = await gather_people(services, request_id)
    if request.status is not RequestStatus.PLANNING or await services.requests.cancelled(request_id) is not None:
        return {"next": "end"}
    starts = window_starts(request.target_count)
    if len(starts) > 1:
        windows = await services.verification_windows.read(request_id)
        if unread := unread_windows(starts, windows, services.now()):
            return {"next": "wait", "until": iso(services.now() + _SOON), "windows": unread}
    else:
        windows = {0: await _assess_and_count(services, request, 0)}
    states: Counter[str] = Counter()
    for window in windows.values():
        states.update(window.states)
    untils = [window.until for window in windows.values() if window.until is not None]
    if not states:
        return {"next": "end"}
    until = min(untils, default=services.now())
    await _note(services, request, states, RequestVerification(until=until), waiting=bool(untils))
    if untils:
        return {"next": "wait", "until": iso(until), "announce": True}
    await services.verification_windows.forget_users(request_id)
    return {"next": "end"}


async def read_window(services: Services, request_id: str, start: int) -> None:
    """Assess the targets of one window and keep how it stands. What changes meanwhile has it read again."""
    request = await services.requests.get(request_id)
    if request is None or request.status is not RequestStatus.PLANNING:
        return
    await _assess(services, request, start)
    begun = await services.verification_windows.begin(request_id, start)
    await services.verification_windows.end(begun, await _count(services, request, start))
    await _keep_users(services, request_id, start)


async def _keep_users(services: Services, request_id: str, start: int) -> None:
    """Keep who is in a window, so that a proof of another system need not be looked for in all targets."""
    names: dict[str, int] = {}
    for target in (kept.target for kept in await _window(services, request_id, start)):
        for name in names_of(target.user_id, target.user_principal_name):
            if not target.settled or name not in names:  # of several the one that is not settled
                names[name] = target.number
    await services.verification_windows.keep_users(request_id, start, names)


async def _assess_and_count(services: Services, request: ResetRequest, start: int) -> WindowVerification:
    await _assess(services, request, start)
    return await _count(services, request, start)


async def _assess(services: Services, request: ResetRequest, start: int) -> None:
    """Write the targets whose verification changes now, until there are none.

    Evidence may come in while targets are written, and theirs are left alone then: they are looked at again.
    """
    while True:
        pairs: list[tuple[StoredTarget, Target]] = []
        for kept in await _window(services, request.id, start):
            terms = terms_for(services.policy, request.source, kept.target.customer)
            after = assessed(kept.target, terms, services.now())
            if after != kept.target and kept.readable:
                pairs.append((kept, after))
        if not pairs:
            return
        await services.targets.save_all(request.id, pairs)


async def _count(services: Services, request: ResetRequest, start: int) -> WindowVerification:
    states: Counter[str] = Counter()
    untils, ends = list[datetime](), list[datetime]()
    for target in (kept.target for kept in await _window(services, request.id, start)):
        if (verification := target.verification) is None:
            continue
        states[verification.state] += 1
        await audit_evidence(services, request.id, target)  # who recorded it may have stopped before that
        if waits(target):
            untils.append(verification.until)
        elif verification.evidence is not None and not target.settled:
            terms = terms_for(services.policy, request.source, target.customer)
            ends.append(verification.evidence.at + terms.max_age)
    return WindowVerification(states, min(untils, default=None), min(ends, default=None))


async def _window(services: Services, request_id: str, start: int) -> list[StoredTarget]:
    found = await services.targets.range(request_id, start, WINDOW)
    return [kept for kept in found if kept.target.number < start + WINDOW]


async def _note(
    services: Services, request: ResetRequest, states: Counter[str], verification: RequestVerification, *, waiting: bool
) -> None:
    """Write how the verification stands into the request, and the events of its beginning and its end."""
    now = services.now()
    ended = None if waiting else now
    noted = verification.model_copy(update={"ended_at": ended})
    await services.requests.update(
        request.id,
        lambda r: r.model_copy(update={"verification": noted}) if r.status is RequestStatus.PLANNING else r,
    )
    data = dict(sorted(states.items()))
    await services.audits.append(request.id, now, "service", "verificationAsked", data, once="verificationAsked")
    if not waiting:
        await services.audits.append(request.id, now, "service", "verificationEnded", data, once="verificationEnded")
