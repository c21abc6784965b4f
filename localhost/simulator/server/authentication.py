"""Whose bearer token a request carries."""

from localhost.simulator.handlers.verified_id import APPLICATION
from localhost.simulator.model.entities import Tenant
from localhost.simulator.protocol.errors import bad_token, no_token
from localhost.simulator.protocol.messages import Request
from localhost.simulator.world.world import World


def tenant_of(world: World, request: Request) -> Tenant:
    """Return the tenant of the request's token.

    Raises:
        GraphError: 401, there is no token, or it is unknown or has expired.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise no_token()
    tenant_id = world.tokens.tenant_id(token, world.clock())
    # A token for another API is none for Graph ("Invalid audience").
    if tenant_id is None or world.tokens.audience(token) == APPLICATION:
        raise bad_token()
    request.client_id = world.tokens.client_id(token)
    return world.tenants[tenant_id]
