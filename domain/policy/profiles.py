"""The tables of the policy file about profiles: what a request does that names one."""

from typing import Annotated, Literal

from pydantic import Field

from domain.policy.part import Count, Flag, Part

Percent = Annotated[int, Field(strict=True, ge=1, le=100)]


class Compromised(Part):
    """Requests about accounts that may be in the hands of somebody else."""

    contain_first: Flag = Field(
        default=False, description="Whether users are blocked and signed out before anybody approves; it is reversible"
    )
    confirm_risk: Flag = Field(
        default=False, description="Whether approved users are confirmed as compromised in Entra ID Protection (P2)"
    )
    unblock: Literal["approver", "verified"] = Field(
        "approver",
        description="Who is unblocked: whom an approver or operator releases, or only whom evidence verifies",
    )
    on_denied: Literal["unblock", "keep"] = Field(
        "unblock", description="What becomes of users blocked before an approval that was denied, or never came"
    )
    sources: tuple[str, ...] = Field(
        ("api", "console"),
        min_length=1,
        description="Whose requests may name the profile: keys of [sources], api, console, servicebus",
    )
    contain_first_sources: tuple[str, ...] = Field(
        ("api", "console"), description="Whose users are blocked before the approval; of others, after it"
    )
    customers: tuple[str, ...] | None = Field(None, min_length=1, description="For which customers; absent: all")
    blocks_per_hour: Count = Field(
        20,
        le=100_000,
        description="Users blocked before an approval within an hour, for each sender and each customer; others wait for it",
    )
    largest_share: Percent = Field(
        25, description="Percent of a customer's enabled users who may be blocked before an approval at one time"
    )


class Profiles(Part):
    compromised: Compromised | None = Field(None, description="Absent: no request may name this profile")
