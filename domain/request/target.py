"""A target: one user of one customer in a request, its plan and what came of it."""

from enum import StrEnum
from typing import Any

from pydantic import Field, model_validator

from domain.bootstrap.access_pass import AccessPass
from domain.containment.actions import Containment
from domain.mails import Mailed
from domain.methods import Method
from domain.model import Instant, Model
from domain.outcomes import GONE, MethodOutcome, TargetOutcome
from domain.request.follow_up import FollowUpFinding
from domain.request.forecast import Forecast
from domain.verification.evidence import TargetVerification

_CHANGED = frozenset({MethodOutcome.DELETED, MethodOutcome.DEACTIVATED, MethodOutcome.UNVERIFIED})


_FORECAST_WARNINGS = {
    "passwordOnly": Forecast.PASSWORD_ONLY,
    "cannotRegister": Forecast.CANNOT_REGISTER,
    "registeringBlocked": Forecast.CANNOT_REGISTER,
}


class Answered(StrEnum):
    """What is known of the call that asked for a method's removal, until a read shows what came of it."""

    NOT_ASKED = ""
    BEGUN = "begun"  # a run was about to ask, and never reported how far it came
    SENT = "sent"  # Graph gave no answer, so the removal may or may not have been done
    REMOVED = "removed"  # Graph said that it was done
    MISSING = "missing"  # Graph knew of no such method


class TargetMethod(Method):
    """A method of a target with what happened to it. `request_id` is Graph's, for a support case."""

    is_default: bool = False
    answered: Answered = Answered.NOT_ASKED
    outcome: MethodOutcome = MethodOutcome.PENDING
    detail: str = ""
    request_id: str | None = None
    # Of an undo: whether the token was seen active again, and how many wrong codes were sent for it.
    reactivated: bool = False
    wrong_codes: int = 0

    @property
    def gone(self) -> bool:
        return self.outcome in GONE

    @property
    def in_doubt(self) -> bool:
        """Whether it is not known what became of its removal."""
        return self.answered in {Answered.BEGUN, Answered.SENT}


