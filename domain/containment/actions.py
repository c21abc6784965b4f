"""What is done to a compromised account beside the removal of its methods, each action with an outcome of its own."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field

from domain.model import Instant, Model


class Profile(StrEnum):
    COMPROMISED = "compromised"


type UnblockRule = Literal["approver", "verified"]
type OnDenied = Literal["unblock", "keep"]


class ContainmentTerms(Model):
    """What a request of this profile does. Fixed when the request is made, and part of the plan's digest."""

    profile: Profile = Profile.COMPROMISED
    contain_first: bool = Field(default=False, description="Whether users are blocked before anybody approves")
    confirm_risk: bool = Field(default=False, description="Whether users are confirmed as compromised, which needs P2")
    unblock: UnblockRule = Field(
        default="approver",
        description="`verified`: only users of whom there is evidence are unblocked, and then at once",
    )
    on_denied: OnDenied = Field(
        default="unblock", description="Whether users who were blocked before the approval are unblocked without one"
    )

    def in_digest(self) -> dict[str, object]:
        """Return what an approver agrees to, as the plan's scope line has it."""
        return {
            "profile": self.profile.value,
            "containFirst": self.contain_first,
            "confirmRisk": self.confirm_risk,
            "unblock": self.unblock,
            "onDenied": self.on_denied,
        }


class ActionOutcome(StrEnum):
    PENDING = "pending"
    AWAITING_APPROVAL = "awaitingApproval"  # not done before the approval, and `reason` says why
    DONE = "done"
    ALREADY = "already"  # it was so before: disabled by somebody else, or blocked by another request
    REFUSED = "refused"  # a guard, or another request that holds the user
    FORBIDDEN = "forbidden"  # Graph does not let the service do it
    FAILED = "failed"


OPEN = frozenset({ActionOutcome.PENDING, ActionOutcome.AWAITING_APPROVAL})
# The user cannot sign in.
HOLDS = frozenset({ActionOutcome.DONE, ActionOutcome.ALREADY})


class Action(Model):
    """What came of one action. `request_id` is Graph's, for a support case."""

    outcome: ActionOutcome = ActionOutcome.PENDING
    reason: str = Field(default="", description="A stable word for why, empty where all went well")
    detail: str = ""
    at: Instant | None = None
    by: str = Field(default="", description="Who asked for it, where a person did")
    request_id: str | None = None

    def without_person(self) -> Self:
        return self.model_copy(update={"by": "", "detail": ""})


class Containment(Model):
    """What was done to one user. An action that was not asked for is null."""

    enabled_before: bool | None = Field(
        default=None, description="Whether the user could sign in before the first block; null: not known yet"
    )
    blocked: Action = Field(default_factory=Action)
    sessions_revoked: Action = Field(default_factory=Action)
    risk_confirmed: Action | None = None
    unblocked: Action | None = Field(default=None, description="The undo of `blocked`")
    risk_dismissed: Action | None = Field(default=None, description="The undo of `riskConfirmed`")

    @property
    def is_blocked(self) -> bool:
        """Return whether the block holds, as far as this request knows."""
        return self.blocked.outcome in HOLDS and not self.was_unblocked

    @property
    def was_unblocked(self) -> bool:
        return self.unblocked is not None and self.unblocked.outcome is ActionOutcome.DONE

    @property
    def may_unblock(self) -> bool:
        """Return whether there is, or may be, a block of this service's to take back."""
        done = self.blocked.outcome in HOLDS | {ActionOutcome.FAILED}
        return done and self.enabled_before is True and not self.was_unblocked

    def without_person(self) -> Self:
        fields = ("blocked", "sessions_revoked", "risk_confirmed", "unblocked", "risk_dismissed")
        found = {name: action.without_person() for name in fields if (action := getattr(self, name)) is not None}
        return self.model_copy(update=found)
