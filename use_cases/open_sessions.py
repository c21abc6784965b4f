"""Find users whose methods were removed while sign-in sessions, which were to end, stay open."""

import asyncio
from collections.abc import Sequence

from domain.outcomes import RequestStatus
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from services import Services
from use_cases.target_summaries import first_targets
from web.presenters import leaves_sessions_open

# Users of one request that are looked at: an alert needs to be right about whether there are any.
_LOOKED = 100
_WORDS = ("partiallyReset", "failed")
_STATUSES = {RequestStatus.PARTIALLY_COMPLETED, RequestStatus.FAILED, RequestStatus.CANCELLED}


async def count_open_sessions(services: Services, requests: Sequence[ResetRequest]) -> list[int]:
    """Return how many such users each of the requests has."""
    found = await asyncio.gather(*(users_with_open_sessions(services, request) for request in requests))
    return [len(users) for users in found]


async def users_with_open_sessions(services: Services, request: ResetRequest) -> list[Target]:
    """Return those users of an ended request, of the first hundred that did not end well; none of a request that still runs."""
    if not request.revoke_sessions or request.dry_run or request.status not in _STATUSES:
        return []
    targets = await first_targets(services, request, "outcomes", _WORDS, _LOOKED)
    return [target for target in targets if leaves_sessions_open(target)]
