"""Undo a containment: let users sign in again whom this service blocked, and dismiss the risk that it confirmed."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from domain.containment.actions import Action, ActionOutcome
from domain.containment.settlement import asked_to_dismiss, asked_to_unblock, with_actions
from domain.request.target import Target
from graph.account_state import dismiss_risk, set_enabled
from graph.client import Graph
from graph.errors import Fault, GraphError
from graph.responses import Response
from records.blocks import Block, Blocks
from records.holds import Holder
from reset.fault_reasons import reason_of

_UNREADABLE = "blockUnreadable"
_DETAIL = "The service's own record of who blocked this user cannot be read, so the user stays blocked by it."
# Whether the request of a holder is still under way.
type IsOpen = Callable[[Holder], Awaitable[bool]]


class Released(NamedTuple):
    """The targets as they are now, the targets of other requests whose users were unblocked with them, and faults that may pass."""

    targets: list[Target]
    others: list[Holder]
    faults: list[GraphError]


class Releasing:
    """One run over targets of one tenant and request."""

    def __init__(
        self, graph: Graph, request_id: str, tenant_id: str, blocks: Blocks, is_open: IsOpen, now: datetime
    ) -> None:
        self._client = graph.of(tenant_id)
        self._request_id = request_id
        self._tenant_id = tenant_id
        self._blocks = blocks
        self._is_open = is_open
        self._now = now
        self._made: dict[int, Target] = {}
        self._others: list[Holder] = []
        self._faults: list[GraphError] = []

    async def release(self, targets: Sequence[Target], *, last: bool) -> Released:
        """Do what was asked for. `last`: no further run follows, so what a fault stopped has failed."""
        self._made = {target.number: target for target in targets}
        try:
            await self._unblock()
            await self._dismiss()
        except GraphError as error:
            self._faults.append(error)
        ended = next((fault for fault in self._faults if last or not fault.passing), None)
        if ended is not None:
            for number, target in list(self._made.items()):
                for name, asked in (("unblocked", asked_to_unblock), ("risk_dismissed", asked_to_dismiss)):
                    if asked(target):
                        self._end(number, name, self._failed(ended))
        return Released([self._made[target.number] for target in targets], self._others, self._faults)

    async def _unblock(self) -> None:
        blocks: dict[int, Block] = {}
        for number, target in list(self._made.items()):
            if asked_to_unblock(target) and (block := await self._judged(number, target)) is not None:
                blocks[number] = block
        if not blocks:
            return
        ids = [self._made[number].user_id for number in blocks]
        answers = await set_enabled(self._client, ids, enabled=True)
        for number, answer in zip(list(blocks), answers, strict=True):
            await self._unblocked(number, blocks[number], answer)

    async def _judged(self, number: int, target: Target) -> Block | None:
        """Return the block to take back; None where the user stays as they are, and that is written then."""
        me = Holder(self._request_id, number)
        while True:
            block = await self._blocks.of(self._tenant_id, target.user_id)
            if block is None:
                self._end(number, "unblocked", _already("notBlocked", "The user was unblocked before."))
                return None
            if not block.readable:
                self._end(
                    number, "unblocked", Action(outcome=ActionOutcome.REFUSED, reason=_UNREADABLE, detail=_DETAIL)
                )
                return None
            others = [holder for holder in block.holders if holder != me]
            if self._is_automatic(target):
                # Nobody approved this request's block; that of another one is not taken back with it.
                blocking = others
                if blocking and not await self._blocks.leave(block, [me]):
                    continue
            else:
                blocking = [holder for holder in others if await self._is_open(holder)]
            if not blocking:
                return block
            detail = f"Request {blocking[0].request_id} keeps the user blocked."
            self._end(number, "unblocked", Action(outcome=ActionOutcome.REFUSED, reason="heldByRequest", detail=detail))
            return None

    async def _unblocked(self, number: int, block: Block, answer: Response) -> None:
        if not answer.ok:
            error = answer.error()
            if error.passing:
                self._faults.append(error)
                return
            self._end(number, "unblocked", self._failed(error))
            if error.fault is Fault.NOT_FOUND:
                await self._blocks.leave(block, block.holders)
            return
        if await self._blocks.leave(block, block.holders):
            self._end(number, "unblocked", Action(outcome=ActionOutcome.DONE, request_id=answer.request_id))
            self._others += [holder for holder in block.holders if holder != Holder(self._request_id, number)]
            return
        # Another request blocked the user meanwhile: its block stands, and the next run says so.
        (again,) = await set_enabled(self._client, [self._made[number].user_id], enabled=False)
        self._faults.append(again.error() if not again.ok else GraphError(Fault.UNAVAILABLE, "the block was changed"))

    async def _dismiss(self) -> None:
        wanted = [number for number, target in self._made.items() if asked_to_dismiss(target)]
        if not wanted:
            return
        answers = await dismiss_risk(self._client, [self._made[number].user_id for number in wanted])
        for number, answer in zip(wanted, answers, strict=True):
            if answer.ok:
                self._end(number, "risk_dismissed", Action(outcome=ActionOutcome.DONE, request_id=answer.request_id))
            elif (error := answer.error()).passing:
                self._faults.append(error)
            else:
                self._end(number, "risk_dismissed", self._failed(error))

    def _is_automatic(self, target: Target) -> bool:
        asked = target.containment.unblocked if target.containment else None
        return asked is not None and not asked.by

    def _end(self, number: int, name: str, action: Action) -> None:
        target = self._made[number]
        asked: Action | None = getattr(target.containment, name)
        if asked is None:
            return
        reason = action.reason or asked.reason
        ended = action.model_copy(update={"at": self._now, "by": asked.by, "reason": reason})
        self._made[number] = with_actions(target, **{name: ended})

    def _failed(self, error: GraphError) -> Action:
        outcome = ActionOutcome.FORBIDDEN if error.fault is Fault.FORBIDDEN else ActionOutcome.FAILED
        return Action(outcome=outcome, reason=reason_of(error), detail=error.detail, request_id=error.request_id)


def _already(reason: str, detail: str) -> Action:
    return Action(outcome=ActionOutcome.ALREADY, reason=reason, detail=detail)
