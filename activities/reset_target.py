"""Activity: resets one user of one customer, as far as it goes in one run, and records what was seen."""

from activities.app import activity
from activities.faults import fault_word
from contracts.words import Fault
from contracts.workflow import RESET_TARGET, Progress, TargetRun
from domain.containment.settlement import with_block
from domain.methods import MethodType
from domain.outcomes import RequestStatus, TargetOutcome
from domain.policy.load import Customer
from domain.request.guards import Refusal, changed_since, guards_for, still_allowed
from domain.request.reset_request import ResetRequest
from domain.request.settlement import given_up
from domain.request.target import Target
from graph.details import CurrentUser
from graph.users import VALUES
from records.targets import StoredTarget
from reset.planner import person_of
from reset.progress import Stop, Terms
from reset.removal import run_removal
from services import Services, current_services
from use_cases.check_stop import check_stop


@activity(RESET_TARGET)
async def reset_target(work: TargetRun) -> Progress:
    last, answered = work.get("last", False), work.get("answered", False)
    return await reset_one(current_services(), work["id"], work["number"], last=last, answered=answered)


async def reset_one(
    services: Services, request_id: str, number: int, *, last: bool, answered: bool = False
) -> Progress:
    request = await services.requests.get(request_id)
    kept = await services.targets.get(request_id, number)
    if request is None or kept is None:
        raise LookupError(f"{request_id} {number}")
    if kept.target.settled:
        return _answer()
    if request.status is not RequestStatus.RESETTING or request.undo_of:  # an undo removes nothing
        return _answer(fault="ended")
    customer = services.policy.customers.get(kept.target.customer)
    refused = still_allowed(kept.target, customer)
    if customer is None or refused is not None:
        await services.targets.save(request.id, kept, _refused(kept.target, refused))
        return _answer(progressed=True)
    return await _Reset(services, request, customer, kept).run(last=last, answered=answered)


class _Reset:
    """One run for one target: the guard of its removal, which keeps what is stored."""

    def __init__(self, services: Services, request: ResetRequest, customer: Customer, kept: StoredTarget) -> None:
        self._services = services
        self._request = request
        self._customer = customer
        self._kept = kept
        self._indexed = False

    async def run(self, *, last: bool, answered: bool) -> Progress:
        services, target = self._services, self._kept.target
        # Of a compromised account everything goes, whatever else may be reset at the customer.
        allowed = frozenset(MethodType if self._request.containment else self._customer.methods)
        client = services.graph.of(target.tenant_id)
        terms = Terms(
            scope=frozenset(self._request.methods) & allowed,
            allowed=allowed,
            revoke=self._request.revoke_sessions,
            last=last,
            answered=answered,
            now=services.now(),
            phone_only=self._request.phone_only is not None,
        )
        # A privileged user was approved as one, or the policy does not mind.
        privileges = not target.privileges and services.policy.guards.privileged_users != "allow"
        run = await run_removal(client, self, target, terms, privileges=privileges)
        target = run.target if run.refused is None else _refused(run.target, run.refused)
        if target.settled:
            target = with_block(target.model_copy(update={"ended_at": services.now()}))
        if not await services.targets.save(self._request.id, self._kept, target):
            # Another run of this activity was faster; what it recorded is as true, and the next look shows what is left.
            return _answer(1.0, "overtaken", client.pressure)
        answer = _answer(run.retry_after, fault_word(run.fault), client.pressure, progressed=run.progressed)
        return {**answer, "begun": True} if target.touched and not target.settled else answer

    async def check_stop(self) -> Stop:
        return await check_stop(self._services, self._request.id)

    async def write_down(self, target: Target) -> bool:
        kept = await self._services.targets.rewrite(self._kept, target)
        if kept is None:
            return False
        self._kept = kept
        # Before the first removal, so that none of ours is without its place in the index.
        if not self._indexed and any(method.answered for method in target.methods):
            place = target.tenant_id, target.user_id, self._request.id, target.number
            await self._services.removals.begin(*place, self._services.now())
            self._indexed = True
        return True

    async def upcoming(self) -> dict[str, str]:
        """Return the user principal names of this target's user and of those of the next open ones, by user id."""
        near = await self._services.targets.range(self._request.id, self._kept.target.number, VALUES)
        return {
            target.user_id: target.user_principal_name
            for target in [self._kept.target, *(kept.target for kept in near)]
            if not target.settled and target.tenant_id == self._kept.target.tenant_id and target.user_principal_name
        }

    def refusal(self, current: CurrentUser) -> Refusal | None:
        return changed_since(
            self._kept.target,
            person_of(current.user, self._customer.tenant_id),
            current.privileges.names,
            unknown=current.privileges.unknown,
            customer=self._customer,
            guards=guards_for(self._services.policy.guards, self._request),
            involved=self._request.involved,
        )


async def fail_open(services: Services, request_id: str, window: list[StoredTarget], reason: str, detail: str) -> None:
    """Settles what is open in `window`: nothing more will be done for it, so it ends as what it is."""
    pairs = [(kept, given_up(kept.target, reason, detail)) for kept in window if not kept.target.settled]
    await services.targets.save_all(request_id, pairs)


def _refused(target: Target, refused: Refusal | None) -> Target:
    reason, detail = (refused.reason, refused.detail) if refused else ("unknownCustomer", "")
    return given_up(target, reason, detail, untouched=TargetOutcome.REFUSED)


def _answer(
    retry_after: float | None = None, fault: Fault = "", pressure: float = 0.0, *, progressed: bool = False
) -> Progress:
    return {"retry_after": retry_after, "fault": fault, "pressure": pressure, "progressed": progressed}
