"""What one run knows of one user: the methods of the plan, the sessions, the default method. Values only."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from domain.methods import ALTERNATE_MOBILE_PHONE_ID, Method, MethodType, other_default
from domain.outcomes import MethodOutcome
from domain.request.phone_numbers import keeps_numbers
from domain.request.settlement import mark_gone, mark_kept_newer, mark_unverified
from domain.request.target import Answered, Target, TargetMethod
from graph.errors import Fault
from graph.found import Found

# From this look on, what was answered as removed and is still listed is asked for once more: a removal can get lost.
_ASK_AGAIN = 2
# Sooner than this after the removal a user has not signed in, entered the number again and confirmed it.
_INTERRUPTED = timedelta(minutes=1)
_NOTHING_STRONG = (
    "Since the approval, the passkey or other strong method that was to stay is gone, so the number was kept."
)
_NO_LONGER_ALLOWED = "Since the approval, the policy no longer allows this kind of method to be removed here."

# Whether changes may still be made: "held" while removing is stopped by the kill switch.
type Stop = Literal["go", "cancelled", "held"]


class Terms(NamedTuple):
    """What a run may do, given from outside.

    `scope` are the types that the request names and the policy allows, `allowed` all that the policy lets be removed now.
    `phone_only`: numbers go only where something strong stays.
    `last`: no further run will follow, so what is still open ends as what it is; `answered`: Graph answered for others of the
    customer while this user failed. `now` is when the run began.
    """

    scope: frozenset[MethodType]
    allowed: frozenset[MethodType]
    revoke: bool
    last: bool
    now: datetime
    phone_only: bool = False
    answered: bool = False


class Sessions(NamedTuple):
    """`unknown`: a call to revoke them, or a run that may have made it, was never answered."""

    revoked: bool | None
    unknown: bool
    detail: str = ""


class Default(NamedTuple):
    """`changed`: the user's default method was changed; `unknown`: or may have been, by a call or a run that was not answered."""

    changed: bool
    unknown: bool


