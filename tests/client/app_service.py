"""App Service authentication, the OIDC issuers of pipelines and Entra's token endpoint, in front of a served app.

async with app_service(it) as platform:
    ...  # platform.url is the service as a pipeline sees it

What it imitates: calls without a token are redirected to the login page, calls with a wrong token are 401, others reach the app
with X-MS-CLIENT-PRINCIPAL. [Microsoft Learn, authentication and authorization in Azure App Service] The app's host asks for its
key all the same, so the key is added on the way.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from localhost.host.http_server import HttpServer, bind, url_of
from tests.system import System
from tests.triggers.principals import CONTOSO, principal

SIGN_IN_APP = "11112222-3333-4444-5555-666677778888"
PIPELINE_APP = "aaaabbbb-cccc-dddd-eeee-ffff00001111"
TENANT = "99999999-9999-9999-9999-999999999999"
# The key is the one with which the tests themselves call the host.
SETTINGS = {"WEBSITE_AUTH_ENABLED": "True", "API_KEYS": "tests:a-function-key-of-the-tests"}


@dataclass
class Platform:
    it: System
    url: str
    assertions: set[str] = field(default_factory=set)  # issued to jobs, each good for one exchange
    tokens: set[str] = field(default_factory=set)
    signed_in: dict[str, str] = field(default_factory=lambda: principal("", "Operator", oid=PIPELINE_APP))

    def github(self) -> dict[str, str]:
        """The variables of a GitHub job with `id-token: write`."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/oidc/github?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job-token",
        }

    def azure_devops(self) -> dict[str, str]:
        """The variables of an AzureCLI@2 task."""
        return {
            "SYSTEM_OIDCREQUESTURI": f"{self.url}/oidc/azure-devops",
            "AZURESUBSCRIPTION_TENANT_ID": TENANT,
            "AZURESUBSCRIPTION_CLIENT_ID": PIPELINE_APP,
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "connection",
        }

    def issue_token(self) -> str:
        """An Entra token for the service."""
        self.tokens.add(token := str(uuid4()))
        return token

    async def decide(self, request_id: str, decision: str) -> None:
        """Let every approver sign in and decide."""
        for approver, link in self.it.links(request_id).items():
            signed_in = principal(approver, tid=CONTOSO if approver.endswith("@contoso.com") else TENANT)
            page = await self.it.http.get(link, headers=signed_in)
            fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
            fields |= {"decision": decision, "comment": "As requested"}
            origin = {"Origin": self.it.host.base_url}
            response = await self.it.http.post(link, data=fields, headers=signed_in | origin)
            assert response.status_code in {200, 409}, response.text
            await self.it.host.idle()

    async def github_token(self, request: Request) -> Response:
        if request.headers["Authorization"] != "Bearer job-token":
            return Response(status_code=403)
        assert request.query_params["audience"] == "api://AzureADTokenExchange"
        return JSONResponse({"value": self._assertion()})

    async def azure_devops_token(self, request: Request) -> Response:
        if request.headers["Authorization"] != "Bearer job-token":
            return Response(status_code=403)
        assert request.query_params["serviceConnectionId"] == "connection"
        return JSONResponse({"oidcToken": self._assertion()})

    async def entra_token(self, request: Request) -> Response:
        async with request.form() as form:
            assert (form["client_id"], form["scope"]) == (PIPELINE_APP, f"{SIGN_IN_APP}/.default")
            if form["client_assertion"] not in self.assertions:
                return JSONResponse({"error": "invalid_client"}, 401)
            self.assertions.discard(str(form["client_assertion"]))
        return JSONResponse({"access_token": self.issue_token(), "expires_in": 3600, "token_type": "Bearer"})

    async def api(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            login = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize"
            return RedirectResponse(f"{login}?response_type=code+id_token&client_id={SIGN_IN_APP}", 302)
        if token not in self.tokens:
            challenge = 'Bearer realm="127.0.0.1" authorization_uri="https://login.windows.net/"'
            text = "You do not have permission to view this directory or page."
            return Response(text, 401, {"WWW-Authenticate": challenge})
        dropped = {"host", "authorization", "content-length"}
        headers = {name: value for name, value in request.headers.items() if name not in dropped}
        response = await self.it.http.request(
            request.method,
            f"{self.it.host.base_url}{request.url.path}",
            params=dict(request.query_params),
            content=await request.body(),
            headers=headers | self.signed_in,
        )
        kept = {"content-type", "retry-after", "location", "date"}
        passed = {name: value for name, value in response.headers.items() if name in kept}
        return Response(response.content, response.status_code, passed)

    def _assertion(self) -> str:
        self.assertions.add(assertion := str(uuid4()))
        return assertion


@asynccontextmanager
async def app_service(it: System) -> AsyncIterator[Platform]:
    """Serve the platform in front of a service that was started with SETTINGS."""
    sock = bind("127.0.0.1", 0)
    platform = Platform(it, url_of(sock))
    routes = [
        Route("/oidc/github", platform.github_token),
        Route("/oidc/azure-devops", platform.azure_devops_token, methods=["POST"]),
        Route(f"/{TENANT}/oauth2/v2.0/token", platform.entra_token, methods=["POST"]),
        Route("/api/{path:path}", platform.api, methods=["GET", "POST", "PUT", "DELETE"]),
    ]
    server = HttpServer(Starlette(routes=routes), sock)
    await server.start()
    try:
        yield platform
    finally:
        await server.stop()
