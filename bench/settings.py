"""Settings with which `function_app.py` can be imported."""

import os
import tempfile

from bench.processes import ROOT


def settings() -> dict[str, str]:
    return os.environ | {
        "GRAPH_ENDPOINT": "http://127.0.0.1:9",
        "GRAPH_AUTHORITY": "http://127.0.0.1:9",
        "GRAPH_CLIENT_ID": "bench",
        "GRAPH_CREDENTIAL": "secret",
        "GRAPH_CLIENT_SECRET": "bench",
        "GRAPH_HOME_TENANT": "99999999-9999-9999-9999-999999999999",
        "RECORDS": f"sqlite:{tempfile.gettempdir()}/bench-import.sqlite",
        "POLICY_FILE": str(ROOT / "localhost/policy.demo.toml"),
        "APPROVAL_KEYS": "k1:cHQcLQ0vM7fJ0LwBqYx4Q0r7b8S1kq2vW9nZp5tGmXo=",
        "MAIL_FROM": "mfa-reset@msp.example",
        "HELPDESK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjU",
        "PUBLIC_BASE_URL": "http://127.0.0.1:7071",
        "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1",
    }
