"""Where a Microsoft Entra token comes from: one of azure-identity's credentials, by name.

azure-identity is an optional dependency (`pip install mfa-reset-client[entra]`) and is imported only when it is used.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import httpx

from mfa_reset_client.bearer import TokenCredential
from mfa_reset_client.errors import AuthenticationError
from mfa_reset_client.messages import Message

if TYPE_CHECKING:
    from types import ModuleType

# The audience that Entra expects in another issuer's token. [Microsoft Learn, workload identity federation]
_EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"


class AuthMethod(StrEnum):
    """How a call authenticates."""

    DEFAULT = "default"
    AZURE_CLI = "azure-cli"
    MANAGED_IDENTITY = "managed-identity"
    GITHUB_OIDC = "github-oidc"
    AZURE_PIPELINES = "azure-pipelines"
    CLIENT_SECRET = "client-secret"  # noqa: S105 - the name of a method
    KEY = "key"


def credential_for(method: AuthMethod, environ: Mapping[str, str], **options: Any) -> TokenCredential:
    """Return the credential of a method. `options` go to azure-identity's class, for example `authority`.

    Tenant, client and secrets come from the variables that azure-identity and the pipelines use.

    Raises:
        ValueError: A variable is missing, or azure-identity is not installed. The message never contains a secret.
    """
    identity = _azure_identity()
    made: TokenCredential = _FACTORIES[method](identity, environ, options)
    return made


def _default(identity: "ModuleType", _environ: Mapping[str, str], options: dict[str, Any]) -> Any:
    return identity.DefaultAzureCredential(**options)


def _azure_cli(identity: "ModuleType", environ: Mapping[str, str], options: dict[str, Any]) -> Any:
    return identity.AzureCliCredential(tenant_id=environ.get("AZURE_TENANT_ID", ""), **options)


def _managed_identity(identity: "ModuleType", environ: Mapping[str, str], options: dict[str, Any]) -> Any:
    return identity.ManagedIdentityCredential(client_id=environ.get("AZURE_CLIENT_ID") or None, **options)


def _github_oidc(identity: "ModuleType", environ: Mapping[str, str], options: dict[str, Any]) -> Any:
    url, request_token = _required(
        environ,
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        Message("the job needs `permissions: id-token: write`"),
    )
    tenant, client = _required(environ, ("AZURE_TENANT_ID", "AZURE_CLIENT_ID"))
    # GitHub's token is valid for minutes, a wait takes hours: each Entra token is requested with a new one. The Azure CLI
    # cannot do that after azure/login: see Azure/azure-cli#28708 and Azure/login#180.
    return identity.ClientAssertionCredential(tenant, client, _github_token(url, request_token), **options)


def _azure_pipelines(identity: "ModuleType", environ: Mapping[str, str], options: dict[str, Any]) -> Any:
    # The AzureCLI and AzurePowerShell tasks set the AZURESUBSCRIPTION variables from their service connection.
    # [Microsoft Learn, AzurePipelinesCredential]
    tenant, client, connection = _required(
        environ,
        (
            "AZURESUBSCRIPTION_TENANT_ID",
            "AZURESUBSCRIPTION_CLIENT_ID",
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
        ),
        Message("run the command in an AzureCLI@2 task"),
    )
    (access_token,) = _required(
        environ, ("SYSTEM_ACCESSTOKEN",), Message("map it in the step: `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`")
    )
    return identity.AzurePipelinesCredential(
        tenant_id=tenant,
        client_id=client,
        service_connection_id=connection,
        system_access_token=access_token,
        **options,
    )


def _client_secret(identity: "ModuleType", environ: Mapping[str, str], options: dict[str, Any]) -> Any:
    names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
    return identity.ClientSecretCredential(*_required(environ, names), **options)


_FACTORIES: dict[AuthMethod, Callable[["ModuleType", Mapping[str, str], dict[str, Any]], Any]] = {
    AuthMethod.DEFAULT: _default,
    AuthMethod.AZURE_CLI: _azure_cli,
    AuthMethod.MANAGED_IDENTITY: _managed_identity,
    AuthMethod.GITHUB_OIDC: _github_oidc,
    AuthMethod.AZURE_PIPELINES: _azure_pipelines,
    AuthMethod.CLIENT_SECRET: _client_secret,
}


def _azure_identity() -> "ModuleType":
    try:
        import azure.identity  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        raise ValueError(
            Message("Microsoft Entra sign-in needs azure-identity: pip install 'mfa-reset-client[entra]'.")
        ) from None
    module: ModuleType = azure.identity
    return module


def _required(environ: Mapping[str, str], names: tuple[str, ...], hint: Message | None = None) -> list[str]:
    missing = [name for name in names if not environ.get(name, "").strip()]
    if missing:
        *first, last = missing
        names_missing: str = last
        if first:
            names_missing = Message("%(first)s and %(last)s", first=", ".join(first), last=last)
        if hint is None:
            raise ValueError(Message("Set %(names)s.", names=names_missing))
        raise ValueError(Message("Set %(names)s; %(hint)s.", names=names_missing, hint=hint))
    return [environ[name].strip() for name in names]


def _github_token(url: str, request_token: str) -> Callable[[], str]:
    """Return a function that gets a token of the job. [GitHub Docs, OpenID Connect reference]"""

    def get() -> str:
        headers = {"Authorization": f"Bearer {request_token}", "Accept": "application/json"}
        target = httpx.URL(url).copy_add_param("audience", _EXCHANGE_AUDIENCE)
        try:
            response = httpx.get(target, headers=headers, timeout=30)
            response.raise_for_status()
            return str(response.json()["value"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            status = f" (HTTP {error.response.status_code})" if isinstance(error, httpx.HTTPStatusError) else ""
            message = Message("GitHub did not issue a token for this job%(status)s.", status=status)
            raise AuthenticationError(message) from None

    return get
