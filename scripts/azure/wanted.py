"""Which secrets an app needs, by its policy, and which of them can be made here."""

import base64
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from scripts.azure.cloud import CloudError

# These two are settings of the app (docs/settings.md), kept under names of their own.
_OWN = {"APPROVAL_KEYS": "approval-keys", "API_KEYS": "api-keys"}
_SCHEMES = {
    "standard-webhooks": "whsec",
    "github": "text",
    "jira": "text",
    "bearer": "text",
    # Zendesk makes the secret of each of its webhooks by itself, and shows it only: docs/sources/zendesk.md.
    "zendesk": "elsewhere",
}


class Wanted(NamedTuple):
    """A secret that the app reads: the setting that refers to it, and what it is for.

    `kind` is how a value is made: `keys` (k1:base64), `whsec`, `text`, or only another system can: `elsewhere`, and `address`
    of an https address.
    """

    setting: str
    kind: str
    purpose: str

    @property
    def name(self) -> str:
        """Its name in the key vault, where underscores are not allowed."""
        return _OWN.get(self.setting, self.setting.replace("_", "-"))

    @property
    def is_brought(self) -> bool:
        """Whether only another system can make its value."""
        return self.kind in {"elsewhere", "address"}

    @property
    def is_of_policy(self) -> bool:
        """Whether the policy names it; the others are settings of the app."""
        return self.setting not in _OWN


def wanted_secrets(policy: Path, *, api_keys: bool) -> list[Wanted]:
    """Return the secrets that the app needs with a policy file, each once, those of the app itself first."""
    wanted = [Wanted("APPROVAL_KEYS", "keys", "signs the links in mails to approvers; it stays in the key vault")]
    if api_keys:
        wanted.append(
            Wanted("API_KEYS", "api-keys", "keys of the API, name:key,...: give the part after the colon to the caller")
        )
    known: set[str] = set()
    for secret in _of_policy(tomllib.loads(policy.read_text("utf-8"))):
        if secret.setting not in known:
            known.add(secret.setting)
            wanted.append(secret)
    return wanted


def _of_policy(policy: Mapping[str, Any]) -> Iterator[Wanted]:
    for key, source in policy.get("sources", {}).items():
        kind = _SCHEMES[source["scheme"]]
        for setting in _references(source.get("secret")):
            yield Wanted(setting, kind, f"the source {key} signs or authorizes its deliveries with it: set it there")
        for setting in _references(source.get("callback", {}).get("secret")):
            yield Wanted(setting, "whsec", f"signs the callbacks to the source {key}: set it where they arrive")
    for setting in _references(policy.get("approval", {}).get("teamsWebhook")):
        yield Wanted(setting, "address", "the address of the workflow that posts to the approvers' channel in Teams")
    for key, service in policy.get("verification", {}).get("services", {}).items():
        for setting in _references(service.get("secret")):
            yield Wanted(setting, "whsec", f"the verification service {key} signs its results with it: set it there")


def _references(value: Any) -> list[str]:
    """The names in `"env:NAME"` or a list of those."""
    texts = [value] if isinstance(value, str) else value or []
    return [text.removeprefix("env:") for text in texts]


def new_value(kind: str) -> str:
    """Return a random value of a kind. For `elsewhere` and `address` it only holds the place: nothing works with it."""
    match kind:
        case "keys":
            return "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()
        case "api-keys":
            return "first:" + secrets.token_urlsafe(32)
        case "whsec":
            return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        case "address":
            # A name that never leads anywhere (RFC 2606, 2): the app starts with it, and messages visibly fail.
            return f"https://not-set.invalid/{secrets.token_urlsafe(16)}"
        case _:
            return secrets.token_urlsafe(32)


def require_good(secret: Wanted, value: str) -> None:
    """Check a value that was brought for a secret. Raises: CloudError."""
    if not value:
        raise CloudError(f"The value of {secret.setting} is empty.")
    if secret.kind == "whsec" and not value.startswith("whsec_"):
        raise CloudError(f"The value of {secret.setting} must begin with whsec_ (Standard Webhooks).")
    if secret.kind == "address" and not value.startswith("https://"):
        raise CloudError(f"The value of {secret.setting} must be an address that begins with https://.")
