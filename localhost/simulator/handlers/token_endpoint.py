"""The token endpoint: client credentials, one tenant each."""

from urllib.parse import parse_qsl

from localhost.simulator.protocol.errors import GraphError
from localhost.simulator.protocol.messages import Request, Response
from localhost.simulator.protocol.token_errors import token_error
from localhost.simulator.world.access_tokens import LIFETIME
from localhost.simulator.world.world import World


def post_token(world: World, request: Request) -> Response:
    """Serve `POST /{tenant}/oauth2/v2.0/token` with a secret or a signed assertion; error numbers are documented [d]."""
    form = _form(request)
    tenant = world.find_tenant(request.ids["tenant"])
    secret = form.get("client_secret") or form.get("client_assertion")
    if tenant is None:
        raise refusal(world, request, 90002)
    if form.get("grant_type") != "client_credentials":
        raise refusal(world, request, 70003)
    if not form.get("scope", "").endswith("/.default"):
        raise refusal(world, request, 1002012)
    if not form.get("client_id") or not secret or world.client_secret not in {None, secret}:
        raise refusal(world, request, 7000215)
    if not tenant.consented:
        raise refusal(world, request, 7000229)
    body = {
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": world.tokens.issue(
            tenant, world.clock(), form["client_id"], form["scope"].removesuffix("/.default")
        ),
    }
    return Response(200, body, {"cache-control": "no-store"})


def refusal(world: World, request: Request, number: int) -> GraphError:
    """Build the error with this AADSTS number for this request."""
    app = _form(request).get("client_id", "")
    return token_error(number, world.clock(), app=app, tenant=request.ids["tenant"])


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace")))


def get_configuration(world: World, request: Request) -> Response:
    tenant = world.find_tenant(request.ids["tenant"])
    if tenant is None:
        raise refusal(world, request, 90002)
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
