"""End the hold that a target of an undecided request has on its user, so that another request may have the user."""

from datetime import datetime, timedelta
from typing import NamedTuple

from domain.outcomes import RequestStatus, TargetOutcome
from domain.request.reset_request import ResetRequest
from records.audits import Audits
from records.requests import Requests
from records.store import Store
from records.targets import Targets

TAKEN_OVER = "takenOver"
_UNDECIDED = frozenset({RequestStatus.PLANNING, RequestStatus.AWAITING_APPROVAL})


class Holder(NamedTuple):
    request_id: str
    number: int


class Takeover(NamedTuple):
    """For which request a user is taken over, when, and by which operator; "": by the policy's `holdFor`."""

    request_id: str
    at: datetime
    by: str = ""


class HoldTerms(NamedTuple):
    """How long a request that is not decided holds its users against others, and what time it is."""

    hold_for: timedelta
    now: datetime


class Holds:
    def __init__(self, store: Store) -> None:
        self._requests = Requests(store)
        self._targets = Targets(store)
        self._audits = Audits(store)

    async def is_busy(self, holder: Holder) -> bool:
        """Return whether the target is still to be done: then it holds its user."""
        request = await self._requests.get(holder.request_id)
        if request is None or request.status.ended:
            return False
        kept = await self._targets.get(holder.request_id, holder.number)
        return kept is not None and not kept.target.settled

    async def end_if_undecided(self, holder: Holder, asking: Holder, terms: HoldTerms) -> bool:
        """End the hold for `asking` if its request has waited for longer than the policy lets it, with no decision made."""
        request = await self._requests.get(holder.request_id)
        if request is None or not _has_waited(request, terms):
            return False
        return await self.end(holder, Takeover(asking.request_id, terms.now))

    async def would_end(self, holder: Holder, terms: HoldTerms) -> bool:
        """Return whether `end_if_undecided` would free the user now; changes nothing."""
        request = await self._requests.get(holder.request_id)
        if request is None or request.status.ended:
            return True
        if not _has_waited(request, terms) or not _may_be_taken_from(request):
            return False
        return await self._targets.get(holder.request_id, holder.number) is not None

    async def end(self, holder: Holder, takeover: Takeover) -> bool:
        """Settle the holder's target as cancelled, as long as nothing was approved; return whether the user is free now.

        A run that removes methods writes down that it begins, on the condition that nothing else was written to the target. So
        either it comes first and this is False, or it finds the target settled. May be repeated.
        """
        while True:
            request = await self._requests.get(holder.request_id)
            if request is None or request.status.ended:
                return True
            if not _may_be_taken_from(request):
                return False
            kept = await self._targets.get(holder.request_id, holder.number)
            if kept is None:
                return False  # its targets are not written yet
            if not kept.target.settled:
                settled = kept.target.settle(TargetOutcome.CANCELLED, TAKEN_OVER, _detail(takeover))
                if not await self._targets.save(holder.request_id, kept, settled):
                    continue
            elif kept.target.reason != TAKEN_OVER:
                return True
            await self._note(holder, takeover)
            return True

    async def _note(self, holder: Holder, takeover: Takeover) -> None:
        """Write the audit event, and cancel a request of which nothing is left: its approvers would be asked in vain."""
        by, data = takeover.by or "service", {"target": holder.number, "takenOverFor": takeover.request_id}
        once = f"{TAKEN_OVER}:{holder.number}"
        await self._audits.append(holder.request_id, takeover.at, by, TAKEN_OVER, data, once=once)
        totals = await self._targets.totals(holder.request_id)
        if not totals[TargetOutcome.PENDING.value]:
            await self._requests.cancel(holder.request_id, by, takeover.at)


def _has_waited(request: ResetRequest, terms: HoldTerms) -> bool:
    """Return whether the request has waited for a decision for longer than the policy lets it hold its users."""
    return not request.approval.decided and terms.now >= request.created_at + terms.hold_for


def _may_be_taken_from(request: ResetRequest) -> bool:
    return request.status in _UNDECIDED and request.approval.ends_as is None


def _detail(takeover: Takeover) -> str:
    if takeover.by:
        return f"An operator took this user over for request {takeover.request_id}; nothing was touched here."
    return (
        f"This request was not decided for long, and request {takeover.request_id} asks for the same user; "
        "nothing was touched here."
    )
