"""Prepares what the app needs before it is there: the key vault and its secrets. azd runs this before it makes the rest.

It may be run again at any time: what is there stays as it is, only what is missing is made.
"""

import getpass
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from scripts.azure.cloud import Azure, CloudError, azd_environment, azd_set, fail, report, required
from scripts.azure.vault import PLACEHOLDER, Vault, choose_vault, secrets_in, write_secrets
from scripts.azure.wanted import Wanted, new_value, require_good, wanted_secrets

POLICY = Path("policy.toml")
# How a person is asked for a value that only they have; an empty answer: later.
Ask = Callable[[Wanted], str]


class Made(NamedTuple):
    """The secrets that a run has made: their values by name, and those that only hold the place."""

    values: dict[str, str]
    random: list[Wanted]
    placeholders: list[Wanted]


def main() -> int:
    """Prepare the key vault of the azd environment."""
    try:
        prepare(azd_environment(), _ask if sys.stdin.isatty() else lambda _: "")
    except CloudError as error:
        return fail(error)
    return 0


def prepare(environment: Mapping[str, str], ask: Ask) -> None:
    """Choose, make or recover the key vault, and write the secrets that it lacks. Raises: CloudError."""
    azure = Azure(required(environment, "AZURE_SUBSCRIPTION_ID"))
    azure.require_sign_in()
    if environment.get("PRIVATE_NETWORKING") == "true":
        # The app's subnet is delegated to it. A deployment registers the providers of its resources; of this one it has none.
        azure.az("provider", "register", "--namespace", "Microsoft.App", "--wait")
    wanted = wanted_secrets(POLICY, api_keys=environment.get("ALLOW_API_KEYS") == "true")
    vault = choose_vault(azure, environment)
    if vault.state == "deleted":
        write_secrets(azure, environment, vault, {}, [])
        vault = Vault(vault.name, "live")
    there = secrets_in(azure, environment, vault)
    made = _make([secret for secret in wanted if secret.name not in there], ask)
    if made.values:
        write_secrets(azure, environment, vault, made.values, [secret.name for secret in made.placeholders])
    azd_set(environment, "POLICY_SECRET_NAMES", ",".join(secret.setting for secret in wanted if secret.is_of_policy))
    waiting = [secret for secret in wanted if there.get(secret.name) == PLACEHOLDER]
    _explain(vault, len(wanted), made, waiting, is_private=environment.get("PRIVATE_NETWORKING") == "true")


def _make(missing: list[Wanted], ask: Ask) -> Made:
    """Take the value that the shell has in a variable of the setting's name, else make one, or ask for what cannot be made."""
    made = Made({}, [], [])
    for secret in missing:
        value = os.environ.get(secret.setting, "")
        if not value and secret.is_brought:
            value = ask(secret)
        if value:
            require_good(secret, value)
        else:
            value = new_value(secret.kind)
            (made.placeholders if secret.is_brought else made.random).append(secret)
        made.values[secret.name] = value
    return made


def _ask(secret: Wanted) -> str:
    return getpass.getpass(f"{secret.setting} ({secret.purpose}; nothing: later): ").strip()


def _explain(vault: Vault, wanted: int, made: Made, waiting: list[Wanted], *, is_private: bool) -> None:
    report(f"The key vault {vault.name} has {wanted} secrets for the app; {len(made.values)} of them are new.")
    copied = [secret for secret in made.random if secret.is_of_policy or secret.setting == "API_KEYS"]
    if copied:
        report("Random values, to be copied once the deployment is done:")
    for secret in copied:
        report(
            f"  {secret.setting}: {secret.purpose}",
            f"    az keyvault secret show --vault-name {vault.name} --name {secret.name} --query value --output tsv",
        )
    if copied and is_private:
        report(
            "  (The vault is closed: read them from inside its network, or bring your own with scripts/azure/set-secret.)"
        )
    for secret in (*made.placeholders, *waiting):
        report(
            f"  {secret.setting} only holds the place: {secret.purpose}. Bring the real one:",
            f"    scripts/azure/set-secret {secret.setting}",
        )


if __name__ == "__main__":
    sys.exit(main())
