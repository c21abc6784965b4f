"""The token endpoint: client credentials, one tenant each."""

from urllib.parse import parse_qsl
from uuid import uuid4

from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.world.access_tokens import LIFETIME
from localhost.simulator.world.world import World


def post_token(world: World, request: Request) -> Response:
    """Serve `POST /{tenant}/oauth2/v2.0/token` with a secret or a signed assertion; error numbers are documented [d]."""
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    tenant = world.find_tenant(request.ids["tenant"])
    app = form.get("client_id", "")
    if tenant is None:
        name = request.ids["tenant"]
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
        "access_token": world.tokens.issue(tenant, world.clock()),
    }
    return Response(200, body, {"cache-control": "no-store"})


def get_configuration(world: World, request: Request) -> Response:
    tenant = world.find_tenant(request.ids["tenant"])
    if tenant is None:
        return _refuse(world, 400, "invalid_tenant", 90002, f"Tenant '{request.ids['tenant']}' not found.")
    authority = f"{request.base}/{tenant.id}"
    return Response(
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


def _refuse(world: World, status: int, error: str, number: int, text: str) -> Response:
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
    return Response(status, body)
