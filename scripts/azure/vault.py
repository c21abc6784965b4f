"""The key vault of an environment: which one it is, what is in it, and how secrets get into it.

Everything here goes through Azure Resource Manager, never to the vault itself: that would be refused where the vault is closed to all
networks but the app's. Resource Manager is not subject to the vault's firewall
(https://learn.microsoft.com/azure/key-vault/general/network-security: its rules are for the data plane), so that one way serves
both, from a laptop or a pipeline, and there is no hole to close afterwards.
"""

import json
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from scripts.azure.cloud import Azure, CloudError, azd_set, report, required

_API = "2025-05-01"
TEMPLATE = "infra/secrets.bicep"
PLACEHOLDER = "placeholder"  # the content type of a secret whose value is yet to be brought


class Vault(NamedTuple):
    """The key vault of an environment; `state` is `live`, `deleted` (recoverable) or `new`."""

    name: str
    state: str


def choose_vault(azure: Azure, environment: Mapping[str, str]) -> Vault:
    """Return the key vault of the azd environment, and keep its name there.

    Purge protection keeps the name of a deleted vault for 90 days. A vault that the environment names is recovered, with its
    secrets; an environment that names none gets a vault of a new name. Raises: CloudError.
    """
    wanted = environment.get("KEY_VAULT_NAME", "")
    vault = _named(azure, environment, wanted) if wanted else _unnamed(azure, environment)
    azd_set(environment, "KEY_VAULT_NAME", vault.name)
    return vault


def _named(azure: Azure, environment: Mapping[str, str], name: str) -> Vault:
    if any(vault["name"] == name for vault in azure.az("keyvault", "list")):
        return Vault(name, "live")
    for deleted in _deleted(azure):
        if deleted["name"] != name:
            continue
        if _is_there(deleted, environment):
            report(f"The key vault {name} was deleted; it is recovered, with its secrets.")
            return Vault(name, "deleted")
        place = deleted["properties"]["location"]
        report(f"The key vault {name} was deleted in {place} and can be recovered there only: this one is new.")
        return Vault(_new_name(), "new")
    return Vault(name, "new")


def _unnamed(azure: Azure, environment: Mapping[str, str]) -> Vault:
    """The environment is new, or its values were lost."""
    own = [vault["name"] for vault in azure.az("keyvault", "list") if _is_of(vault.get("tags"), environment)]
    if len(own) > 1:
        raise CloudError(f"Which key vault is it, {' or '.join(sorted(own))}? azd env set KEY_VAULT_NAME ...")
    if own:
        return Vault(own[0], "live")
    for deleted in _deleted(azure):
        if _is_of(deleted["properties"].get("tags"), environment) and _is_there(deleted, environment):
            report(
                f"The key vault {deleted['name']} of an earlier deployment of this environment was deleted. A new one is made;",
                "to have that one back with its secrets instead, stop here and run:",
                f"  azd env set KEY_VAULT_NAME {deleted['name']}",
            )
    return Vault(_new_name(), "new")


def _deleted(azure: Azure) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = azure.az("keyvault", "list-deleted", "--resource-type", "vault")
    return found


def _is_of(tags: Mapping[str, str] | None, environment: Mapping[str, str]) -> bool:
    return (tags or {}).get("azd-env-name") == environment["AZURE_ENV_NAME"]


def _is_there(deleted: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
    """Whether a deleted vault is in the environment's region, where alone it can be recovered."""
    return bool(deleted["properties"]["location"] == required(environment, "AZURE_LOCATION"))


def _new_name() -> str:
    """Names are taken all over Azure, and for 90 days after a deletion."""
    return f"kv-mfareset-{secrets.token_hex(4)}"


def secrets_in(azure: Azure, environment: Mapping[str, str], vault: Vault) -> dict[str, str]:
    """Return the names of the secrets in a vault, each with its content type. Values are not read. Raises: CloudError."""
    if vault.state != "live":
        return {}
    group = f"rg-{environment['AZURE_ENV_NAME']}"
    path = (
        f"/subscriptions/{azure.subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{vault.name}"
        f"/secrets?api-version={_API}"
    )
    return {secret["name"]: secret["properties"].get("contentType") or "" for secret in azure.listed(path)}


def write_secrets(
    azure: Azure, environment: Mapping[str, str], vault: Vault, values: Mapping[str, str], placeholders: list[str]
) -> None:
    """Make the vault if it is not there, or recover it, and write secrets into it by a deployment.

    The values go in a file that only this account can read, and that is gone afterwards. Raises: CloudError.
    """
    parameters = {
        "environmentName": environment["AZURE_ENV_NAME"],
        "location": required(environment, "AZURE_LOCATION"),
        "vaultName": vault.name,
        "privateNetworking": environment.get("PRIVATE_NETWORKING") == "true",
        "recover": vault.state == "deleted",
        "names": sorted(values),
        "values": dict(values),
        "placeholders": placeholders,
    }
    with tempfile.TemporaryDirectory(prefix="mfa-reset-") as folder:
        file = Path(folder) / "parameters.json"
        file.touch(mode=0o600)
        file.write_text(
            json.dumps({"parameters": {name: {"value": value} for name, value in parameters.items()}}), "utf-8"
        )
        command = ["deployment", "sub", "create", "--name", f"mfa-reset-secrets-{environment['AZURE_ENV_NAME']}"]
        command += ["--location", required(environment, "AZURE_LOCATION"), "--template-file", TEMPLATE]
        azure.az(*command, "--parameters", f"@{file}")
