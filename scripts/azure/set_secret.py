"""Writes one secret of the app, new or another one than before, and has the app take it.

    scripts/azure/set-secret HELPDESK_SECRET            asks for the value
    scripts/azure/set-secret HELPDESK_SECRET < FILE     reads it
    scripts/azure/set-secret HELPDESK_SECRET --random   makes one

The name is that of the setting: one of the policy's, APPROVAL_KEYS or API_KEYS.
"""

import argparse
import getpass
import sys
from collections.abc import Mapping

from scripts.azure.cloud import Azure, CloudError, azd_environment, fail, report, required
from scripts.azure.prepare import POLICY
from scripts.azure.references import refresh
from scripts.azure.vault import Vault, write_secrets
from scripts.azure.wanted import Wanted, new_value, require_good, wanted_secrets


def main(arguments: list[str]) -> int:
    """Write the secret that the arguments name."""
    parser = argparse.ArgumentParser(prog="scripts/azure/set-secret", description="Writes one secret of the app.")
    parser.add_argument(
        "setting", help="the setting's name, as in the policy after env:, or APPROVAL_KEYS, or API_KEYS"
    )
    parser.add_argument("--random", action="store_true", help="make a value")
    options = parser.parse_args(arguments)
    try:
        secret = _named(options.setting)
        value = new_value(secret.kind) if options.random else _read(secret)
        require_good(secret, value)
        set_secret(azd_environment(), secret, value)
    except CloudError as error:
        return fail(error)
    return 0


def set_secret(environment: Mapping[str, str], secret: Wanted, value: str) -> None:
    """Write a secret and have the app, if it is there, read it. Raises: CloudError."""
    azure = Azure(required(environment, "AZURE_SUBSCRIPTION_ID"))
    azure.require_sign_in()
    vault = Vault(required(environment, "KEY_VAULT_NAME"), "live")
    write_secrets(azure, environment, vault, {secret.name: value}, [])
    report(f"The key vault {vault.name} has a new value of {secret.name}.")
    if environment.get("AZURE_FUNCTION_NAME"):
        refresh(azure, environment)
        app, group = environment["AZURE_FUNCTION_NAME"], environment["AZURE_RESOURCE_GROUP"]
        azure.az("functionapp", "restart", "--name", app, "--resource-group", group)
        report(f"{app} was restarted with it.")


def _named(setting: str) -> Wanted:
    for secret in wanted_secrets(POLICY, api_keys=True):
        if secret.setting == setting:
            return secret
    raise CloudError(
        f"The policy names no secret {setting}; it knows the names after env: in {POLICY}, APPROVAL_KEYS and API_KEYS."
    )


def _read(secret: Wanted) -> str:
    text = getpass.getpass(f"{secret.setting} ({secret.purpose}): ") if sys.stdin.isatty() else sys.stdin.read()
    return text.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
