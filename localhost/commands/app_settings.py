"""The app's settings on one machine: flags first, then the environment, then defaults for the demo."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from localhost.commands.shared_settings import check_shared, keys_of_the_account
from localhost.data_dir import DataDir

DEMO_POLICY = Path(__file__).parents[1] / "policy.demo.toml"
HOME_TENANT = "99999999-9999-9999-9999-999999999999"
# Real Graph takes its tokens from another host; every stand-in serves them itself.
_AUTHORITIES = {"https://graph.microsoft.com": "https://login.microsoftonline.com"}


def app_settings(
    environ: Mapping[str, str],
    data: DataDir,
    *,
    graph_url: str,
    policy: Path | None,
    base_url: str,
    simulated: bool = False,
    shared: bool = False,
    bound_to_loopback: bool = True,
) -> dict[str, str]:
    """What to put into the environment before the app is imported. `simulated`: the Graph is the bundled simulator. `shared`: other
    hosts do the same requests' work, so records and the keys of approval links have to be the same for all.
    `bound_to_loopback`: only clients of this machine reach the port.

    The credentials of the demo's tenants are defaults for a stand-in on plain http alone: for real Graph each of them must
    be set, and the app says which is missing. Raises: BadFlagError when records or keys cannot be shared.
    """
    graph = graph_url.rstrip("/")
    flags = {
        "GRAPH_ENDPOINT": graph,
        "GRAPH_AUTHORITY": _AUTHORITIES.get(graph, graph),
        "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1",
    }
    if policy is not None:
        flags["POLICY_FILE"] = str(policy.resolve())
    stand_in = urlsplit(graph).scheme == "http"
    demo = {
        "GRAPH_CLIENT_ID": "00000000-0000-0000-0000-00000000c11e",
        "GRAPH_CREDENTIAL": "secret",
        "GRAPH_CLIENT_SECRET": "not-a-secret",
        "GRAPH_BOOTSTRAP_CLIENT_ID": "00000000-0000-0000-0000-0000000b0075",
        "GRAPH_BOOTSTRAP_CREDENTIAL": "secret",
        "GRAPH_BOOTSTRAP_CLIENT_SECRET": "not-a-secret-either",
        "GRAPH_HOME_TENANT": HOME_TENANT,
        "PUBLIC_BASE_URL": base_url,
        "VERIFIED_ID_ENDPOINT": graph,
        "MAIL_FROM": "mfa-reset@msp.example",
        "MAIL_FORMAT": "multipart" if simulated else "",  # another Graph may not know mails in MIME
        "POLICY_FILE": str(DEMO_POLICY),
    }
    defaults = (demo if stand_in else {}) | {
        "RECORDS": f"sqlite:{data.path / 'records.sqlite'}",
        "CONSOLE_TEST_SIGN_IN": "tech@msp.example,auditor@msp.example:Auditor",
        # The app sees from its addresses whether all is this machine's, but not which port it is served on.
        "REQUIRE_SIGN_IN": "" if bound_to_loopback else "true",
    }
    settings = {name: environ.get(name) or value for name, value in defaults.items()} | flags
    if not (simulated and bound_to_loopback):
        # With it any client that reaches the port may act as any person: only where all of them are simulated.
        settings["CONSOLE_TEST_SIGN_IN"] = ""
    if settings.get("GRAPH_CREDENTIAL") != "secret":
        settings.pop("GRAPH_CLIENT_SECRET", None)
    if shared:
        check_shared(settings["RECORDS"], environ)
        settings["APPROVAL_KEYS"] = environ.get("APPROVAL_KEYS") or keys_of_the_account(environ)
    else:
        settings["APPROVAL_KEYS"] = environ.get("APPROVAL_KEYS") or data.approval_keys()
    if settings.get("POLICY_FILE") == str(DEMO_POLICY):
        settings["HELPDESK_SECRET"] = environ.get("HELPDESK_SECRET") or data.webhook_secret("helpdesk")
    return settings