class Progress(NamedTuple):
    """`target` is as the run read it. `refusals` are the faults of refused removals, by place in `methods`.

    `ambiguous` are the places of what the last read lists and may be a registration of after an interrupted removal. `read`: no
    removal was asked for since the last read.
    """

    target: Target
    terms: Terms
    methods: tuple[TargetMethod, ...]
    sessions: Sessions
    default: Default
    refusals: Mapping[int, Fault]
    ambiguous: frozenset[int] = frozenset()
    read: bool = False

    @property
    def open(self) -> list[int]:
        """The places of the methods whose outcome is not known yet."""
        return [place for place, method in enumerate(self.methods) if method.outcome is MethodOutcome.PENDING]

    @property
    def to_ask(self) -> list[int]:
        """The places of the methods that this run may ask Graph to remove, in removal order."""
        return [place for place in self.open if place not in self.ambiguous and self._may_ask(self.methods[place])]

    @property
    def to_revoke(self) -> bool:
        return self.terms.revoke and self.sessions.revoked is not True

    @property
    def progressed(self) -> bool:
        """Whether this run got further than the ones before."""
        before = {(m.type, m.id): _standing(m) for m in self.target.methods}
        return any(_standing(m) != before.get((m.type, m.id)) for m in self.methods)

    @property
    def saved(self) -> Target:
        """The target as it is to be stored, its outcome still open."""
        # An orderly end leaves no doubt about what was asked, but for what was never answered.
        doubt = any(self.methods[place].in_doubt for place in self.open)
        doubt = doubt or (self.sessions.unknown and self.sessions.revoked is None) or self.default.unknown
        return self.target.model_copy(
            update={
                "methods": list(self.methods),
                "sessions_revoked": self.sessions.revoked,
                "begun_at": (self.target.begun_at or self.terms.now) if doubt else None,
                "default_changed": self.default.changed or self.default.unknown,
            }
        )

    def written_down(self, place: int | None = None) -> Target:
        """The target as it is to be stored before a change, so that a run which dies is known to have begun it.

        `place` is that of the method which is about to be removed, None before another change.
        """
        progress = self
        if place is not None and self.methods[place].answered in {Answered.NOT_ASKED, Answered.MISSING}:
            begun = self.methods[place].model_copy(update={"answered": Answered.BEGUN})
            progress = self.with_method(place, begun)
        return progress.saved.model_copy(update={"begun_at": self.target.begun_at or self.terms.now})

    def with_method(self, place: int, method: TargetMethod) -> "Progress":
        return self._replace(methods=(*self.methods[:place], method, *self.methods[place + 1 :]))

    def with_refusal(self, place: int, fault: Fault) -> "Progress":
        return self._replace(refusals={**self.refusals, place: fault})

    def compared(self, found: Found) -> "Progress":
        """Settle what the read shows as gone or registered anew; the rest is the registration of the plan or ambiguous."""
        progress = self
        for place in self.open:
            progress = progress.with_method(place, self._compared(self.methods[place], found))
        progress = progress.with_numbers_kept(found)
        ambiguous = (place for place in progress.open if self._is_ambiguous(self.methods[place], found))
        return progress._replace(ambiguous=frozenset(ambiguous), read=True)

    def with_numbers_kept(self, found: Found) -> "Progress":
        """Keep the numbers where what the plan counted on to stay is gone; one that was asked for already is not in time."""
        removed = [self.methods[place] for place in self.open]
        if not self.terms.phone_only or not keeps_numbers(found.methods, removed):
            return self
        progress = self
        for place in self.open:
            method = self.methods[place]
            if method.type is MethodType.PHONE and not method.answered:
                update = {"outcome": MethodOutcome.FORBIDDEN, "detail": _NOTHING_STRONG}
                progress = progress.with_method(place, method.model_copy(update=update))
        return progress

    def with_newer(self, found: Found) -> "Progress":
        """Add what was registered after the plan, as kept."""
        progress = self
        for current in found.methods:
            if progress._is_newer(current):
                added = mark_kept_newer(TargetMethod(**current.model_dump()))
                progress = progress._replace(methods=(*progress.methods, added))
        return progress

    def preference_besides(self, place: int, wanted: Iterable[int]) -> str | None:
        """The sign-in preference by which the refused alternate mobile stops being the default, None where it is not or stays.

        It must go before the mobile, which cannot go while there is an alternate one, and cannot go while it is the default.
        That it is the default is what the refusal says or, where its words are not known, what the plan does.
        """
        method = self.methods[place]
        names_default = self.refusals[place] is Fault.DEFAULT_METHOD or method.is_default
        if method.id != ALTERNATE_MOBILE_PHONE_ID or not names_default:
            return None
        left = (self.methods[other] for other in wanted if other != place)
        return other_default(
            m for m in left if m.outcome is MethodOutcome.PENDING and m.answered in {Answered.NOT_ASKED, Answered.BEGUN}
        )

    def _may_ask(self, method: TargetMethod) -> bool:
        if not method.answered or method.in_doubt:
            return True
        return self.target.reads >= _ASK_AGAIN and method.is_distinguishable

    def _compared(self, method: TargetMethod, found: Found) -> TargetMethod:
        if method.type is MethodType.HARDWARE_OATH and (unreadable := found.hardware_unreadable) is not None:
            if method.answered:
                return mark_unverified(method, listed=False)
            forbidden = unreadable.fault is Fault.FORBIDDEN
            outcome = MethodOutcome.FORBIDDEN if forbidden else MethodOutcome.FAILED
            return method.model_copy(
                update={"outcome": outcome, "detail": unreadable.detail, "request_id": unreadable.request_id}
            )
        current = _current(found.methods, method)
        same = current is not None and method.same_registration(current, self.target.planned_at)
        if current is None or (method.answered and not same):
            return mark_gone(method)  # and what took its place since is added as newer
        return method if same else mark_kept_newer(method)

    def _is_ambiguous(self, method: TargetMethod, found: Found) -> bool:
        """Whether a listed method that looks as in the plan may have been removed and registered again."""
        begun = self.target.begun_at
        if not method.in_doubt or method.is_distinguishable or begun is None or self.terms.now - begun < _INTERRUPTED:
            return False
        current = _current(found.methods, method)
        # A date that shows only now is from before the plan, or it would be a newer registration.
        return current is None or current.created_at is None or method.type is MethodType.HARDWARE_OATH

    def _is_newer(self, current: Method) -> bool:
        if current.type not in self.terms.scope or not current.active:
            return False
        planned_at = self.target.planned_at
        known = any(m.same_registration(current, planned_at) for m in (*self.methods, *self.target.kept))
        return not known and not any(m.outcome is MethodOutcome.KEPT_NEWER and m.id == current.id for m in self.methods)


def begin(target: Target, terms: Terms) -> Progress:
    """Start from the target as it is stored; what the policy no longer allows ends as `forbidden`."""
    methods = tuple(
        method.model_copy(update={"outcome": MethodOutcome.FORBIDDEN, "detail": _NO_LONGER_ALLOWED})
        if method.outcome is MethodOutcome.PENDING and method.type not in terms.allowed and not method.answered
        else method
        for method in target.methods
    )
    unknown = terms.revoke and target.begun_at is not None and target.sessions_revoked is None
    sessions = Sessions(target.sessions_revoked, unknown)
    default = Default(target.default_changed, target.default_changed and target.begun_at is not None)
    return Progress(target, terms, methods, sessions, default, {})


def _standing(method: TargetMethod) -> tuple[MethodOutcome, bool]:
    return method.outcome, method.answered is Answered.REMOVED


def _current(methods: Iterable[Method], method: Method) -> Method | None:
    """The registration in the same place as `method`, None if there is none or it is a token that is not active."""
    return next((m for m in methods if (m.type, m.id) == (method.type, method.id) and m.active), None)
