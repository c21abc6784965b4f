"""The app's settings on one machine: what flags say, then what the environment says, then what suits a demo."""

from collections.abc import Mapping
from pathlib import Path

from localhost.data_dir import DataDir

DEMO_POLICY = Path(__file__).parent / "policy.demo.toml"
HOME_TENANT = "99999999-9999-9999-9999-999999999999"
# Real Graph has its tokens from another host; every stand-in serves them itself.
_AUTHORITIES = {"https://graph.microsoft.com": "https://login.microsoftonline.com"}


def app_settings(
    environ: Mapping[str, str],
    data: DataDir,
    *,
    graph_url: str,
    policy: Path | None,
    base_url: str,
    simulated: bool = False,
) -> dict[str, str]:
    """What to put into the environment before the app is imported. `simulated`: the Graph is the bundled simulator."""
    graph = graph_url.rstrip("/")
    flags = {
        "GRAPH_ENDPOINT": graph,
        "GRAPH_AUTHORITY": _AUTHORITIES.get(graph, graph),
        "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1",
    }
    if policy is not None:
        flags["POLICY_FILE"] = str(policy.resolve())
    defaults = {
        "GRAPH_CLIENT_ID": "00000000-0000-0000-0000-00000000c11e",
        "GRAPH_CREDENTIAL": "secret",
        "GRAPH_HOME_TENANT": HOME_TENANT,
        "RECORDS": f"sqlite:{data.path / 'records.sqlite'}",
        "PUBLIC_BASE_URL": base_url,
        "MAIL_FROM": "mfa-reset@msp.example",
        # With it anybody who reaches the port asks and approves as anybody: only ever by itself where nobody is real.
        "CONSOLE_TEST_SIGN_IN": "tech@msp.example,auditor@msp.example:Auditor" if simulated else "",
        "POLICY_FILE": str(DEMO_POLICY),
    }
    settings = {name: environ.get(name) or value for name, value in defaults.items()} | flags
    if settings["GRAPH_CREDENTIAL"] == "secret":
        settings["GRAPH_CLIENT_SECRET"] = environ.get("GRAPH_CLIENT_SECRET") or "not-a-secret"
    settings["APPROVAL_KEYS"] = environ.get("APPROVAL_KEYS") or data.approval_keys()
    if settings["POLICY_FILE"] == str(DEMO_POLICY):
        settings["HELPDESK_SECRET"] = environ.get("HELPDESK_SECRET") or data.webhook_secret("helpdesk")
    return settings
