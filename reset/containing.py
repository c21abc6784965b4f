"""Block the users of a window, end their sessions and confirm their risk: who they are, what guards say, then call after call.

Written to be run again at any point. That this service disables an account is in the records of blocks before it does, so a run
that finds the account disabled knows whose doing that was.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from domain.containment.actions import Action, ActionOutcome, Containment, ContainmentTerms
from domain.containment.settlement import fail_open, with_actions
from domain.policy.load import Customer, Guards
from domain.request.guards import Refusal, changed_since, guards_for, needs_step_up, privilege_refusal, refusal
from domain.request.reset_request import ResetRequest
from domain.request.target import Target
from graph.account_state import confirm_compromised, enabled_members, revoke_sessions, set_enabled
from graph.client import Graph
from graph.errors import Fault, GraphError
from graph.privileges import read_privileges
from graph.responses import Response
from graph.users import Several, User, find_users
from records.blocks import Blocks
from records.holds import Holder, HoldTerms
from records.leases import Leases
from reset.fault_reasons import reason_of
from reset.planner import person_of

type Stage = Literal["first", "approved"]
type _Call = Callable[[list[str]], Awaitable[list[Response]]]

_DUPLICATE = Refusal("duplicateUser", "The same user is named more than once in this request.")
_OUTCOMES = {Fault.FORBIDDEN: ActionOutcome.FORBIDDEN}
_WAITS = {
    "privilegedUser": "The user is privileged, so approvers decide first.",
    "privilegesUnknown": "It could not be read whether the user is privileged, so approvers decide first.",
    "blockLimit": "More users would be blocked before the approval than the policy allows.",
}


class Contained(NamedTuple):
    """The targets as they are now, and the faults that may pass: what they stopped is still open."""

    targets: list[Target]
    faults: list[GraphError]
    pressure: float


class Containing:
    """One run over some targets of one customer of a request.

    `share` is the percentage of the customer's users that may be blocked before the approval, `hold_for` how long another
    request holds its users while it is not decided.
    """

    def __init__(
        self,
        graph: Graph,
        request: ResetRequest,
        terms: ContainmentTerms,
        customer: tuple[str, Customer],
        guards: Guards,
        leases: Leases,
        blocks: Blocks,
        *,
        stage: Stage,
        share: int,
        hold_for: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._key, self._customer = customer
        self._client = graph.of(self._customer.tenant_id)
        self._request = request
        self._terms = terms
        self._guards = guards_for(guards, request)
        self._leases = leases
        self._blocks = blocks
        self._first = stage == "first"
        self._share = share
        self._holding = HoldTerms(hold_for, now())
        self._clock = now
        self._made: dict[int, Target] = {}
        self._users: dict[int, User] = {}
        self._faults: list[GraphError] = []

    @property
    def _now(self) -> datetime:
        return self._clock()

    async def contain(self, targets: Sequence[Target], *, last: bool) -> Contained:
        """Return what became of the targets. `last`: no further run follows, so what a fault stopped has failed."""
        self._made = {target.number: self._begun(target) for target in targets}
        try:
            await self._look_up()
            await self._guard(last=last)
            if self._first:
                await self._take_leases()
                await self._limit()
            await self._block()
            await self._end_sessions()
            await self._confirm_risk()
        except GraphError as error:
            self._faults.append(error)
        passing = [fault for fault in self._faults if fault.passing]
        ended = next((fault for fault in self._faults if not fault.passing), passing[0] if passing and last else None)
        if ended is not None:
            why = self._failed(ended)
            self._made = {number: fail_open(target, why) for number, target in self._made.items()}
        return Contained([self._made[target.number] for target in targets], self._faults, self._client.pressure)

    def _begun(self, target: Target) -> Target:
        containment = target.containment or Containment()
        if not self._first:
            waiting = {
                name: Action()
                for name in ("blocked", "sessions_revoked")
                if getattr(containment, name).outcome is ActionOutcome.AWAITING_APPROVAL
            }
            if self._terms.confirm_risk and containment.risk_confirmed is None:
                waiting["risk_confirmed"] = Action()
            containment = containment.model_copy(update=waiting)
        return target.model_copy(update={"containment": containment})

    async def _look_up(self) -> None:
        names = {number: target.user_id or target.asked for number, target in self._made.items()}
        found = await find_users(self._client, list(names.values()))
        for number, user in zip(names, found, strict=True):
            match user:
                case User():
                    self._users[number] = user
                case GraphError() if user.passing or user.of_tenant:
                    self._faults.append(user)
                case GraphError():
                    self._settle(number, self._failed(user))
                case Several():
                    self._refuse(number, Refusal("ambiguousUser", "Several users have this mail address."))
                case None:
                    self._refuse(number, Refusal("userNotFound", "The customer has no such user."))

    async def _guard(self, *, last: bool) -> None:
        for number, user in list(self._users.items()):
            person = person_of(user, self._customer.tenant_id)
            refused = refusal(person, customer=self._customer, guards=self._guards, involved=self._request.involved)
            if refused is not None:
                self._refuse(number, refused)
        cache = self._client.privileged.plans if self._first else self._client.privileged.resets
        known = await read_privileges(self._client, cache, [user.id for user in self._users.values()], last=last)
        for (number, user), privileges in zip(list(self._users.items()), known, strict=True):
            if isinstance(privileges, GraphError):
                self._leave(number, privileges)
                continue
            names, unknown = privileges.names, privileges.unknown
            if self._first:
                refused = privilege_refusal(names, self._guards, unknown=unknown)
                if refused is None and needs_step_up(names, self._guards, unknown=unknown):
                    self._wait(number, "privilegedUser" if names else "privilegesUnknown")
            else:
                refused = changed_since(
                    self._made[number],
                    person_of(user, self._customer.tenant_id),
                    names,
                    customer=self._customer,
                    guards=self._guards,
                    involved=self._request.involved,
                    unknown=unknown,
                )
            if refused is not None:
                self._refuse(number, refused)

    async def _take_leases(self) -> None:
        wanted: dict[str, Holder] = {}
        for number, user in list(self._users.items()):
            if user.id in wanted:
                self._refuse(number, _DUPLICATE)
            else:
                wanted[user.id] = Holder(self._request.id, number)
        held = await self._leases.take_all(self._customer.tenant_id, wanted, self._holding)
        for user_id, me in wanted.items():
            holder = held[user_id]
            if holder.request_id != me.request_id:
                self._refuse(me.number, Refusal("alreadyRunning", f"Request {holder.request_id} holds this user."))
            elif holder != me:
                self._refuse(me.number, _DUPLICATE)

    async def _limit(self) -> None:
        """Leave users beyond the policy's limits to the approvers; by their places in the request, so a repeat does the same."""
        wanted = [number for number, user in self._users.items() if user.enabled]
        if not wanted:
            return
        allowed = min(self._request.blocks_allotted.get(self._key, 0), await self._of_share())
        first = next(start for key, start, _ in self._request.ranges if key == self._key)
        for number in wanted:
            if number - first >= allowed:
                self._wait(number, "blockLimit")

    async def _of_share(self) -> int:
        if self._share >= 100:
            return self._request.target_count
        tenant_id = self._customer.tenant_id
        try:
            enabled = await enabled_members(self._client)
        except GraphError as error:
            if error.passing or error.of_tenant:
                raise
            return 0  # how many they are is not known, so nothing is done before the approval
        own, others = await self._blocks.many(tenant_id, of=self._request.id)
        return max(1, (enabled + own + others) * self._share // 100) - others

    async def _block(self) -> None:
        tenant_id = self._customer.tenant_id
        open_users = {number: user for number, user in self._users.items() if self._is_pending(number, "blocked")}
        for number, user in open_users.items():
            if not user.enabled:
                await self._disabled_already(number, user)
        to_block = {number: user for number, user in open_users.items() if user.enabled}
        notes = {user.id: Holder(self._request.id, number) for number, user in to_block.items()}
        await self._blocks.note_all(tenant_id, notes)
        for number in to_block:  # whatever is answered: a call without an answer may have been done
            self._set(number, enabled_before=True)
        answers = await self._answers(to_block, lambda ids: set_enabled(self._client, ids, enabled=False))
        for number, answer in answers.items():
            action = self._action(answer)
            if action is None:
                continue
            self._set(number, blocked=action)
            if action.outcome is not ActionOutcome.DONE:
                self._set(number, enabled_before=None)
                await self._forget(to_block[number].id, Holder(self._request.id, number))

    async def _disabled_already(self, number: int, user: User) -> None:
        """Note who disabled the account: this request, in a run that died; another request; or somebody else."""
        tenant_id, me = self._customer.tenant_id, Holder(self._request.id, number)
        block = await self._blocks.of(tenant_id, user.id)
        if block is None:
            detail = "The account was disabled before; it stays so when users are unblocked."
            already = Action(outcome=ActionOutcome.ALREADY, reason="disabledBefore", detail=detail, at=self._now)
            self._set(number, blocked=already, enabled_before=False)
        elif me in block.holders:
            self._set(number, blocked=Action(outcome=ActionOutcome.DONE, at=self._now), enabled_before=True)
        else:
            await self._blocks.note(tenant_id, user.id, me)
            by = f"Request {block.holders[0].request_id}" if block.readable else "Another request"
            detail = f"{by} has blocked the user."
            already = Action(outcome=ActionOutcome.ALREADY, reason="blockedBefore", detail=detail, at=self._now)
            self._set(number, blocked=already, enabled_before=True)

    async def _forget(self, user_id: str, holder: Holder) -> None:
        while (block := await self._blocks.of(self._customer.tenant_id, user_id)) is not None:
            if holder not in block.holders or await self._blocks.leave(block, [holder]):
                return

    async def _end_sessions(self) -> None:
        ready = {
            number: user
            for number, user in self._users.items()
            if self._is_pending(number, "sessions_revoked") and not self._is_pending(number, "blocked")
        }
        answers = await self._answers(ready, lambda ids: revoke_sessions(self._client, ids))
        for number, answer in answers.items():
            if (action := self._action(answer)) is not None:
                self._set(number, sessions_revoked=action)

    async def _confirm_risk(self) -> None:
        wanted = {number: user for number, user in self._users.items() if self._is_pending(number, "risk_confirmed")}
        answers = await self._answers(wanted, lambda ids: confirm_compromised(self._client, ids))
        for number, answer in answers.items():
            if (action := self._action(answer)) is not None:
                self._set(number, risk_confirmed=action)

    async def _answers(self, users: Mapping[int, User], call: _Call) -> dict[int, Response]:
        if not users:
            return {}
        answers = await call([user.id for user in users.values()])
        return dict(zip(users, answers, strict=True))

    def _action(self, answer: Response) -> Action | None:
        """Return what an answer makes of an action; None where another run has to try again."""
        if answer.ok:
            return Action(outcome=ActionOutcome.DONE, at=self._now, request_id=answer.request_id)
        error = answer.error()
        if error.passing:
            self._faults.append(error)
            return None
        return self._failed(error)

    def _failed(self, error: GraphError) -> Action:
        outcome = _OUTCOMES.get(error.fault, ActionOutcome.FAILED)
        reason = reason_of(error) if error.fault is not Fault.REFUSED else "refusedByGraph"
        return Action(outcome=outcome, reason=reason, detail=error.detail, at=self._now, request_id=error.request_id)

    def _refuse(self, number: int, refused: Refusal) -> None:
        why = Action(outcome=ActionOutcome.REFUSED, reason=refused.reason, detail=refused.detail, at=self._now)
        self._settle(number, why)

    def _wait(self, number: int, reason: str) -> None:
        why = Action(outcome=ActionOutcome.AWAITING_APPROVAL, reason=reason, detail=_WAITS[reason])
        self._settle(number, why)

    def _settle(self, number: int, why: Action) -> None:
        """End, or put off, what is open of a user: nothing more is done for them in this run."""
        self._users.pop(number, None)
        self._made[number] = fail_open(self._made[number], why)

    def _leave(self, number: int, error: GraphError) -> None:
        """Leave a user as they are: a fault that may pass is waited for, another one has failed."""
        self._users.pop(number, None)
        if error.passing or error.of_tenant:
            self._faults.append(error)
        else:
            self._made[number] = fail_open(self._made[number], self._failed(error))

    def _set(self, number: int, **fields: object) -> None:
        self._made[number] = with_actions(self._made[number], **fields)

    def _is_pending(self, number: int, name: str) -> bool:
        action: Action | None = getattr(self._made[number].containment, name)
        return action is not None and action.outcome is ActionOutcome.PENDING
