"""The reset of one user: remove what the plan lists, one after the other, then read again and say what was seen.

Written to be run again at any point: it looks before it acts, touches only the registrations the plan lists, and reports a
method as gone only after a read that shows it gone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from domain.methods import ALTERNATE_MOBILE_PHONE_ID, Method, MethodType
from domain.outcomes import MethodOutcome, TargetOutcome, target_outcome
from domain.targets import Target, TargetMethod
from graph.client import GraphClient
from graph.errors import Fault, GraphError
from graph.methods import Found, prefer_another, read_methods, remove, revoke_and_read
from graph.responses import Response

# A refusal that names the default may pass once the others are gone: two more passes, as Microsoft's own portal shows it.
PASSES = 3
# A removal is not always visible at once; a public runbook looks three times, ten seconds apart.
LOOKS = 3
LOOK_AGAIN = (3.0, 10.0)  # seconds before the second and the third look

# Refusals that another pass may get past.
_DEFERRED = frozenset({Fault.DEFAULT_METHOD, Fault.REFUSED})
# Stable reasons of a target that a fault ended.
_REASONS = {
    Fault.THROTTLED: "throttled",
    Fault.UNAVAILABLE: "customerUnreachable",
    Fault.CONSENT: "consentMissing",
    Fault.FORBIDDEN: "forbidden",
    Fault.NOT_FOUND: "userNotFound",
}

type Leave = Literal["go", "cancelled", "held"]


@dataclass(slots=True)
class Run:
    """What one run came to: the target as it is now, and, while it is not settled, when to run again and why."""

    target: Target
    again: float | None = None
    fault: str = ""


class Removal:
    """One run for one target. `leave` is asked before every change whether changes may still be made."""

    def __init__(
        self, client: GraphClient, target: Target, scope: frozenset[MethodType], leave: Callable[[], Awaitable[Leave]]
    ) -> None:
        self._client = client
        self._scope = scope
        self._leave = leave
        self._target = target
        self._methods = [method.model_copy() for method in target.methods]
        self._revoked = target.sessions_revoked
        self._revoke_detail = ""
        self._halt: Leave = "go"
        self._refused: dict[str, Fault] = {}
        # Hardware tokens are read only where the plan has some or could gain some: a read on beta is a call of its own.
        self._hardware = MethodType.HARDWARE_OATH in {m.type for m in target.methods if m.id}

    async def run(self, *, revoke: bool, last: bool) -> Run:
        """Runs once. `last`: no further run will follow, so whatever is still open is settled as what it is."""
        fault: GraphError | None = None
        try:
            await self._look()
            fault = await self._remove_all()
            if (fault is None or last) and self._halt != "held":
                await self._confirm(revoke=revoke and self._halt == "go")
        except GraphError as error:
            fault = error
        if self._halt == "held" and not last:
            return Run(self._saved(), again=30.0, fault="held")
        if self._halt == "cancelled":
            return Run(self._settled(stopped=True))
        return self._after(fault, revoke=revoke, last=last)

    def _after(self, fault: GraphError | None, *, revoke: bool, last: bool) -> Run:
        open_ones = [m for m in self._methods if m.outcome is MethodOutcome.PENDING]
        revoke_open = revoke and self._revoked is None
        if fault is not None and not fault.passing:
            last = True
        if not last and fault is not None:
            return Run(self._saved(), again=fault.retry_after or 0.0, fault=fault.reason)
        if not last and (open_ones or revoke_open):
            looks = self._target.reads + 1
            if looks < LOOKS:
                saved = self._saved().model_copy(update={"reads": looks})
                return Run(saved, again=LOOK_AGAIN[looks - 1], fault="notVisibleYet")
        for method in open_ones:
            _give_up(method, fault, self._refused.get(method.id))
        if revoke_open:
            self._revoked = False
            self._revoke_detail = self._revoke_detail or (fault.detail if fault else "")
        return Run(self._settled(stopped=False, fault=fault), fault=fault.reason if fault else "")

    async def _look(self) -> None:
        """Compares the plan with what is registered now, before anything is changed."""
        found = await read_methods(self._client, self._target.user_id, hardware=self._hardware)
        for method in self._open():
            current = _current(found, method)
            if current is None:
                _gone(method)
            elif not method.same_registration(current):
                _newer(method)

    async def _remove_all(self) -> GraphError | None:
        """Removes what is open, deferring what is the default; the fault that ended it early, if one did."""
        remaining = [m for m in self._open() if not m.answered or self._target.reads >= LOOKS - 1]
        preferred_another = False
        for _ in range(PASSES):
            deferred: list[TargetMethod] = []
            for method in remaining:
                self._halt = await self._leave()
                if self._halt != "go":
                    return None
                answer = await self._ask(method)
                if isinstance(answer, GraphError):
                    if answer.fault not in _DEFERRED:
                        return answer
                    deferred.append(method)
                    method.detail, method.request_id = answer.detail, answer.request_id
            if not deferred:
                break
            blocked = deferred[0]
            if blocked.id == ALTERNATE_MOBILE_PHONE_ID and not preferred_another:
                preferred_another = True
                await prefer_another(
                    self._client, self._target.user_id, [m for m in deferred if m is not blocked] or remaining
                )
            elif len(deferred) == len(remaining):
                break  # nothing moved, so another pass would be refused alike
            remaining = deferred
        return None

    async def _ask(self, method: TargetMethod) -> GraphError | None:
        """Asks for one removal and notes the answer; the error where it was the default or may pass."""
        answer = await remove(self._client, self._target.user_id, method)
        if answer.ok:
            method.answered, method.detail, method.request_id = "removed", "", answer.request_id
            return None
        error = answer.error()
        if error.passing or error.fault is Fault.CONSENT:
            return error
        if error.fault in _DEFERRED:
            # Only one of the refusals is known to be about the default, by its words; any may pass once others are gone.
            self._refused[method.id] = error.fault
            return error
        method.request_id = error.request_id
        if error.fault is Fault.NOT_FOUND:
            method.answered = method.answered or "missing"
            method.detail = ""
        else:
            method.outcome = MethodOutcome.FORBIDDEN if error.fault is Fault.FORBIDDEN else MethodOutcome.FAILED
            method.detail = error.detail
        return None

    async def _confirm(self, *, revoke: bool) -> None:
        """Revokes the sessions where that is still to do, reads the methods and settles what is seen gone."""
        wanted = revoke and self._revoked is not True
        answer, found = await revoke_and_read(
            self._client, self._target.user_id, revoke=wanted, hardware=self._hardware
        )
        if answer is not None:
            self._note_revocation(answer)
        for method in self._open():
            current = _current(found, method)
            if current is None or (method.answered and not method.same_registration(current)):
                _gone(method)
            elif not method.same_registration(current):
                _newer(method)
        self._add_newer(found)
        if answer is not None and not answer.ok and answer.error().passing:
            raise answer.error()

    def _note_revocation(self, answer: Response) -> None:
        if answer.ok:
            self._revoked = answer.body.get("value") is not False
            return
        error = answer.error()
        self._revoke_detail = f"The sign-in sessions could not be revoked: {error.detail}"
        if not error.passing:
            self._revoked = False

    def _add_newer(self, found: Found) -> None:
        for current in found.methods:
            known = any(
                m.same_registration(current) or (m.outcome is MethodOutcome.KEPT_NEWER and m.id == current.id)
                for m in self._methods
            )
            if current.type in self._scope and current.active and not known:
                newer = TargetMethod(**current.model_dump())
                _newer(newer)
                self._methods.append(newer)

    def _open(self) -> list[TargetMethod]:
        return [method for method in self._methods if method.outcome is MethodOutcome.PENDING]

    def _saved(self) -> Target:
        return self._target.model_copy(update={"methods": self._methods, "sessions_revoked": self._revoked})

    def _settled(self, *, stopped: bool, fault: GraphError | None = None) -> Target:
        ends = [method.outcome for method in self._methods]
        outcome = target_outcome(ends, sessions_revoked=self._revoked, stopped=stopped)
        reason, detail = _why(outcome, self._methods, stopped=stopped, fault=fault)
        saved = self._saved()
        return saved.settle(outcome, reason, detail or self._revoke_detail)


def _current(found: Found, method: Method) -> Method | None:
    """The registration in the same place as `method`, None if there is none or it is a token that is not active."""
    return next((m for m in found.methods if (m.type, m.id) == (method.type, method.id) and m.active), None)


def _gone(method: TargetMethod) -> None:
    method.detail = ""
    if method.answered != "removed":
        method.outcome = MethodOutcome.ALREADY_GONE
    elif method.type is MethodType.HARDWARE_OATH:
        method.outcome = MethodOutcome.DEACTIVATED
    else:
        method.outcome = MethodOutcome.DELETED


def _newer(method: TargetMethod) -> None:
    method.outcome = MethodOutcome.KEPT_NEWER
    method.detail = "Registered after the plan was approved; not touched."


def _give_up(method: TargetMethod, fault: GraphError | None, refused: Fault | None) -> None:
    """Settles a method that no further run will come back to, as what is known of it."""
    if method.answered:
        method.outcome = MethodOutcome.UNVERIFIED
        method.detail = "Graph accepted the removal, but the method is still listed."
    elif fault is None:
        method.outcome = MethodOutcome.FAILED if refused is Fault.REFUSED else MethodOutcome.REFUSED_DEFAULT
    else:
        method.outcome = MethodOutcome.THROTTLED if fault.fault is Fault.THROTTLED else MethodOutcome.FAILED
        method.detail, method.request_id = fault.detail, fault.request_id


def _why(
    outcome: TargetOutcome, methods: list[TargetMethod], *, stopped: bool, fault: GraphError | None
) -> tuple[str, str]:
    """The stable reason and the sentence for an outcome that is not a good one."""
    if outcome in {TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}:
        return "", ""
    if stopped:
        return "cancelled", "The request was cancelled before this user was done."
    if fault is not None:
        return _REASONS.get(fault.fault, "notRemoved"), fault.detail
    bad = next(
        (m for m in methods if m.outcome.value in {"forbidden", "refusedDefault", "failed", "throttled", "unverified"}),
        None,
    )
    if bad is None:
        return "sessionsNotRevoked", ""
    return {"forbidden": "forbidden", "throttled": "throttled"}.get(bad.outcome.value, "notRemoved"), bad.detail