class Target(Model):
    """`number` counts from 0 in the order of the request. `methods` are in removal order once planned."""

    number: int
    customer: str
    tenant_id: str = ""
    asked: str
    earlier: int | None = Field(
        default=None, description="Of a retry: the target's number in the request that is retried"
    )
    tokens: list[str] = Field(default_factory=list, description="Of an undo: the ids of the tokens to activate again")
    user_id: str = ""
    user_principal_name: str = ""
    display_name: str = ""
    mail: str = ""
    language: str = Field(default="", description="The user's preferred language in the directory, for the notice")
    is_guest: bool = False
    privileged: bool = Field(default=False, description="Whether the user's privileges ask for more approval")
    privileges: list[str] = Field(default_factory=list, description="Directory roles and role-assignable groups")
    planned: bool = False
    planned_at: Instant | None = None
    outcome: TargetOutcome = TargetOutcome.PENDING
    reason: str = ""
    detail: str = ""
    held_by: str = Field(
        default="", description="The request that holds the user, where that is why this one is refused"
    )
    warnings: list[str] = Field(default_factory=list)
    forecast: Forecast | None = Field(default=None, description="What the plan foresaw for the user; of an undo none")
    methods: list[TargetMethod] = Field(default_factory=list)
    verification: TargetVerification | None = Field(
        default=None, description="Proof that the user asks for it; None where none is needed"
    )
    containment: Containment | None = Field(
        default=None, description="Of a request about compromised accounts: what was done beside the removal"
    )
    access_pass: AccessPass | None = Field(
        default=None,
        description="The Temporary Access Pass that was planned, and what came of it; None where there is none",
    )
    kept: list[Method] = Field(default_factory=list, description="Out of scope at the time of the plan; not touched")
    sessions_revoked: bool | None = None
    begun_at: Instant | None = Field(
        default=None, description="Since when something may have been changed of which it is not known whether it was"
    )
    default_changed: bool = Field(default=False, description="Whether the user's default method may have been changed")
    reads: int = Field(default=0, description="Times the methods were read again after removing")
    ended_at: Instant | None = Field(default=None, description="When the reset of this user ended, where there was one")
    mails: list[Mailed] = Field(default_factory=list, description="The notices after the reset")
    follow_up: FollowUpFinding | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_forecast(cls, value: Any) -> Any:
        """Read a record of version 1.1 and before, where a forecast was one of three warnings about the whole tenant."""
        if not isinstance(value, dict) or not isinstance(value.get("warnings"), list):
            return value
        before = [_FORECAST_WARNINGS[code] for code in value["warnings"] if code in _FORECAST_WARNINGS]
        if not before:
            return value
        warnings = [code for code in value["warnings"] if code not in _FORECAST_WARNINGS]
        return {"forecast": before[0]} | value | {"warnings": warnings}

    @property
    def name(self) -> str:
        """Return how people call the user, or what was asked for where it is not known."""
        return self.display_name or self.user_principal_name or self.asked

    @property
    def forecast_holds(self) -> Forecast | None:
        """The forecast, as long as the reset has not gone another way than it was planned."""
        if self.outcome in {TargetOutcome.PENDING, TargetOutcome.RESET, TargetOutcome.ALREADY_CLEAR}:
            left = any(m.outcome in {MethodOutcome.KEPT_NEWER, MethodOutcome.FORBIDDEN} for m in self.methods)
            return None if self.settled and left else self.forecast
        return None

    def without_person(self) -> "Target":
        """This target with everything taken out that says who it is to a person; ids, outcomes and reasons stay."""
        methods = [method.model_copy(update={"label": "", "detail": ""}) for method in self.methods]
        identity = {"asked": self.user_id or "deleted", "user_principal_name": "", "display_name": "", "mail": ""}
        rest: dict[str, object] = {
            "detail": "",
            "warnings": [],
            "forecast": None,
            "kept": [],
            "mails": [],
            "follow_up": None,
            "privileges": [],
        }
        verification = self.verification.without_person() if self.verification else None
        containment = self.containment.without_person() if self.containment else None
        access_pass = self.access_pass.without_person() if self.access_pass else None
        unnamed = {
            "access_pass": access_pass,
            "methods": methods,
            "verification": verification,
            "containment": containment,
        }
        return self.model_copy(update={**identity, **rest, **unnamed})

    def has_newer(self, method: Method) -> bool:
        """Return whether the user registered `method` after this target was planned, as far as that is known."""
        if not self.planned:
            return False
        known = [m for m in (*self.methods, *self.kept) if (m.type, m.id) == (method.type, method.id)]
        if not known and method.created_at is not None and self.planned_at is not None:
            # It may have been there and not been seen: tokens that could not be read, or that the policy did not let be reset.
            return method.created_at >= self.planned_at.replace(microsecond=0)
        # A token that was only assigned then was activated since: that is how a token is registered.
        assigned = any(not m.active for m in known)
        return assigned or not any(m.same_registration(method, self.planned_at) for m in self.left)

    @property
    def changed(self) -> bool:
        """Whether something was taken from the user."""
        return self.outcome in {TargetOutcome.RESET, TargetOutcome.PARTIALLY_RESET}

    @property
    def left(self) -> list[Method]:
        """What the reset left on purpose or did not get rid of, as it was read before."""
        stayed = [m for m in self.methods if m.outcome not in GONE and m.outcome is not MethodOutcome.KEPT_NEWER]
        return [*self.kept, *stayed]

    @property
    def settled(self) -> bool:
        return self.outcome is not TargetOutcome.PENDING

    @property
    def touched(self) -> bool:
        """Whether anything of this user may have been changed."""
        if self.sessions_revoked is True or self.begun_at is not None or self.default_changed:
            return True
        return any(m.in_doubt or m.answered is Answered.REMOVED or m.outcome in _CHANGED for m in self.methods)

    def settle(self, outcome: TargetOutcome, reason: str = "", detail: str = "") -> "Target":
        """This target, ended."""
        return self.model_copy(update={"outcome": outcome, "reason": reason, "detail": detail})
