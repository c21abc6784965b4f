"""The follow-up: whether users who were reset have registered again, and who did so within minutes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from domain.methods import PHISHING_RESISTANT, Method, MethodType
from domain.model import Instant, Model
from domain.request.registrations import AuditedRegistration, Before, Suspicion, suspicions

type FollowUpState = Literal[
    "registered",
    "registeredSuspicious",
    "quick",
    "phishingResistant",
    "protected",
    "exposed",
    "notYet",
    "unreadable",
    "gone",
]

# What alone does not answer a request for multi-factor authentication, or ends by itself.
WEAK = frozenset({MethodType.EMAIL, MethodType.TEMPORARY_ACCESS_PASS})
# States that need attention, the most urgent first.
ALARMING: tuple[FollowUpState, ...] = ("registeredSuspicious", "exposed", "quick", "unreadable")
# Of a look before the last: what may still change.
_OPEN: frozenset[FollowUpState] = frozenset({"exposed", "protected"})


class Registered(Model):
    """One method that was registered after the reset."""

    type: MethodType
    created_at: Instant | None


class FollowUpFinding(Model):
    """What was found of one user. `new` are the strong methods that were registered after the reset.

    `source` says where it is from: the audit log and the methods, or the dates of the methods alone.
    """

    state: FollowUpState
    at: Instant
    new: list[Registered] = Field(default_factory=list)
    detail: str = ""
    source: Literal["auditLog", "dates"] = "dates"
    registrations: list[AuditedRegistration] = Field(default_factory=list)
    suspicions: list[Suspicion] = Field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether a later look may find something else."""
        return self.state == "notYet"

    def to_be_continued(self) -> "FollowUpFinding":
        """Return the finding of a look that is not the last."""
        waits = self.state in _OPEN or (self.state == "phishingResistant" and not self.new)
        return self.model_copy(update={"state": "notYet"}) if waits else self

    def with_registrations(
        self, registrations: list[AuditedRegistration], reset_at: datetime | None, before: Before
    ) -> "FollowUpFinding":
        """Return the finding with what the audit log says. An entry alone makes no user registered: the methods are what is there."""
        found = list(dict.fromkeys(word for one in registrations for word in suspicions(one, reset_at, before)))
        registered = self.state in {"registered", "quick"} or (self.state == "phishingResistant" and bool(self.new))
        alarming = found and registered
        return self.model_copy(
            update={
                "state": "registeredSuspicious" if alarming else self.state,
                "source": "auditLog",
                "registrations": registrations,
                "suspicions": found,
            }
        )


class FollowUp(Model):
    """The follow-up of a request: when it is due, and once it has ended, how many users are in each state."""

    due_at: Instant
    ended_at: Instant | None = None
    totals: dict[FollowUpState, int] = Field(default_factory=dict)


def assess_follow_up(
    methods: Iterable[Method], before: Iterable[Method], *, reset_at: datetime | None, quickly: timedelta, now: datetime
) -> FollowUpFinding:
    """Return what a user's methods of now say. `before` are those that the reset left on purpose.

    quick: something strong was registered sooner than `quickly` after the reset; Graph may not say when, then it is not quick.
    phishingResistant: the user has a passkey or the like, new or left.
    registered: something strong is new. protected: nothing is new, but a strong method was left. exposed: neither.
    """
    left = list(before)
    strong = [method for method in methods if method.active and method.type not in WEAK]
    new = [method for method in strong if not any(other.same_registration(method) for other in left)]
    state: FollowUpState = "registered" if new else "protected" if strong else "exposed"
    if any(method.type in PHISHING_RESISTANT for method in strong):
        state = "phishingResistant"
    if reset_at and any(method.created_at and method.created_at <= reset_at + quickly for method in new):
        state = "quick"
    return FollowUpFinding(
        state=state, at=now, new=[Registered(type=method.type, created_at=method.created_at) for method in new]
    )
