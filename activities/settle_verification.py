"""Activity: who of a planned request has to be verified, who is, and whether there is anybody left to wait for."""

from collections import Counter
from collections.abc import AsyncIterator

from activities.app import activity
from contracts.workflow import SETTLE_VERIFICATION, AwaitingEvidence, EvidenceEnded, RequestRef
from domain.model import iso
from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.verification.evidence import RequestVerification
from domain.verification.settlement import assessed, waits
from domain.verification.terms import terms_for
from records.targets import StoredTarget
from services import Services, current_services
from use_cases.record_evidence import audit_evidence

_PAGE = 500


@activity(SETTLE_VERIFICATION)
async def settle_verification(work: RequestRef) -> AwaitingEvidence | EvidenceEnded:
    return await settle(current_services(), work["id"])


async def settle(services: Services, request_id: str) -> AwaitingEvidence | EvidenceEnded:
    request = await services.requests.get(request_id)
    if request is None:
        raise LookupError(request_id)
    if request.status is not RequestStatus.PLANNING or await services.requests.cancelled(request_id) is not None:
        return {"next": "end"}
    # Evidence may come in while targets are written, and theirs are left alone then: they are looked at again.
    while await _assess(services, request):
        pass
    states: Counter[str] = Counter()
    untils = []
    async for kept in _all(services, request):
        if (verification := kept.target.verification) is not None:
            states[verification.state] += 1
            await audit_evidence(services, request_id, kept.target)  # who recorded it may have stopped before that
            if waits(kept.target):
                untils.append(verification.until)
    if not states:
        return {"next": "end"}
    until = min(untils, default=services.now())
    await _note(services, request, states, RequestVerification(until=until), waiting=bool(untils))
    return {"next": "wait", "until": iso(until), "announce": True} if untils else {"next": "end"}


async def _assess(services: Services, request: ResetRequest) -> bool:
    """Write the targets whose verification changes now; return whether there were any."""
    pairs = []
    async for kept in _all(services, request):
        terms = terms_for(services.policy, request.source, kept.target.customer)
        after = assessed(kept.target, terms, services.now())
        if after != kept.target and kept.readable:
            pairs.append((kept, after))
    await services.targets.save_all(request.id, pairs)
    return bool(pairs)


async def _all(services: Services, request: ResetRequest) -> AsyncIterator[StoredTarget]:
    start = 0
    while page := await services.targets.range(request.id, start, _PAGE):
        for kept in page:
            yield kept
        start += len(page)


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
