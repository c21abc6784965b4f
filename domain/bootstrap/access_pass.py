"""A Temporary Access Pass as it is planned and recorded: why there is one, its terms, who was shown it. Never the pass itself."""

from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import Field

from domain.model import Instant, Model

type PassReason = Literal["cannotRegister", "requested", "always"]
# `making`: somebody asked for it, and it was not seen to be shown. `refused`: none can be made for this user.
type PassState = Literal["offered", "refused", "making", "shown", "failed"]

# Four calls to Graph that end at 65 seconds each would be longer: the attempt as a whole ends sooner, `TIME_TO_MAKE` in seconds.
TIME_TO_MAKE = 60.0
# An attempt that is older than this has died, and the next one may begin.
ABANDONED = timedelta(minutes=2)


class AccessPass(Model):
    """`by` is who asked for it last, as people read it, and `by_id` their account or key; `at` is since when it is in its state."""

    why: PassReason = Field(description="Why there is one: the forecast, the request, or the policy for every user")
    lifetime_minutes: int
    once: bool = Field(description="Whether it is good for one sign-in only")
    state: PassState = "offered"
    attempt: str = Field(default="", description="Of the last attempt to make it")
    by: str = ""
    by_id: str = ""
    at: Instant | None = None
    ends_at: Instant | None = Field(default=None, description="When the pass that was shown ends")
    reason: str = Field(default="", description="Why none was made, a stable word")
    detail: str = ""

    def without_person(self) -> Self:
        """Return the same without names; what the plan's digest is made of stays."""
        return self.model_copy(update={"by": "", "detail": ""})

    def is_being_made(self, now: datetime) -> bool:
        """Return whether somebody asked for it a moment ago; after that their attempt has died."""
        return self.state == "making" and self.at is not None and now < self.at + ABANDONED


class AccessPassMade(Model):
    """The response to the one call that makes a pass: it is shown here and nowhere again."""

    access_pass: str = Field(description="What the user signs in with instead of the password")
    user_principal_name: str
    lifetime_minutes: int
    once: bool
    ends_at: Instant
