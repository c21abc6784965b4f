"""The table of the policy file about the way back in: a Temporary Access Pass after a reset."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.policy.part import Duration, Flag, Part

# Graph documentation, temporaryAccessPassAuthenticationMethod: lifetimeInMinutes is between 10 and 43200, whole minutes.
_SHORTEST, _LONGEST = timedelta(minutes=10), timedelta(days=30)


def _of_a_pass(length: timedelta) -> timedelta:
    if not _SHORTEST <= length <= _LONGEST or length.total_seconds() % 60:
        raise ValueError('must be whole minutes, at least "10m" and at most "30d"')
    return length


class Bootstrap(Part):
    """How users who were reset get in again, to register."""

    access_pass: Literal["offer", "always", "never"] = Field(
        "never",
        description="A Temporary Access Pass after the reset: offer, for users who cannot register without help and where a"
        " request asks for it; always, for every user of a reset; never",
    )
    lifetime: Annotated[Duration, AfterValidator(_of_a_pass)] = Field(
        timedelta(hours=1),
        json_schema_extra={"default": "1h"},
        description="How long a pass lets the user sign in, 10m to 30d; the customer's own policy may allow less",
    )
    once: Flag = Field(default=True, description="Whether a pass is good for one sign-in only")
    within: Duration = Field(
        timedelta(hours=24),
        json_schema_extra={"default": "24h"},
        description="How long after the user's reset the pass may be made",
    )

    @property
    def offers(self) -> bool:
        """Whether there are passes at all."""
        return self.access_pass != "never"  # noqa: S105 - a word, no secret

    @property
    def offers_to_all(self) -> bool:
        return self.access_pass == "always"  # noqa: S105 - likewise
