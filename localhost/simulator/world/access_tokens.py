"""The access tokens that the simulator has issued, one tenant each."""

import base64
import json
from datetime import datetime, timedelta
from uuid import uuid4

from localhost.simulator.model.entities import Tenant

# The application permissions that a token of a tenant with everything granted names.
GRANTABLE = (
    "AuditLog.Read.All",
    "DelegatedAdminRelationship.Read.All",
    "Directory.Read.All",
    "GroupMember.Read.All",
    "IdentityRiskyUser.ReadWrite.All",
    "Mail.Read",
    "Mail.Send",
    "Policy.Read.All",
    "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "RoleManagement.Read.Directory",
    "User.EnableDisableAccount.All",
    "User.Read.All",
    "User.RevokeSessions.All",
    "UserAuthenticationMethod.ReadWrite.All",
)
LIFETIME = 3599  # seconds; what the service says for one hour [d]
MOST = 10_000  # a soak test must not fill the memory with dead tokens


class AccessTokens:
    def __init__(self) -> None:
        self._held: dict[str, tuple[str, datetime, str, str]] = {}  # token -> tenant id, end, client id, audience

    def issue(self, tenant: Tenant, now: datetime, client_id: str = "", audience: str = "") -> str:
        """Return a new bearer token of an application for this tenant, valid for LIFETIME seconds."""
        if len(self._held) > MOST:
            self._held = {token: held for token, held in self._held.items() if held[1] > now}
        token = _written(tenant, int(now.timestamp()), client_id)
        self._held[token] = (tenant.id, now + timedelta(seconds=LIFETIME), client_id, audience)
        return token

    def tenant_id(self, token: str, now: datetime) -> str | None:
        """Return the tenant of a token; None where it is unknown or has expired."""
        held = self._held.get(token)
        return None if held is None or held[1] <= now else held[0]

    def client_id(self, token: str) -> str:
        """Return the application that a known token was issued to."""
        return self._held[token][2]

    def audience(self, token: str) -> str:
        """Return for which API a known token was issued."""
        return self._held[token][3]

    def clear(self) -> None:
        """Forget all tokens: those in use are refused from now on."""
        self._held.clear()


def _written(tenant: Tenant, now: int, client_id: str) -> str:
    """Shaped as the service writes them, with the tenant and the permissions inside, and without a signature."""
    granted = tenant.permissions_of(client_id)
    roles = sorted(GRANTABLE if granted is None else granted)
    claims = {
        "appid": client_id,
        "aud": "https://graph.microsoft.com",
        "tid": tenant.id,
        "iat": now,
        "roles": roles,
        "uti": uuid4().hex,
    }
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "simulated"])
