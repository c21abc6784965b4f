"""What callers send to undo a containment, and what they get."""

from typing import Annotated

from pydantic import ConfigDict, Field

from domain.model import Model
from domain.request.reset_request import Requester


class ReleaseBody(Model):
    """Whose containment is undone."""

    model_config = ConfigDict(strict=True)

    targets: list[Annotated[int, Field(ge=0)]] | None = Field(
        None, min_length=1, max_length=1000, description="Numbers of the users; absent: all for whom it is possible"
    )
    operator: Requester = Field("", description="Who decided it; needed with a key, refused for a signed-in caller")


class UserLeft(Model):
    """A user for whom it was not asked, and why."""

    number: int
    reason: str


class ReleaseAsked(Model):
    """For how many users it was asked; it is done within seconds, and each user's `containment` says what came of it."""

    asked: int
    left: list[UserLeft] = Field(description="Of the users that were named")
