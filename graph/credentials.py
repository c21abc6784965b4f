"""How the service authenticates to Entra, by azure-identity: a managed identity as federated credential, a certificate or a secret.

Each makes a credential for one token: azure-identity's own cache would give a token that Graph does not take again and again.
Retries are off: waiting is the orchestration's business, and a sleeping call would cost compute.
"""

from collections.abc import Awaitable, Callable
from typing import Any, override

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.identity.aio import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
)

from graph.errors import Fault, GraphError
from graph.tokens import Tokens, TokenSource, lasting

type NewCredential = Callable[[], Awaitable[AsyncTokenCredential]]

# One try, and none that hangs: eighty calls of a customer may wait for its token.
_ONCE: dict[str, Any] = {"retry_total": 0, "connection_timeout": 10, "read_timeout": 30}
_EXCHANGE = "api://AzureADTokenExchange/.default"


class _Assertions(TokenSource):
    """Tokens of the app's managed identity that Entra takes in exchange; they are no customer's, and neither are their faults."""

    def __init__(self, client_id: str, transport: Any) -> None:
        self._how = {"client_id": client_id or None, "transport": transport} | _ONCE

    @override
    async def fetch(self, tenant_id: str) -> tuple[str, float]:
        try:
            async with ManagedIdentityCredential(**self._how) as identity:
                token = await identity.get_token(_EXCHANGE)
        except (AzureError, ValueError) as error:
            raise GraphError(Fault.UNAVAILABLE, f"the managed identity gives no token: {str(error)[:300]}") from error
        return lasting(token)


def by_managed_identity(identity: str, where: dict[str, Any]) -> NewCredential:
    """`identity` is the client id of a user-assigned identity, "" for the app's own; `where` as azure-identity takes it."""
    assertions = Tokens(_Assertions(identity, where.get("transport")))

    async def new() -> AsyncTokenCredential:
        assertion = await assertions.of("")
        return ClientAssertionCredential(func=lambda: assertion, **_ONCE, **where)

    return new


def by_certificate(path: str, where: dict[str, Any]) -> NewCredential:
    """Return credentials from a certificate file, which is read for each token: a renewed certificate needs no restart."""

    async def new() -> AsyncTokenCredential:
        try:
            return CertificateCredential(certificate_path=path, **_ONCE, **where)
        except (OSError, ValueError) as error:
            raise GraphError(Fault.CREDENTIAL, f"the service's certificate cannot be used: {error}") from error

    return new


def by_secret(secret: str, where: dict[str, Any]) -> NewCredential:
    async def new() -> AsyncTokenCredential:
        return ClientSecretCredential(client_secret=secret, **_ONCE, **where)

    return new
