"""Client-credential tokens, one tenant each."""

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from uuid import uuid4

from localhost.simulator.entities import Tenant
from localhost.simulator.errors import bad_token, no_token
from localhost.simulator.wire import Answer, Call

if TYPE_CHECKING:
    from localhost.simulator.world import World

# The application permissions that a token of a tenant with everything granted names.
GRANTABLE = (
    "AuditLog.Read.All",
    "GroupMember.Read.All",
    "Mail.Read",
    "Mail.Send",
    "Policy.Read.All",
    "RoleManagement.Read.Directory",
    "User.Read.All",
    "User.RevokeSessions.All",
    "UserAuthenticationMethod.ReadWrite.All",
)
LIFETIME = 3599  # seconds; what the service says for one hour [d]


def issue(world: "World", tenant: Tenant) -> str:
    """A token for this tenant, for tests that want none of the ceremony."""
    now = world.clock()
    if len(world.tokens) > 10_000:  # a soak test must not fill the memory with dead tokens
        world.tokens = {token: held for token, held in world.tokens.items() if held[1] > now}
    token = _written(tenant, int(now.timestamp()))
    world.tokens[token] = (tenant.id, now + timedelta(seconds=LIFETIME))
    return token


def _written(tenant: Tenant, now: int) -> str:
    """Shaped as the service writes them: whoever looks inside finds the tenant and the permissions. Signed by nobody."""
    roles = sorted(GRANTABLE if tenant.granted is None else tenant.granted)
    claims = {"aud": "https://graph.microsoft.com", "tid": tenant.id, "iat": now, "roles": roles, "uti": uuid4().hex}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "simulated"])


def tenant_of(world: "World", call: Call) -> Tenant:
    """Whose token this is.

    Raises:
        GraphError: 401, none, unknown or too old.
    """
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise no_token()
    held = world.tokens.get(token)
    if held is None or held[1] <= world.clock():
        raise bad_token()
    return world.tenants[held[0]]


def post_token(world: "World", call: Call) -> Answer:
    """`POST /{tenant}/oauth2/v2.0/token` with a secret or a signed assertion. Error numbers are documented. [d]"""
    form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
    tenant = world.find_tenant(call.ids["tenant"])
    app = form.get("client_id", "")
    if tenant is None:
        name = call.ids["tenant"]
        return _refuse(world, 400, "invalid_request", 90002, f"Tenant '{name}' not found. Check the tenant id.")
    if form.get("grant_type") != "client_credentials":
        return _refuse(world, 400, "unsupported_grant_type", 70003, "The app asked for an unsupported grant type.")
    if not form.get("scope", "").endswith("/.default"):
        return _refuse(world, 400, "invalid_scope", 1002012, "The scope must end with /.default for this grant.")
    secret = form.get("client_secret") or form.get("client_assertion")
    if not app or not secret or world.client_secret not in {None, secret}:
        return _refuse(world, 401, "invalid_client", 7000215, "Invalid client secret provided.")
    if not tenant.consented:
        text = f"The client application {app} is missing service principal in the tenant {tenant.id}."
        return _refuse(world, 401, "invalid_client", 7000229, text)
    body = {
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": issue(world, tenant),
    }
    return Answer(200, body, {"cache-control": "no-store"})


def get_configuration(world: "World", call: Call) -> Answer:
    tenant = world.find_tenant(call.ids["tenant"])
    if tenant is None:
        return _refuse(world, 400, "invalid_tenant", 90002, f"Tenant '{call.ids['tenant']}' not found.")
    authority = f"{call.base}/{tenant.id}"
    return Answer(
        200,
        {
            "issuer": f"{authority}/v2.0",
            "token_endpoint": f"{authority}/oauth2/v2.0/token",
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "jwks_uri": f"{authority}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        },
    )


def _refuse(world: "World", status: int, error: str, number: int, text: str) -> Answer:
    stamp = world.clock().strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid4()), str(uuid4())
    described = f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
    body = {
        "error": error,
        "error_description": described,
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
    }
    return Answer(status, body)
