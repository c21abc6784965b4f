"""The reset of one user: remove what the plan lists, one after the other, then read again and say what was seen.

Written to be run again at any point: it looks before it acts, touches only the registrations the plan lists, and reports a
method as gone only after a read that shows it gone. docs/engine.md tells the whole of it.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from domain.methods import ALTERNATE_MOBILE_PHONE_ID, Method, MethodType
from domain.outcomes import MethodOutcome, TargetOutcome, target_outcome
from domain.request.guards import Refusal
from domain.request.settlement import gone, newer, still_listed, uncertain, why
from domain.request.target import Target, TargetMethod
from graph.client import GraphClient
from graph.errors import Fault, GraphError
from graph.methods import Found, prefer_another, read_methods, remove, revoke_and_read
from graph.users import Standing, look, read_standing

# A refusal that names the default may pass once the others are gone: two more passes, as Microsoft's own portal shows it.
PASSES = 3
# A removal is not always visible at once: a public runbook looks three times, ten seconds apart. Seconds before each look
# after the first.
LOOK_AGAIN = (3.0, 10.0, 20.0)
# From this look on, what was answered as removed and is still listed is asked for once more: a removal can get lost.
_ASK_AGAIN = 2
# A refused method is asked for in one more run, because what blocks it may be gone and not seen yet.
_REFUSED_RUNS = 2
# Sooner than this after the removal nobody has signed in, entered the number again and confirmed it.
_INTERRUPTED = timedelta(minutes=1)

# Refusals that another pass may get past: only one of them is known to be about the default, by its words.
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


class Run(NamedTuple):
    """What one run came to: the target as it is now, and, while it is not settled, when to run again and why.

    `moved` tells whether this run got further than the ones before. With `refused` nothing more may be done to the user.
    """

    target: Target
    again: float | None = None
    fault: str = ""
    moved: bool = False
    refused: Refusal | None = None


class Removal:
    """One run for one target.

    `leave` is asked before every change whether changes may still be made. `begin` writes down what is about to be removed,
    so that a run which dies is known to have begun; False: another run was faster. `allowed` are the types that
    the policy lets be removed now, `scope` those that the request is about. `judge` is asked, before anything is done to the
    user, whether that may be; `privileges` tells whether it needs to know those.
    """

    def __init__(
        self,
        client: GraphClient,
        target: Target,
        *,
        scope: frozenset[MethodType],
        allowed: frozenset[MethodType],
        leave: Callable[[], Awaitable[Leave]],
        begin: Callable[[Collection[TargetMethod]], Awaitable[bool]],
        judge: Callable[[Standing], Refusal | None],
        privileges: bool,
        now: datetime,
    ) -> None:
        self._client = client
        self._target = target
        self._scope = scope & allowed
        self._allowed = allowed
        self._leave = leave
        self._begin = begin
        self._judge = judge
        self._privileges = privileges
        self._now = now
        self._methods = [method.model_copy() for method in target.methods]
        self._revoked = target.sessions_revoked
        self._revoke_detail = ""
        # Whether the sessions may have been revoked by a call, or a run, that never told.
        self._revoke_unknown = target.begun_at is not None and target.sessions_revoked is None
        self._default_changed = target.default_changed
        self._begun = False
        self._halt: Leave = "go"
        self._asked = False
        self._overtaken = False
        self._refusal: Refusal | None = None
        self._refused: dict[str, Fault] = {}
        # Hardware tokens are read only where the plan has some: a read on beta is a call of its own.
        self._hardware = any(m.type is MethodType.HARDWARE_OATH and m.id for m in target.methods)

    async def run(self, *, revoke: bool, last: bool) -> Run:
        """Runs once. `last`: no further run will follow, so whatever is still open is settled as what it is."""
        fault: GraphError | None = None
        try:
            await self._work(revoke=revoke)
        except GraphError as error:
            fault = error
            if last and error.passing and self._asked:
                fault = await self._last_look() or error
        if self._overtaken:
            return Run(self._target, again=1.0, fault="overtaken")
        if self._refusal is not None:
            return Run(self._saved(), refused=self._refusal, moved=True)
        if self._halt == "held":
            return Run(self._saved(), again=0.0, fault="held", moved=self._moved())
        return self._after(fault, revoke=revoke, last=last)

    async def _work(self, *, revoke: bool) -> None:
        self._forbid_what_policy_forbids()
        seen: Found | None = None
        if self._open():
            seen = await self._look(revoke=revoke)
            self._compare(seen)
            if self._refusal is not None:
                return
            wanted = [method for method in self._open() if self._may_ask(method)]
            if wanted:
                await self._remove(wanted)
                if self._overtaken:
                    return
        if self._halt == "go" and revoke and self._revoked is not True:
            self._halt = await self._leave()
        revoke_now = revoke and self._halt == "go" and self._revoked is not True
        if revoke_now and seen is None:
            standing = await read_standing(self._client, self._target.user_id, privileges=self._privileges)
            self._refusal = self._judge(standing)
            if self._refusal is not None:
                return
        if revoke_now and not await self._begins(()):
            return
        if seen is not None and not self._asked and not revoke_now:
            self._add_newer(seen)
        elif self._halt == "go" or self._asked:
            await self._confirm(revoke=revoke_now)

    async def _look(self, *, revoke: bool) -> Found:
        """The methods as they are now and, where something is still to be done, whether that may be."""
        user_id = self._target.user_id
        if (revoke and self._revoked is not True) or any(self._may_ask(method) for method in self._open()):
            standing, found = await look(self._client, user_id, privileges=self._privileges, hardware=self._hardware)
            self._refusal = self._judge(standing)
            return found
        return await read_methods(self._client, user_id, hardware=self._hardware)

    def _after(self, fault: GraphError | None, *, revoke: bool, last: bool) -> Run:
        open_ones = self._open()
        stopped = self._halt == "cancelled"
        revoke_open = revoke and self._revoked is None and not stopped
        if fault is not None and fault.passing and not last and (not stopped or self._saved().touched):
            return Run(self._saved(), fault.retry_after or 0.0, fault.reason, self._moved())
        looks = self._target.reads + 1
        waits = any(m.answered for m in open_ones) or (looks < _REFUSED_RUNS and bool(open_ones) and not stopped)
        if fault is None and not last and looks <= len(LOOK_AGAIN) and (waits or revoke_open):
            saved = self._saved().model_copy(update={"reads": looks})
            return Run(saved, LOOK_AGAIN[looks - 1], "notVisibleYet", self._moved())
        for method in open_ones:
            if method.answered == "begun" and fault is None and looks > len(LOOK_AGAIN):
                method.answered = ""  # listed for so long after the interruption, it was never asked for
            self._give_up(method, fault, stopped=stopped)
        if revoke_open or (stopped and revoke and self._revoked is None and self._saved().touched):
            self._revoked = False
            self._revoke_detail = self._revoke_detail or (fault.detail if fault else "")
        ended_by = "cancelled" if stopped else fault.reason if fault else ""
        return Run(self._settled(fault, stopped=stopped), fault=ended_by, moved=True)

    def _forbid_what_policy_forbids(self) -> None:
        for method in self._open():
            if method.type not in self._allowed and not method.answered:
                method.outcome = MethodOutcome.FORBIDDEN
                method.detail = (
                    "Since the approval, the policy no longer allows this kind of method to be removed here."
                )

    def _compare(self, found: Found) -> None:
        """Settles what the read shows: gone, registered anew, or not to be told apart."""
        begun = self._target.begun_at
        interrupted = begun is not None and self._now - begun >= _INTERRUPTED
        for method in self._open():
            if method.type is MethodType.HARDWARE_OATH and (unreadable := found.hardware_unreadable) is not None:
                if method.answered:
                    still_listed(method)
                else:
                    forbidden = unreadable.fault is Fault.FORBIDDEN
                    method.outcome = MethodOutcome.FORBIDDEN if forbidden else MethodOutcome.FAILED
                    method.detail, method.request_id = unreadable.detail, unreadable.request_id
                continue
            current = _current(found.methods, method)
            same = current is not None and method.same_registration(current, self._target.planned_at)
            if current is None or (method.answered and not same):
                gone(method)  # and what took its place since is told as newer
            elif not same:
                newer(method)
            elif interrupted and method.in_doubt and not method.tells_apart:
                uncertain(method)

    def _may_ask(self, method: TargetMethod) -> bool:
        if not method.answered or method.in_doubt:
            return True
        return self._target.reads >= _ASK_AGAIN and method.tells_apart

    async def _remove(self, methods: list[TargetMethod]) -> None:
        """Removes these in their order, deferring what is refused. Raises GraphError for what ends the run early."""
        self._halt = await self._leave()
        if self._halt != "go":
            return
        if not await self._begins(methods):
            return
        remaining, first = methods, True
        for _ in range(PASSES):
            deferred: list[TargetMethod] = []
            for method in remaining:
                if not first:
                    self._halt = await self._leave()
                    if self._halt != "go":
                        return
                first = False
                if not await self._ask(method) and not await self._make_way(method, methods):
                    deferred.append(method)
            if not deferred or len(deferred) == len(remaining):
                return  # all asked for; or nothing moved, so another pass would be refused alike
            remaining = deferred

    async def _begins(self, methods: Collection[TargetMethod]) -> bool:
        """Writes down, once in a run, that changes begin; False where another run was faster."""
        if not self._begun:
            self._begun = await self._begin(methods)
            self._overtaken = not self._begun
        return self._begun

    async def _ask(self, method: TargetMethod) -> bool:
        """Asks for one removal and notes the answer; False where it was refused and may pass later."""
        self._asked = True
        try:
            answer = await remove(self._client, self._target.user_id, method)
        except GraphError as lost:
            if lost.sent:
                method.answered = method.answered or "sent"
            raise
        method.request_id = answer.request_id
        if answer.ok:
            method.answered, method.detail = "removed", ""
            return True
        error = answer.error()
        method.detail = error.detail
        if error.fault is Fault.UNAVAILABLE:
            method.answered = method.answered or "sent"
        if error.passing or error.fault is Fault.CONSENT:
            raise error
        if error.fault in _DEFERRED:
            self._refused[method.id] = error.fault
            if method.answered == "begun":  # it is there, whatever the run before came to
                method.answered = ""
            return False
        if error.fault is Fault.NOT_FOUND:
            method.answered = method.answered or "missing"
        else:
            method.outcome = MethodOutcome.FORBIDDEN if error.fault is Fault.FORBIDDEN else MethodOutcome.FAILED
        return True

    async def _make_way(self, method: TargetMethod, methods: Iterable[TargetMethod]) -> bool:
        """Makes another planned method the default where the alternate mobile is it, and asks for it again.

        It must go before the mobile, which cannot go while there is an alternate one, and cannot go while it is the default.
        That it is the default is what the refusal says or, where its words are not known, what the plan does.
        """
        names_default = self._refused[method.id] is Fault.DEFAULT_METHOD or method.is_default
        if method.id != ALTERNATE_MOBILE_PHONE_ID or not names_default:
            return False
        left = [
            m for m in methods if m is not method and m.outcome is MethodOutcome.PENDING and m.answered in {"", "begun"}
        ]
        self._halt = await self._leave()
        if self._halt != "go":
            return False
        before, self._default_changed = self._default_changed, True  # unless the answer says otherwise
        answer = await prefer_another(self._client, self._target.user_id, left)
        if answer is None or (not answer.ok and not answer.error().passing):
            self._default_changed = before
            return False
        if not answer.ok:
            raise answer.error()
        self._halt = await self._leave()
        return self._halt == "go" and await self._ask(method)

    async def _confirm(self, *, revoke: bool) -> None:
        """Revokes the sessions where that is still to do, reads the methods and settles what is seen."""
        known, self._revoke_unknown = self._revoke_unknown, self._revoke_unknown or revoke
        answer, found = await revoke_and_read(
            self._client, self._target.user_id, revoke=revoke, hardware=self._hardware
        )
        error: GraphError | None = None
        if answer is not None and answer.ok:
            self._revoked = answer.body.get("value") is not False
        elif answer is not None:
            error = answer.error()
            self._revoke_detail = f"The sign-in sessions could not be revoked: {error.detail}"
            if error.fault is not Fault.UNAVAILABLE:
                self._revoke_unknown = known
            if not error.passing:
                self._revoked = False
        if isinstance(found, GraphError):
            raise found
        self._compare(found)
        self._add_newer(found)
        if error is not None and error.passing:
            raise error

    async def _last_look(self) -> GraphError | None:
        """Nothing further will be tried: at least what is there now should be known. The fault, if even that fails."""
        try:
            await self._confirm(revoke=False)
        except GraphError as error:
            return error
        return None

    def _add_newer(self, found: Found) -> None:
        """Tells of what was registered after the plan."""
        planned = self._target.planned_at
        for current in found.methods:
            if current.type not in self._scope or not current.active:
                continue
            known = any(m.same_registration(current, planned) for m in (*self._methods, *self._target.kept))
            told = any(m.outcome is MethodOutcome.KEPT_NEWER and m.id == current.id for m in self._methods)
            if not known and not told:
                added = TargetMethod(**current.model_dump())
                newer(added)
                self._methods.append(added)

    def _give_up(self, method: TargetMethod, fault: GraphError | None, *, stopped: bool) -> None:
        """Settles a method that no further run will come back to, as what is known of it."""
        if method.answered:
            still_listed(method)
        elif stopped:
            return  # its turn never came, and nobody has touched it
        elif fault is not None:
            method.outcome = MethodOutcome.THROTTLED if fault.fault is Fault.THROTTLED else MethodOutcome.FAILED
            method.detail, method.request_id = fault.detail, fault.request_id
        elif self._refused.get(method.id) is Fault.DEFAULT_METHOD or method.is_default:
            method.outcome = MethodOutcome.REFUSED_DEFAULT
        else:
            method.outcome = MethodOutcome.FAILED

    def _open(self) -> list[TargetMethod]:
        return [method for method in self._methods if method.outcome is MethodOutcome.PENDING]

    def _moved(self) -> bool:
        before = {(m.type, m.id): (m.outcome, m.answered == "removed") for m in self._target.methods}
        return any((m.outcome, m.answered == "removed") != before.get((m.type, m.id)) for m in self._methods)

    def _saved(self) -> Target:
        # An orderly end leaves no doubt about what was asked, but for what was never answered.
        doubt = any(method.in_doubt for method in self._open())
        doubt = doubt or (self._revoke_unknown and self._revoked is None)
        return self._target.model_copy(
            update={
                "methods": self._methods,
                "sessions_revoked": self._revoked,
                "begun_at": (self._target.begun_at or self._now) if doubt else None,
                "default_changed": self._default_changed,
            }
        )

    def _settled(self, fault: GraphError | None, *, stopped: bool) -> Target:
        ends = [method.outcome for method in self._methods]
        outcome = target_outcome(ends, sessions_revoked=self._revoked, stopped=stopped)
        saved = self._saved().model_copy(update={"begun_at": None})
        sessions_unknown = self._revoke_unknown and self._revoked is not True
        if outcome in {TargetOutcome.CANCELLED, TargetOutcome.FAILED} and (sessions_unknown or self._default_changed):
            outcome = TargetOutcome.PARTIALLY_RESET  # nothing was removed, and yet something may have changed
        reason, detail = why(outcome, self._methods)
        if reason and stopped:
            unknown = " Whether the sign-in sessions were ended is not known." if sessions_unknown else ""
            changed = " The user's default method was changed." if self._default_changed else ""
            reason, detail = "cancelled", f"The request was cancelled before this user was done.{unknown}{changed}"
        elif reason and fault is not None:
            reason, detail = _REASONS.get(fault.fault, "notRemoved"), fault.detail
        if outcome is TargetOutcome.CANCELLED:
            reason, detail = "cancelled", "The request was cancelled before anything of this user was touched."
        return saved.settle(outcome, reason, detail or self._revoke_detail)


def _current(methods: Iterable[Method], method: Method) -> Method | None:
    """The registration in the same place as `method`, None if there is none or it is a token that is not active."""
    return next((m for m in methods if (m.type, m.id) == (method.type, method.id) and m.active), None)
