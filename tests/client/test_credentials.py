"""azure-identity's own credentials, from the variables of each environment, against a token endpoint in this process."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from azure.core.pipeline.transport import HttpTransport

from mfa_reset_client.credentials import AuthMethod, credential_for
from mfa_reset_client.errors import AuthenticationError

SCOPE = "11112222-3333/.default"
TENANT = "99999999-9999-9999-9999-999999999999"
GITHUB = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://actions.example/token?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token",
    "AZURE_TENANT_ID": TENANT,
    "AZURE_CLIENT_ID": "pipeline",
}
PIPELINES = {
    "AZURESUBSCRIPTION_TENANT_ID": TENANT,
    "AZURESUBSCRIPTION_CLIENT_ID": "pipeline",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "connection",
    "SYSTEM_ACCESSTOKEN": "job-token",
}
SECRET = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": "pipeline", "AZURE_CLIENT_SECRET": "a-secret"}


class Response:
    """As much of azure.core's response as azure-identity reads."""

    status_code = 200
    reason = "OK"
    content_type = "application/json"
    is_closed = True
    is_stream_consumed = True

    def __init__(self, request: Any, body: dict[str, Any]) -> None:
        self.request = self.http_request = request
        self.headers = {"Content-Type": self.content_type}
        self._text = json.dumps(body)

    def text(self, encoding: str | None = None) -> str:
        return self._text

    def body(self) -> bytes:
        return self._text.encode()

    def read(self) -> bytes:
        return self.body()

    def json(self) -> Any:
        return json.loads(self._text)

    @property
    def context(self) -> dict[str, Any]:
        return {}


@dataclass
class Entra(HttpTransport[Any, Any]):
    """Issues a token for every form that is posted to a token endpoint, and an OIDC token for other posts."""

    forms: list[dict[str, str]] = field(default_factory=list)
    others: list[Any] = field(default_factory=list)

    def send(self, request: Any, **_: Any) -> Any:
        if request.url.endswith("/.well-known/openid-configuration"):
            base = f"https://login.microsoftonline.com/{TENANT}"
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
            endpoints = {name: f"{base}/oauth2/v2.0/{path}" for name, path in names.items()}
            return Response(request, endpoints | {"issuer": f"{base}/v2.0"})
        if "/oauth2/v2.0/token" not in request.url:
            self.others.append(request)
            return Response(request, {"oidcToken": "azure-devops-token"})
        body = request.body if isinstance(request.body, dict) else {k: v[0] for k, v in parse_qs(request.body).items()}
        self.forms.append(body)
        return Response(request, {"access_token": "an-entra-token", "expires_in": 3600, "token_type": "Bearer"})

    def open(self) -> None: ...
    def close(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...
    def __enter__(self) -> "Entra":
        return self


def token(method: AuthMethod, environ: dict[str, str], entra: Entra) -> str:
    credential = credential_for(method, environ, transport=entra, disable_instance_discovery=True)
    return credential.get_token(SCOPE).token


def test_github_oidc_exchanges_a_new_token_of_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[httpx.Request] = []

    def get(url: httpx.URL, *, headers: dict[str, str], timeout: float) -> httpx.Response:
        requests.append(httpx.Request("GET", url, headers=headers))
        return httpx.Response(200, json={"value": f"github-token-{len(requests)}"}, request=requests[-1])

    monkeypatch.setattr(httpx, "get", get)
    entra = Entra()
    assert token(AuthMethod.GITHUB_OIDC, GITHUB, entra) == "an-entra-token"
    assert dict(requests[0].url.params) == {"api-version": "2.0", "audience": "api://AzureADTokenExchange"}
    assert requests[0].headers["Authorization"] == "Bearer request-token"
    (form,) = entra.forms
    assert (form["client_id"], form["scope"], form["client_assertion"]) == ("pipeline", SCOPE, "github-token-1")
    token(AuthMethod.GITHUB_OIDC, GITHUB, entra)
    assert entra.forms[-1]["client_assertion"] == "github-token-2"


@pytest.mark.parametrize(
    "response", [httpx.Response(403), httpx.Response(200, text="<html>"), httpx.Response(200, json=[])]
)
def test_github_oidc_reports_that_no_token_was_issued(
    monkeypatch: pytest.MonkeyPatch, response: httpx.Response
) -> None:
    response.request = httpx.Request("GET", "https://actions.example")
    monkeypatch.setattr(httpx, "get", lambda *_, **__: response)
    with pytest.raises(AuthenticationError, match="GitHub did not issue a token"):
        token(AuthMethod.GITHUB_OIDC, GITHUB, Entra())


def test_azure_pipelines_exchanges_a_token_of_the_service_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEM_OIDCREQUESTURI", "https://devops.example/oidctoken")
    entra = Entra()
    assert token(AuthMethod.AZURE_PIPELINES, PIPELINES, entra) == "an-entra-token"
    (request,) = entra.others
    assert "serviceConnectionId=connection" in request.url
    assert request.headers["Authorization"] == "Bearer job-token"
    (form,) = entra.forms
    assert (form["client_id"], form["client_assertion"]) == ("pipeline", "azure-devops-token")


def test_client_secret_sends_the_secret_to_entra_only() -> None:
    entra = Entra()
    assert token(AuthMethod.CLIENT_SECRET, SECRET, entra) == "an-entra-token"
    (form,) = entra.forms
    assert (form["client_secret"], form["scope"]) == ("a-secret", SCOPE)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        (AuthMethod.DEFAULT, "DefaultAzureCredential"),
        (AuthMethod.AZURE_CLI, "AzureCliCredential"),
        (AuthMethod.MANAGED_IDENTITY, "ManagedIdentityCredential"),
    ],
)
def test_other_methods_are_azure_identitys(method: AuthMethod, name: str) -> None:
    assert type(credential_for(method, {})).__name__ == name


@pytest.mark.parametrize(
    ("method", "environ", "message"),
    [
        (AuthMethod.GITHUB_OIDC, {}, "id-token: write"),
        (AuthMethod.GITHUB_OIDC, GITHUB | {"AZURE_CLIENT_ID": " "}, "Set AZURE_CLIENT_ID"),
        (AuthMethod.AZURE_PIPELINES, {}, "AzureCLI@2"),
        (AuthMethod.AZURE_PIPELINES, PIPELINES | {"SYSTEM_ACCESSTOKEN": ""}, "System.AccessToken"),
        (AuthMethod.CLIENT_SECRET, {"AZURE_CLIENT_SECRET": "a-secret"}, "AZURE_TENANT_ID and AZURE_CLIENT_ID"),
    ],
)
def test_missing_variables_are_named(method: AuthMethod, environ: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        credential_for(method, environ)
    assert "a-secret" not in str(caught.value)


def test_without_azure_identity_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "azure").mkdir()
    (tmp_path / "azure/__init__.py").touch()  # hides the installed one, as if it were not there
    code = (
        "from mfa_reset_client import Client\ntry:\n    Client('https://host.example', audience='a')\n"
        "except ValueError as error:\n    print(error)"
    )
    client = Path(__file__).resolve().parents[2] / "client"
    run = [sys.executable, "-c", code]
    environ = {"PYTHONPATH": f"{tmp_path}:{client}"}
    result = subprocess.run(run, check=True, capture_output=True, text=True, env=environ)
    assert "pip install 'mfa-reset-client[entra]'" in result.stdout
