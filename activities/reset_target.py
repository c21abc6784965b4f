"""Activity: resets one user of one customer, as far as it goes in one run, and records what was seen."""

from collections.abc import Collection
from typing import Any

from activities.app import Work, activity
from activities.removal import Leave, Removal
from domain.outcomes import MethodOutcome, RequestStatus, TargetOutcome
from domain.policy.load import Customer
from domain.request.guards import Refusal, changed_since, still_allowed
from domain.request.reset_request import ResetRequest
from domain.request.settlement import still_listed
from domain.request.target import Target, TargetMethod
from graph.users import Standing
from records.targets import Kept
from reset.planner import person_of
from services import Services, current_services


@activity
async def reset_target(work: Work) -> Work:
    """`work`: {"id", "number", "last"}. Answers {"again": seconds or None, "fault", "pressure", "moved"}.

    `again` None: the target is settled. `fault` is a stable word, "" for none. `pressure` is how near the customer's tenant
    is to its throttling limit, 1.0 at the limit. `moved`: this run got further than the ones before.
    """
    return await reset_one(current_services(), work["id"], work["number"], last=work.get("last", False))


async def reset_one(services: Services, request_id: str, number: int, *, last: bool) -> dict[str, Any]:
    request = await services.requests.get(request_id)
    kept = await services.targets.get(request_id, number)
    if request is None or kept is None:
        raise LookupError(f"{request_id} {number}")
    if kept.target.settled:
        return _answer()
    if request.status is not RequestStatus.RESETTING or request.undo_of:  # an undo removes nothing, whoever asks
        return _answer(fault="ended")
    return await _Reset(services, request, kept).run(last=last)


class _Reset:
    """One run for one target, between the records and the removal."""

    def __init__(self, services: Services, request: ResetRequest, kept: Kept) -> None:
        self._services = services
        self._request = request
        self._kept = kept

    async def run(self, *, last: bool) -> dict[str, Any]:
        services, target = self._services, self._kept.target
        customer = services.policy.customers.get(target.customer)
        refused = still_allowed(target, customer)
        if customer is None or refused is not None:
            await services.targets.save(self._request.id, self._kept, _refused(target, refused))
            return _answer(moved=True)
        client = services.graph.of(target.tenant_id)
        removal = Removal(
            client,
            target,
            scope=frozenset(self._request.methods),
            allowed=frozenset(customer.methods),
            leave=self._leave,
            begin=self._begin,
            judge=lambda standing: self._changed_since(standing, customer),
            # A privileged user was approved as one, or nobody cares.
            privileges=not target.privileges and services.policy.guards.privileged_users != "allow",
            now=services.now(),
        )
        run = await removal.run(revoke=self._request.revoke_sessions, last=last)
        target = run.target if run.refused is None else _refused(run.target, run.refused)
        if target.settled:
            target = target.model_copy(update={"ended_at": services.now()})
        if not await services.targets.save(self._request.id, self._kept, target):
            # Another run of this activity was faster; what it recorded is as true, and the next look tells what is left.
            return _answer(again=1.0, fault="overtaken", pressure=client.pressure)
        return _answer(run.again, run.fault, client.pressure, moved=run.moved)

    def _changed_since(self, standing: Standing, customer: Customer) -> Refusal | None:
        return changed_since(
            self._kept.target,
            person_of(standing.user),
            standing.privileges,
            customer=customer,
            guards=self._services.policy.guards,
            requester=self._request.requester,
        )

    async def _leave(self) -> Leave:
        return await leaving(self._services, self._request.id)

    async def _begin(self, methods: Collection[TargetMethod]) -> bool:
        target, wanted = self._kept.target, {(method.type, method.id) for method in methods}
        marked = [
            method.model_copy(update={"answered": "begun"})
            if (method.type, method.id) in wanted and method.answered in {"", "missing"}
            else method
            for method in target.methods
        ]
        begun = target.model_copy(update={"begun_at": target.begun_at or self._services.now(), "methods": marked})
        kept = await self._services.targets.rewrite(self._kept, begun)
        if kept is not None:
            self._kept = kept
        return kept is not None


async def leaving(services: Services, request_id: str) -> Leave:
    """Whether changes may still be made for this request.

    A cancel comes before the kill switch: a cancelled request ends, also while everything else is held.
    """
    if await services.requests.cancelled(request_id) is not None:
        return "cancelled"
    return "held" if services.removing_stopped else "go"


async def fail_open(services: Services, request_id: str, window: list[Kept], reason: str, detail: str) -> None:
    """Settles what is open in `window`: nothing more will be done for it, so it ends as what it is."""
    pairs = [(kept, given_up(kept.target, reason, detail)) for kept in window if not kept.target.settled]
    await services.targets.save_all(request_id, pairs)


def given_up(target: Target, reason: str, detail: str, *, untouched: TargetOutcome = TargetOutcome.FAILED) -> Target:
    """`target` ended without another look: what was asked for is unverified, what was not tried `untouched`'s."""
    methods = [method.model_copy() for method in target.methods]
    for method in methods:
        if method.outcome is not MethodOutcome.PENDING:
            continue
        if method.answered:
            still_listed(method)
        elif untouched is TargetOutcome.FAILED:
            method.outcome, method.detail = MethodOutcome.FAILED, detail
    ended = target.model_copy(update={"methods": methods, "begun_at": None})
    return ended.settle(TargetOutcome.PARTIALLY_RESET if target.touched else untouched, reason, detail)


def _refused(target: Target, refused: Refusal | None) -> Target:
    reason, detail = (refused.reason, refused.detail) if refused else ("unknownCustomer", "")
    return given_up(target, reason, detail, untouched=TargetOutcome.REFUSED)


def _answer(
    again: float | None = None, fault: str = "", pressure: float = 0.0, *, moved: bool = False
) -> dict[str, Any]:
    return {"again": again, "fault": fault, "pressure": pressure, "moved": moved}
