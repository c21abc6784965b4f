"""What the provider is warned about: relationships that end or have ended, and customers who took back their consent."""

import hashlib
from typing import Literal

from pydantic import Field

from domain.model import Guid, Instant, Model

type WarningKind = Literal["relationshipEnding", "relationshipEnded", "consentLost"]


class PartnerWarning(Model):
    """`at` is when the relationship ends or ended, of a lost consent when it was last seen; null where that is not known."""

    kind: WarningKind
    at: Instant | None = None
    relationship: str = Field("", description="The name of the relationship that ends")
    roles: int = Field(0, description="How many Entra roles end that no other relationship with the customer has")
    role_names: list[str] = Field(default_factory=list, description="Their names")
    is_last: bool = Field(default=False, description="Whether no relationship with the customer goes on")
    reason: str = Field("", description="Of a lost consent: why there is no access, a stable word")


class KeptWarning(PartnerWarning):
    """A warning about a customer of the policy, as it was last found."""

    id: str
    customer: str
    tenant_id: Guid
    found_at: Instant
    mailed_at: Instant | None = None


def kept(warning: PartnerWarning, customer: str, tenant_id: str, found_at: Instant) -> KeptWarning:
    """Return a warning with an id: the same for the same warning, another one for another date."""
    about = (warning.kind, tenant_id, warning.relationship, warning.at and warning.at.date())
    return KeptWarning(
        **warning.model_dump(),
        id=hashlib.sha256("\n".join(map(str, about)).encode()).hexdigest()[:24],
        customer=customer,
        tenant_id=tenant_id,
        found_at=found_at,
    )
