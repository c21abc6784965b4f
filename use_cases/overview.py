"""What a person should look at first: waiting approvals, running and failed requests, exposed users, customers without consent.

Where partner relationships are read, those that end and consent that was lost are among it, as the timer last found them.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import NamedTuple

from domain.outcomes import RequestStatus
from domain.partner.warnings import KeptWarning
from domain.request.reset_request import Approver, ResetRequest
from services import Services
from use_cases.open_sessions import count_open_sessions
from use_cases.read_request import is_within

# Requests looked at, newest first: a page must be quick, and what is older is in the list of requests.
SCANNED = 500
_PAGE = 50
# How long an ended request stays on the page, and one that needs attention.
ENDED, ATTENTION = timedelta(days=1), timedelta(days=7)
# Failed requests whose targets are looked at for their reasons, and how many targets of each.
_REASONED, _TARGETS = 10, 100

_RUNNING = {RequestStatus.PLANNING, RequestStatus.AWAITING_APPROVAL, RequestStatus.RESETTING}
_FAILED = {RequestStatus.FAILED, RequestStatus.PARTIALLY_COMPLETED}
_OPEN = {*_FAILED, RequestStatus.CANCELLED}  # what may have ended with sessions still open
_NO_ACCESS = ("consentMissing", "conditionalAccess", "unknownTenant", "credentialInvalid", "forbidden")


class AccessProblem(NamedTuple):
    """A customer that a recent request could not reach; `reason` is one of the contract's."""

    customer: str
    reason: str
    request: ResetRequest


class PartnerOverview(NamedTuple):
    """Warnings about partner relationships, the next date first. `unread`: why they were not read lately, "" where they were."""

    warnings: Sequence[KeptWarning]
    unread: str


class Overview(NamedTuple):
    """Requests by what they need, newest first. `more`: there are older requests that were not looked at.

    `partner` is None where no partner relationships are read.
    """

    waiting: Sequence[ResetRequest]
    running: Sequence[ResetRequest]
    failed: Sequence[ResetRequest]
    exposed: Sequence[ResetRequest]
    open_sessions: Sequence[tuple[ResetRequest, int]]
    ended: Sequence[ResetRequest]
    access: Sequence[AccessProblem]
    more: bool
    partner: PartnerOverview | None = None


async def read_overview(
    services: Services,
    reach: frozenset[str] | None,
    decides_as: Callable[[Approver], bool],
) -> Overview:
    """Return the overview of a person who may see the customers `reach`, None for all; `decides_as` says which approver they are."""
    found, more = await _newest(services)
    now = services.now()
    mine = await asyncio.gather(*(_waits_for(services, request, decides_as) for request in found))
    seen = [request for request in found if is_within(request, reach) and not request.dry_run]
    recent = [request for request in seen if request.ended_at and now - request.ended_at < ATTENTION]
    retried = {request.retry_of for request in seen}
    failed = [request for request in recent if request.status in _FAILED and request.id not in retried]
    return Overview(
        waiting=[request for request, waits in zip(found, mine, strict=True) if waits],
        running=[request for request in seen if request.status in _RUNNING],
        failed=failed,
        exposed=[request for request in recent if exposed_users(request)],
        open_sessions=await _open_sessions(
            services, recent, {r.retry_of for r in seen if r.status is RequestStatus.COMPLETED}
        ),
        ended=[request for request in recent if request.ended_at and now - request.ended_at < ENDED],
        access=await _access_problems(services, failed, reach),
        more=more,
        partner=await _partner(services, reach),
    )


async def _partner(services: Services, reach: frozenset[str] | None) -> PartnerOverview | None:
    if services.policy.partner.tenant_id is None:
        return None
    records = services.partner_records
    found, last = await asyncio.gather(records.warnings(), records.last_check())
    known = services.policy.customers
    seen = [one for one in found if one.customer in known and (reach is None or one.customer in reach)]
    return PartnerOverview(seen, last.problem)


def exposed_users(request: ResetRequest) -> int:
    """Return how many users the follow-up found without a second factor, or registered suspiciously quickly."""
    totals = request.follow_up.totals if request.follow_up else {}
    return totals.get("exposed", 0) + totals.get("quick", 0)


async def _open_sessions(
    services: Services, ended: Sequence[ResetRequest], repaired: Collection[str | None]
) -> list[tuple[ResetRequest, int]]:
    """Return the requests whose users' sessions stayed open though methods were removed, with how many users that is.

    `repaired`: those of which a retry has ended well.
    """
    looked = [request for request in ended if request.status in _OPEN and request.id not in repaired][:_REASONED]
    counts = await count_open_sessions(services, looked)
    return [(request, users) for request, users in zip(looked, counts, strict=True) if users]


async def _newest(services: Services) -> tuple[list[ResetRequest], bool]:
    found: list[ResetRequest] = []
    place = ""
    while len(found) < SCANNED:
        page, place = await services.requests.newest(place, _PAGE)
        found += page
        if not place:
            return found, False
    return found, True


async def _waits_for(services: Services, request: ResetRequest, decides_as: Callable[[Approver], bool]) -> bool:
    if request.status is not RequestStatus.AWAITING_APPROVAL:
        return False
    entry = next((entry for entry in request.approval.approvers if decides_as(entry)), None)
    return entry is not None and await services.requests.decision_of(request.id, entry.approver) is None


async def _access_problems(
    services: Services, failed: Sequence[ResetRequest], reach: frozenset[str] | None
) -> list[AccessProblem]:
    """Return each customer once, with the reason of the newest request that met one."""
    problems: dict[str, AccessProblem] = {}
    for request in failed[:_REASONED]:
        for kept in await services.targets.range(request.id, 0, _TARGETS):
            target = kept.target
            if target.reason in _NO_ACCESS and (reach is None or target.customer in reach):
                problems.setdefault(target.customer, AccessProblem(target.customer, target.reason, request))
    return list(problems.values())
