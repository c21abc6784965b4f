"""Who stands in for an approver who is away."""

from typing import Annotated

from pydantic import Field, StringConstraints

from domain.model import Instant, Model


class DelegationBody(Model):
    delegate: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320)] = Field(
        description="The address of another approver, or of one of `approval.delegates`"
    )
    until: Instant = Field(description="When the approver is back; at most 90 days from now")


class DelegationResponse(Model):
    approvers: list[str] = Field(description="The addresses under which the caller is asked to decide")
    delegate: str | None = Field(description="Who is asked instead; null while the caller is not away")
    until: Instant | None
    deputies: list[str] = Field(description="Who may stand in")
