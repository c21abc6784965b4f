"""`serve --graph URL` with a Graph server of a few lines: the app makes the documented calls to it."""

import asyncio
import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.system import ROOT

TENANT = "11111111-1111-1111-1111-111111111111"
HOME = "99999999-9999-9999-9999-999999999999"
USER = "aaaaaaaa-0000-0000-0000-000000000001"
REQUESTER = "aaaaaaaa-0000-0000-0000-000000000002"
MOBILE = "3179e48a-750b-4051-897c-87b9720928f7"


class TinyGraph:
    """One tenant, one user with a mobile phone and a hardware token, no `$batch`, and a list of the calls it got."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.phone = True
        self.token_status = "activated"
        self.mails: list[dict[str, Any]] = []
        self.app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST", "PATCH", "DELETE"])])

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.calls.append(f"{request.method} {path}")
        if path.endswith("/oauth2/v2.0/token"):
            form = await request.form()
            assert form["grant_type"] == "client_credentials"
            return JSONResponse({"access_token": f"token-of-{path.split('/')[1]}", "expires_in": 3599})
        assert request.headers["authorization"] in {f"Bearer token-of-{TENANT}", f"Bearer token-of-{HOME}"}
        if path.endswith("/sendMail"):
            self.mails.append(await request.json())
            return Response(status_code=202)
        user = f"/users/{USER}"
        match request.method, path.replace("/users/adele@contoso.com", user):
            case "GET", p if p == f"/v1.0{user}":
                return JSONResponse({"id": USER, "displayName": "Adele", "userPrincipalName": "adele@contoso.com"})
            case "GET", "/v1.0/users/tech@msp.example":
                return JSONResponse({"id": REQUESTER, "displayName": "Theo", "userPrincipalName": "tech@msp.example"})
            case "GET", p if p == f"/v1.0{user}/authentication/methods":
                phone = {
                    "@odata.type": "#microsoft.graph.phoneAuthenticationMethod",
                    "id": MOBILE,
                    "phoneNumber": "+1 5555550100",
                    "phoneType": "mobile",
                }
                return JSONResponse({"value": [phone] if self.phone else []})
            case "GET", p if p == f"/beta{user}/authentication/hardwareOathMethods":
                device = {"id": "d1", "serialNumber": "TOTP123456", "status": self.token_status}
                return JSONResponse({"value": [{"id": "hw-1", "device": device}]})
            case "DELETE", p if p == f"/v1.0{user}/authentication/phoneMethods/{MOBILE}":
                self.phone = False
                return Response(status_code=204)
            case "POST", p if p == f"/beta{user}/authentication/hardwareOathMethods/hw-1/deactivate":
                self.token_status = "assigned"
                return Response(status_code=204)
            case "POST", p if p == f"/v1.0{user}/revokeSignInSessions":
                return JSONResponse({"value": True})
        return JSONResponse({"error": {"code": "Request_ResourceNotFound", "message": "not here"}}, status_code=404)


@contextmanager
def listening(graph: TinyGraph) -> Iterator[str]:
    sock = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(graph.app, log_level="error", lifespan="off"))
    thread = Thread(target=lambda: asyncio.run(server.serve(sockets=[sock])))
    thread.start()
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        sock.close()


@contextmanager
def served(graph_url: str, policy: Path, data: Path) -> Iterator[str]:
    """The app as a user starts it; yields its base URL."""
    command = [sys.executable, "-m", "localhost", "serve", "--port", "0", "--graph", graph_url]
    command += ["--policy", str(policy), "--data", str(data), "--key", "the-key"]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"MAIL_FROM": "reset@msp.example"}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield next(line.split()[1] for line in process.stdout if line.startswith("ready "))
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


POLICY = f"""
[approval]
approvers = ["lead@msp.example"]
[customers.contoso]
tenantId = "{TENANT}"
name = "Contoso"
domains = ["contoso.com"]
"""


async def until(http: httpx.AsyncClient, path: str, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The request once it is so; another process has no event to wait for, so it is asked again and again."""
    shown: dict[str, Any] = {}
    async with asyncio.timeout(30):
        while not shown or not reached(shown):
            shown = (await http.get(path)).json()
    return shown


def asked(shown: dict[str, Any]) -> bool:
    return shown["status"] == "awaitingApproval" and bool(shown["approval"]["approvers"][0]["mail"] == "sent")


async def test_service_resets_through_any_graph_compatible_server(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    graph = TinyGraph()
    with listening(graph) as graph_url, served(graph_url, policy, tmp_path / "data") as base:
        async with httpx.AsyncClient(base_url=base, headers={"x-functions-key": "the-key"}) as http:
            body = {
                "targets": [{"customer": "contoso", "users": ["adele@contoso.com"]}],
                "requester": "tech@msp.example",
            }
            answer = await http.post("/api/reset-requests", json=body)
            assert answer.status_code == 202
            path = f"/api/reset-requests/{answer.json()['id']}"
            assert (await until(http, path, asked))["approval"]["quorum"] == 1
            assert (await http.get("/console/sign-in")).status_code == 404  # else anybody could approve as the approver
            [mail] = graph.mails
            [link] = re.findall(r'href="([^"]*/api/approvals\?token=[^"]+)"', mail["message"]["body"]["content"])
            page = await http.get(html.unescape(link))
            form = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
            await http.post(html.unescape(link), data=form | {"decision": "approve"}, headers={"Origin": base})
            assert (await until(http, path, lambda shown: shown["endedAt"] is not None))["status"] == "completed"
            [target] = (await http.get(f"{path}/targets")).json()["value"]
    outcomes = {method["type"]: method["outcome"] for method in target["methods"]}
    assert outcomes == {"phone": "deleted", "hardwareOath": "deactivated"}
    assert (graph.phone, graph.token_status) == (False, "assigned")
    assert f"POST /{TENANT}/oauth2/v2.0/token" in graph.calls
    assert "POST /v1.0/users/reset@msp.example/sendMail" in graph.calls
    assert json.dumps(graph.calls).count("DELETE ") == 1
    deactivated = graph.calls.index(f"POST /beta/users/{USER}/authentication/hardwareOathMethods/hw-1/deactivate")
    deleted = graph.calls.index(f"DELETE /v1.0/users/{USER}/authentication/phoneMethods/{MOBILE}")
    revoked = graph.calls.index(f"POST /v1.0/users/{USER}/revokeSignInSessions")
    assert deactivated < deleted < revoked
