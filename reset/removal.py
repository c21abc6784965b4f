"""Run the removal of one user's methods: perform each step that the state asks for, and feed back what it was answered.

Written to be run again at any point: the state looks before it acts, touches only the registrations that the plan lists, and
reports a method as gone only after a read that shows it gone. docs/engine.md explains the whole of it.
"""

from collections.abc import Mapping
from typing import Protocol

from domain.methods import MethodType
from domain.request.guards import Refusal
from domain.request.target import Target
from graph.client import GraphClient
from graph.details import CurrentUser, read_current_user, read_user_and_methods
from graph.errors import GraphError
from graph.methods import change_default, read_methods, remove, revoke_and_read
from reset.progress import Stop, Terms
from reset.result import RunResult
from reset.state import advance, start
from reset.steps import (
    Answer,
    ChangeDefault,
    CheckStop,
    Confirmed,
    Finish,
    Judged,
    Look,
    LookAtUser,
    Looked,
    RemoveMethod,
    RevokeAndRead,
    Step,
    WriteDown,
    Written,
)


class RunGuard(Protocol):
    """What a run asks its surroundings before it changes anything."""

    async def check_stop(self) -> Stop:
        """Say whether changes may still be made."""
        ...

    async def write_down(self, target: Target) -> bool:
        """Store what is about to be removed; False where another run of the same target was faster."""
        ...

    async def upcoming(self) -> Mapping[str, str]:
        """Return the user principal names of those who are reset next in the same tenant, by user id, this one's first."""
        ...

    def refusal(self, current: CurrentUser) -> Refusal | None:
        """Say why the user may not be reset any more; None if they may."""
        ...


async def run_removal(
    client: GraphClient, guard: RunGuard, target: Target, terms: Terms, *, privileges: bool
) -> RunResult:
    """Run once for `target`. `privileges` tells whether `guard` needs to know those of the user."""
    run = _Run(client, guard, target, privileges=privileges, last=terms.last)
    state = start(target, terms)
    while not isinstance(state.step, Finish):
        try:
            answer = await run.perform(state.step)
        except GraphError as error:
            answer = error
        state = advance(state, answer)
    return state.step.result


class _Run:
    def __init__(self, client: GraphClient, guard: RunGuard, target: Target, *, privileges: bool, last: bool) -> None:
        self._client = client
        self._guard = guard
        self._user_id = target.user_id
        self._privileges = privileges
        # What was approved as not known is not waited for.
        self._last = last or "privilegesUnknown" in target.warnings
        # Hardware tokens are read only where the plan has some: a read on beta is a call of its own.
        self._hardware = any(m.type is MethodType.HARDWARE_OATH and m.id for m in target.methods)

    async def perform(self, step: Step) -> Answer:
        """Perform one step. Raises GraphError where Graph did not answer."""
        client, user_id = self._client, self._user_id
        match step:
            case Look(user):
                return await self._look(user=user)
            case LookAtUser():
                current = await read_current_user(
                    client, user_id, self._guard.upcoming, privileges=self._privileges, last=self._last
                )
                return Judged(self._guard.refusal(current))
            case CheckStop():
                return await self._guard.check_stop()
            case WriteDown(target, _):
                return Written(await self._guard.write_down(target))
            case RemoveMethod(method, _):
                return await remove(client, user_id, method)
            case ChangeDefault(preference):
                return await change_default(client, user_id, preference)
            case RevokeAndRead(revoke):
                return Confirmed(*await revoke_and_read(client, user_id, revoke=revoke, hardware=self._hardware))
            case Finish():
                raise AssertionError("a run that has ended has no further step")

    async def _look(self, *, user: bool) -> Looked:
        if not user:
            return Looked(await read_methods(self._client, self._user_id, hardware=self._hardware))
        current, found = await read_user_and_methods(
            self._client,
            self._user_id,
            self._guard.upcoming,
            privileges=self._privileges,
            last=self._last,
            hardware=self._hardware,
        )
        return Looked(found, self._guard.refusal(current))
