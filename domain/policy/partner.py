"""The table of the policy file about the provider's relationships with its customers as a Microsoft partner (GDAP)."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from domain.policy.part import Duration, Mail, Part, TenantId


def _between_a_day_and_a_year(length: timedelta) -> timedelta:
    if not timedelta(days=1) <= length <= timedelta(days=365):
        raise ValueError("must be from 1d to 365d")
    return length


class Partner(Part):
    tenant_id: TenantId | None = Field(
        None,
        description="The tenant whose partner relationships are read, mostly the provider's own; absent: none are read",
    )
    warn_before: Annotated[Duration, AfterValidator(_between_a_day_and_a_year)] = Field(
        timedelta(days=30),
        json_schema_extra={"default": "30d"},
        description="How long before the end of a relationship there is a warning, from 1d to 365d",
    )
    notify: tuple[Mail, ...] = Field((), description="Who is mailed about relationships that end and lost consent")
