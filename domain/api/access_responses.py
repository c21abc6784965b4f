"""Responses about the access that each customer has granted to the service."""

from typing import Literal

from pydantic import Field

from domain.model import Guid, Model


class PermissionResponse(Model):
    permission: str
    needed_for: str
    optional: bool = Field(description="Without it the service does less, and says so")


class BootstrapAccessResponse(Model):
    """Of the application that makes Temporary Access Passes."""

    is_enough: bool = Field(description="Whether passes can be made there")
    reason: str = Field("", description="Why there is no access at all, a stable word")
    missing: list[PermissionResponse]
    consent_url: str
    is_separate: bool = Field(
        description="Whether only this application can make passes: not where the one that resets has the wide set"
    )


class AccessResponse(Model):
    customer: str
    tenant_id: Guid
    is_enough: bool = Field(description="Whether resets can work there")
    reason: str = Field("", description="Why there is no access at all, a stable word")
    detail: str = ""
    missing: list[PermissionResponse] = Field(
        description="Permissions that the tenant's administrator has not consented to"
    )
    permission_set: Literal["wide", "narrow", "narrowest"] = Field(
        "wide",
        description="Of which set the tenant's consent is: `narrow` has a permission for each kind of method, `narrowest` none for"
        " phone numbers",
    )
    cannot: list[str] = Field(default_factory=list, description="What this set does not allow, in words")
    consent_url: str = Field(description="Where an administrator of the customer gives consent")
    bootstrap: BootstrapAccessResponse | None = Field(
        None, description="Of the application that makes Temporary Access Passes; null where there is none"
    )


class AccessesResponse(Model):
    value: list[AccessResponse]
    sees_bounces: bool | None = Field(
        description="Whether approver mails that bounce are noticed: Mail.Read for the sender's mailbox; null: it did not answer"
    )
