"""The settings, all from the environment; docs/settings.md says what each is for. All mistakes are reported at once."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from domain.access.approval_links import KeyRing, LinkKeyError
from domain.access.secret_strength import is_unresolved, weakness
from domain.loopback import is_of_this_machine
from domain.policy.files import PolicyFiles
from domain.policy.load import Policy, PolicyError, parse_policy
from domain.policy.model import Role

_ON, _OFF = {"1", "true", "on", "yes"}, {"0", "false", "off", "no"}
_KEY_NAME = re.compile("[A-Za-z0-9_-]{1,32}", re.ASCII)
_MAIL_FORMATS = ("html", "multipart")
_CREDENTIALS = ("managed-identity", "certificate", "secret")


class SettingsError(Exception):
    """A setting is missing or bad; the text has a line for each, with what to do."""

    reason = "badSettings"

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


class GraphApplication(NamedTuple):
    """An application of the provider's in Entra, and how the service authenticates as it.

    `identity` is the client id of the managed identity whose tokens it is federated with, "" for the app's own.
    """

    client_id: str
    credential: str
    client_secret: str
    certificate_path: str
    identity: str

    def __repr__(self) -> str:
        return f"GraphApplication {self.client_id}"  # its secret is not to be printed


class Settings(NamedTuple):
    """As read and checked; docs/settings.md says what each is for."""

    graph_endpoint: str
    graph_authority: str
    graph_client_id: str
    graph_credential: str
    graph_client_secret: str
    graph_certificate_path: str
    graph_home_tenant: str
    verified_id_endpoint: str
    managed_identity_client_id: str
    records: str
    tables_endpoint: str
    public_base_url: str
    approval_keys: KeyRing
    mail_from: str
    mail_format: str  # of mails without a secret link
    service_bus: str
    service_bus_namespace: str
    policy: Policy
    bootstrap: GraphApplication | None = None  # makes Temporary Access Passes, and nothing else
    console_test_sign_in: tuple[str, ...] = ()
    signs_in: bool = False  # App Service authentication is on
    api_keys: Mapping[str, str] = MappingProxyType({})  # by their names; only where it is on

    def __repr__(self) -> str:
        return f"Settings of {self.public_base_url}"  # secrets are not to be printed with the rest

    @property
    def reset_application(self) -> GraphApplication:
        """The application that reads and resets. Whoever holds its credential must not be able to make a pass."""
        return GraphApplication(
            self.graph_client_id,
            self.graph_credential,
            self.graph_client_secret,
            self.graph_certificate_path,
            self.managed_identity_client_id,
        )

    @property
    def has_service_bus(self) -> bool:
        """Whether requests may come by its queue, and outcomes go to its topic."""
        return bool(self.service_bus or self.service_bus_namespace)

    @property
    def graph_is_local(self) -> bool:
        """Whether tokens come over plain http from this machine, which azure-identity refuses to do."""
        return urlsplit(self.graph_authority).scheme == "http"


def signs_in(environ: Mapping[str, str]) -> bool:
    """Return whether App Service authentication is on. The platform says so; only then can its header be trusted."""
    return environ.get("WEBSITE_AUTH_ENABLED", "").strip().lower() in {"1", "true"}


def removing_stopped(environ: Mapping[str, str]) -> bool:
    """Return whether the kill switch (STOP_REMOVING) is on: then nothing is removed, and all runs wait until it is off.

    It is read again and again, so a value that is neither on nor off cannot be reported: it counts as on.
    """
    value = environ.get("STOP_REMOVING", "").strip().lower()
    return bool(value) and value not in _OFF


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in `environ`.

    Raises: SettingsError, or PolicyError for the policy file.
    """
    reader = _Reader(environ)
    credential = reader.one_of("GRAPH_CREDENTIAL", _CREDENTIALS)
    records = reader.text("RECORDS", "tables")
    if records != "tables" and not records.startswith("sqlite:"):
        reader.wrong("RECORDS", f"is {records!r}; it must be 'tables' or 'sqlite:PATH'")
    settings: dict[str, str] = {
        "graph_endpoint": reader.url("GRAPH_ENDPOINT", "https://graph.microsoft.com"),
        "graph_authority": reader.url("GRAPH_AUTHORITY", "https://login.microsoftonline.com"),
        "graph_client_id": reader.text("GRAPH_CLIENT_ID"),
        "graph_credential": credential,
        "graph_client_secret": reader.text("GRAPH_CLIENT_SECRET", None if credential == "secret" else ""),
        "graph_certificate_path": reader.text("GRAPH_CERTIFICATE_PATH", None if credential == "certificate" else ""),
        "graph_home_tenant": reader.guid("GRAPH_HOME_TENANT"),
        "verified_id_endpoint": reader.url("VERIFIED_ID_ENDPOINT", "https://verifiedid.did.msidentity.com"),
        "managed_identity_client_id": reader.text("AZURE_CLIENT_ID", ""),
        "records": records,
        "tables_endpoint": reader.text("AzureWebJobsStorage__tableServiceUri", ""),
        "public_base_url": reader.url("PUBLIC_BASE_URL").rstrip("/"),
        "mail_from": reader.text("MAIL_FROM"),
        "mail_format": reader.one_of("MAIL_FORMAT", _MAIL_FORMATS, "html"),
        # One connection setting in the two forms that the Functions host knows: a connection string, or a host name
        # for the identity of the app.
        "service_bus": reader.text("ServiceBusConnection", ""),
        "service_bus_namespace": reader.text("ServiceBusConnection__fullyQualifiedNamespace", ""),
    }
    bootstrap = _bootstrap(reader, settings)
    keys = reader.keys("APPROVAL_KEYS")
    policy = reader.policy("POLICY_FILE")
    if policy is not None and policy.bootstrap.offers and bootstrap is None:
        reader.wrong(
            "GRAPH_BOOTSTRAP_CLIENT_ID", "is missing: with accessPass in [bootstrap] of the policy it is needed"
        )
    on = signs_in(environ)
    local = all(is_of_this_machine(settings[name]) for name in ("graph_endpoint", "graph_authority", "public_base_url"))
    reader.sign_in("REQUIRE_SIGN_IN", on=on, local=local)
    identities = reader.identities("CONSOLE_TEST_SIGN_IN", local=local)
    if policy is not None and policy.approval.teams_webhook and not on and not identities:
        reader.wrong(
            "POLICY_FILE",
            "has teamsWebhook in [approval], whose message leads approvers to a page that they sign in to: that needs sign-in",
        )
    reader.strict_typing("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING")
    api_keys = reader.named_keys("API_KEYS") if on else {}
    if reader.mistakes or keys is None or policy is None:
        raise SettingsError(reader.mistakes)
    return Settings(
        **settings,
        approval_keys=keys,
        policy=policy,
        signs_in=on,
        api_keys=api_keys,
        bootstrap=bootstrap,
        console_test_sign_in=identities,
    )


