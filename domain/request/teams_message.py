"""The message to a channel of Microsoft Teams that a request waits for approval."""

from typing import Literal

from pydantic import Field

from domain.model import Instant, Model

# `accepted`: the workflow took it for delivery; whether it was posted, nothing reports. `notSent`: it was not needed any more.
type TeamsState = Literal["pending", "accepted", "failed", "notSent"]


class TeamsMessage(Model):
    """What became of the message, as of the last attempt."""

    state: TeamsState = Field(
        description="`accepted`: the workflow accepted it for delivery. `notSent`: the request was decided before that"
    )
    attempts: int = 0
    last_status: int | None = Field(None, description="The HTTP status of the last response, null where there was none")
    last_at: Instant
    detail: str = ""
