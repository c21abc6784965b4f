"""Responses about the customers of the provider's partner relationships."""

from typing import Literal

from pydantic import Field

from domain.model import Guid, Instant, Model
from domain.partner.warnings import PartnerWarning

type CustomerState = Literal["new", "known", "noRelationship"]


class RelationshipResponse(Model):
    """One relationship as Microsoft Graph has it."""

    id: str
    name: str
    status: str = Field(description="Microsoft's word, such as `active`, `terminated` or `expired`")
    ends_at: Instant | None = None
    auto_extends: bool = Field(description="Whether it extends itself, and so does not end")
    roles: list[Guid] = Field(description="Ids of the Entra roles that the provider's people have there")
    role_names: list[str] = Field(
        description="Their names as Microsoft documents them, in alphabetical order; the id of a role that is newer"
    )


class ProposalResponse(Model):
    """A file for the policy, for a person to review. The service does not add it to its policy."""

    key: str
    file: str = Field(description="Its path beside the policy file")
    text: str
    domains_read: bool = Field(description="Whether the tenant's domains could be read; if not, a person adds them")
    taken: list[str] = Field(description="Domains of the tenant that another customer of the policy has")
    needs_approvers: bool = Field(description="Whether it must name approvers, because [approval] names none")


class DiscoveredCustomer(Model):
    """`new`: a relationship, and not in the policy. `known`: both. `noRelationship`: in the policy, without one."""

    tenant_id: Guid
    name: str
    state: CustomerState
    customer: str = Field("", description="The key in the policy")
    policy_name: str = Field("", description="The name in the policy, where it is another one")
    relationships: list[RelationshipResponse]
    has_access: bool = Field(description="Whether the tenant gives the service a token with all that resets need")
    reason: str = Field("", description="Why there is no token, a stable word such as `consentMissing`")
    missing: list[str] = Field(description="Permissions that resets need and that the tenant has not granted")
    consent_url: str = Field(description="Where an administrator of the customer gives consent")
    warnings: list[PartnerWarning]
    proposal: ProposalResponse | None = Field(None, description="For a new customer")


class DiscoveryCounts(Model):
    """How many tenants are in each state."""

    new: int
    known: int
    no_relationship: int


class DiscoveryPage(Model):
    """Customers by name, a page at a time. `total` counts those of all pages."""

    partner_tenant_id: Guid
    warn_days: int = Field(description="So many days before its end a relationship is warned about")
    counts: DiscoveryCounts
    total: int
    value: list[DiscoveredCustomer]
    cursor: str | None