def _bootstrap(reader: "_Reader", reset: Mapping[str, str]) -> GraphApplication | None:
    """Return the application that makes passes, None where there is none; `reset` are the settings of the one that resets.

    Whatever the two share lets the one act as the other.
    """
    client_id = reader.text("GRAPH_BOOTSTRAP_CLIENT_ID", "")
    if not client_id:
        return None
    credential = reader.one_of("GRAPH_BOOTSTRAP_CREDENTIAL", _CREDENTIALS)

    def needed_with(kind: str) -> str | None:
        return None if credential == kind else ""

    identity = reader.text("GRAPH_BOOTSTRAP_IDENTITY_CLIENT_ID", needed_with("managed-identity"))
    certificate = reader.text("GRAPH_BOOTSTRAP_CERTIFICATE_PATH", needed_with("certificate"))
    secret = reader.text("GRAPH_BOOTSTRAP_CLIENT_SECRET", needed_with("secret"))
    for name, mine, others in (
        ("CLIENT_ID", client_id, reset["graph_client_id"]),
        ("IDENTITY_CLIENT_ID", identity, reset["managed_identity_client_id"]),
        ("CERTIFICATE_PATH", certificate, reset["graph_certificate_path"]),
        ("CLIENT_SECRET", secret, reset["graph_client_secret"]),
    ):
        if mine and mine.lower() == others.lower():
            reader.wrong(f"GRAPH_BOOTSTRAP_{name}", "must not be that of the application that resets")
    return GraphApplication(client_id, credential, secret, certificate, identity)


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.mistakes: list[str] = []

    def wrong(self, name: str, what: str) -> None:
        self.mistakes.append(f"setting {name} {what}")

    def text(self, name: str, default: str | None = None) -> str:
        value = self._environ.get(name, "").strip()
        if is_unresolved(value):
            self.wrong(name, "is a Key Vault reference that was not resolved: see whether the app may read the vault")
            return ""
        if value:
            return value
        if default is None:
            self.wrong(name, "is missing")
        return default or ""

    def one_of(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(name, default)
        if value and value not in allowed:
            self.wrong(name, f"is {value!r}; it must be one of {', '.join(allowed)}")
        return value

    def url(self, name: str, default: str | None = None) -> str:
        value = self.text(name, default)
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            self.wrong(name, f"is {value!r}; it must be an address like https://host")
        elif value and parts.scheme == "http" and not is_of_this_machine(value):
            self.wrong(name, "is plain http; that is only for this machine itself, use https")
        return value

    def switch(self, name: str, *, default: bool) -> bool:
        value = self.text(name, "").lower()
        if value and value not in _ON | _OFF:
            self.wrong(name, f"is {value!r}; it must be true or false")
        return value in _ON if value in _ON | _OFF else default

    def sign_in(self, name: str, *, on: bool, local: bool) -> None:
        """Check that people sign in where they have to: `on` is what the platform says, `local` whether all is this machine's."""
        if self.switch(name, default=not local) and not on:
            self.wrong(
                name,
                "is on (the default unless PUBLIC_BASE_URL and Graph are of this machine), and no sign-in is seen: switch "
                "App Service authentication on, or set it to false where keys and approval links alone are to be enough",
            )

    def strict_typing(self, name: str) -> None:
        """Check the switch of the durable codec, which without it calls the class that a payload names."""
        if self.text(name, "0") != "1":
            self.wrong(name, "must be 1")

    def guid(self, name: str) -> str:
        value = self.text(name)
        if value:
            try:
                return str(UUID(value))
            except ValueError:
                self.wrong(name, f"is {value!r}; it must be a tenant id")
        return value

    def keys(self, name: str) -> KeyRing | None:
        value = self.text(name)
        if not value:
            return None
        try:
            ring = KeyRing.parse(value)
        except LinkKeyError as error:
            self.wrong(name, str(error))
            return None
        for kid, key in ring.keys.items():
            if why := weakness(key):
                self.wrong(name, f"key {kid!r} {why}")
        return ring

    def named_keys(self, name: str) -> dict[str, str]:
        keys: dict[str, str] = {}
        for number, part in enumerate(filter(None, self.text(name, "").split(",")), start=1):
            key_name, colon, key = part.strip().partition(":")
            if not colon or not _KEY_NAME.fullmatch(key_name) or not key or key_name in keys:
                self.wrong(name, f"key {number} must be name:key, each name once")
            elif why := weakness(key):
                self.wrong(name, f"key {number} {why}")
            keys[key_name] = key
        return keys

    def identities(self, name: str, *, local: bool) -> tuple[str, ...]:
        """`mail` or `mail:Role`, separated by commas."""
        found = tuple(entry for part in self.text(name, "").split(",") if (entry := part.strip()))
        if found and not local:
            self.wrong(name, "is for the simulator on this machine; take it out")
        for entry in found:
            _, colon, role = entry.partition(":")
            if colon and role not in {known.value for known in Role}:
                self.wrong(name, f"has the role {role!r}; it must be one of {', '.join(Role)}")
        return found

    def policy(self, name: str) -> Policy | None:
        value = self.text(name)
        if not value:
            return None
        try:
            files = PolicyFiles.read(Path(value), short=True)
        except (OSError, UnicodeDecodeError) as error:
            self.wrong(name, f"names {value}, which cannot be read: {type(error).__name__}")
            return None
        if self.mistakes:  # reported together with the mistakes in the policy
            try:
                return parse_policy(files.text, self._environ, files.filename, files.customers)
            except PolicyError as error:
                self.mistakes += error.mistakes
                return None
        return parse_policy(files.text, self._environ, files.filename, files.customers)
