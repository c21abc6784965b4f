"""A shop of three customers: host, simulator and ticket system as processes and servers of their own, to be killed and started.

The simulator's world is made here once more from the same seed, so what every user had at the start is known.
"""

import asyncio
import json
import re
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from standardwebhooks import Webhook

from localhost.host.http_server import HttpServer, bind, url_of
from localhost.simulator import World

ROOT = Path(__file__).parents[2]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjU"
KEY = "a-function-key-of-the-tests"
_POLICY = """
[approval]
quorum = 1
approvers = ["lead@msp.example", "second@msp.example"]
stepUp = {{ targets = 1000, quorum = 2 }}
[customers.contoso]
tenantId = "11111111-1111-1111-1111-111111111111"
domains = ["contoso.com"]
approvers = ["owner@contoso.com"]
protectedUsers = ["breakglass@contoso.com"]
[customers.fabrikam]
tenantId = "22222222-2222-2222-2222-222222222222"
domains = ["fabrikam.com"]
[customers.tailspin]
tenantId = "33333333-3333-3333-3333-333333333333"
domains = ["tailspin.com"]
[sources.helpdesk]
scheme = "standard-webhooks"
secret = "env:HELPDESK_SECRET"
approval = "required"
callback = {{ url = "{callback}", secret = "env:HELPDESK_SECRET" }}
"""
CUSTOMERS = ("contoso", "fabrikam", "tailspin")
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@dataclass
class Shop:
    folder: Path
    users: int
    graph_url: str
    callback_url: str
    world: World  # as it was at the start
    called_back: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # webhook-id, event
    port: int = 0
    host: Process | None = None
    kills: int = 0
    moments: dict[str, int] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    simulator: int = 0  # its process

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    # --- the host's lives ---

    async def start(self, moment: str = "", skip: int = 0) -> bool:
        """Starts the host; False when it died (at its moment) before it was ready."""
        command = [sys.executable, "-m", "tests.crash.child", moment, str(skip), "serve", "--port", str(self.port)]
        command += ["--graph", self.graph_url, "--data", str(self.data), "--key", KEY, "--log-level", "warning"]
        command += ["--policy", str(self.folder / "policy.toml"), *self.flags]
        environment = {"PATH": "/usr/bin:/bin", "HELPDESK_SECRET": SECRET} | self.settings
        with (self.folder / "host.log").open("ab") as log:
            self.host = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env=environment, stdout=PIPE, stderr=log
            )
        assert self.host.stdout is not None
        async for line in self.host.stdout:
            if line.startswith(b"ready "):
                return True
        await self.host.wait()
        return False

    async def died(self, within: float) -> bool:
        """Whether the host ended by itself in this many seconds."""
        assert self.host is not None
        try:
            async with asyncio.timeout(within):
                await self.host.wait()
        except TimeoutError:
            return False
        return True

    async def kill(self) -> None:
        assert self.host is not None
        self.host.kill()
        await self.host.wait()

    async def stop(self) -> int:
        """SIGTERM, as a supervisor stops it; the exit code."""
        assert self.host is not None
        self.host.send_signal(signal.SIGTERM)
        return await self.host.wait()

    def log(self) -> str:
        return (self.folder / "host.log").read_text()

    # --- what people and their systems do: until it worked, through however many crashes ---

    async def deliver(self, targets: dict[str, list[str]], ticket: str) -> str:
        """A ticket system sends a webhook again and again until it is answered; the request's id."""
        body = json.dumps(
            {
                "targets": [{"customer": customer, "users": users} for customer, users in targets.items()],
                "ticket": ticket,
                "requester": "tech@msp.example",
            }
        )
        delivery = f"msg_{uuid4().hex}"

        async def send(http: httpx.AsyncClient) -> httpx.Response:
            now = datetime.now(UTC)
            signed = {
                "content-type": "application/json",
                "webhook-id": delivery,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": Webhook(SECRET).sign(delivery, now, body),
            }
            return await http.post("/api/webhooks/helpdesk", content=body, headers=signed)

        answer = await self.until_it_works(send, lambda answer: answer.status_code in {200, 202})
        return str(answer.json()["id"])

    async def until_it_works(
        self, call: Callable[[httpx.AsyncClient], Any], good: Callable[[httpx.Response], bool]
    ) -> httpx.Response:
        async with asyncio.timeout(300):
            while True:
                try:
                    async with httpx.AsyncClient(
                        base_url=self.url, headers={"x-functions-key": KEY}, timeout=30
                    ) as http:
                        answer: httpx.Response = await call(http)
                except httpx.TransportError:
                    answer = httpx.Response(0)
                if good(answer):
                    return answer
                assert answer.status_code in {0, 500, 503}, f"{answer.status_code}: {answer.text[:500]}"
                await asyncio.sleep(0.2)

    async def get(self, path: str) -> Any:
        answer = await self.until_it_works(lambda http: http.get(path), lambda answer: answer.status_code == 200)
        return answer.json()

    async def approve_all(self) -> None:
        """Approvers click every link they get and approve. Runs until it is cancelled."""
        done: set[str] = set()
        while True:
            mails = await self.from_graph("/mailbox.json")
            links = {link for mail in mails["value"] for link in mail["links"] if "/api/approvals?token=" in link}
            for link in links - done:
                if await self._approve(link):
                    done.add(link)
            await asyncio.sleep(0.3)

    async def _approve(self, link: str) -> bool:
        """Open the link at this host, whichever of them mailed it."""
        parts = urlsplit(link)
        link = f"{self.url}{parts.path}{f'?{parts.query}' if parts.query else ''}"
        try:
            async with httpx.AsyncClient(timeout=30) as browser:
                page = await browser.get(link)
                fields = dict(_HIDDEN.findall(page.text))
                if page.status_code >= 500:
                    return False
                if not fields:  # decided already, or the plan went on: there is nothing left to decide
                    return True
                answer = await browser.post(
                    link, data=fields | {"decision": "approve", "comment": ""}, headers={"Origin": self.url}
                )
                return answer.status_code in {200, 409}
        except httpx.TransportError:
            return False

    async def from_graph(self, path: str, **body: Any) -> Any:
        async with httpx.AsyncClient(base_url=self.graph_url, timeout=30) as http:
            answer = await (http.post(path, json=body) if body else http.get(path))
            assert answer.status_code in {200, 201}, answer.text
            return answer.json()

    async def ended(self, request_id: str, seconds: float = 300) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            while True:
                shown: dict[str, Any] = await self.get(f"/api/reset-requests/{request_id}")
                if shown["endedAt"]:
                    return shown
                await asyncio.sleep(0.3)

    async def called_back_in_full(self, request_id: str, seconds: float = 60) -> None:
        """The last callbacks go out after the end of a request, and a repeat some seconds later."""
        async with asyncio.timeout(seconds):
            while True:
                shown = await self.get(f"/api/reset-requests/{request_id}")
                if all(each["state"] != "pending" for each in shown["callbacks"]):
                    return
                await asyncio.sleep(0.3)

    async def until(self, request_id: str, status: str, seconds: float = 120) -> None:
        async with asyncio.timeout(seconds):
            while True:
                if (await self.get(f"/api/reset-requests/{request_id}"))["status"] == status:
                    return
                await asyncio.sleep(0.05)

    async def until_not_ready(self, seconds: float = 60) -> str:
        """Why the host says that nothing should be sent to it."""
        async with asyncio.timeout(seconds), httpx.AsyncClient(base_url=self.url) as http:
            while True:
                answer = await http.get("/ready")
                if answer.status_code == 503:
                    return str(answer.json()["detail"])
                await asyncio.sleep(0.1)

    async def targets(self, request_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await self.get(f"/api/reset-requests/{request_id}/targets?limit=500&cursor={cursor}")
            found += page["value"]
            cursor = page["cursor"]
        return found

    def upns(self, customer: str) -> list[str]:
        return [user.upn for user in self.world.tenant(customer).users.values()]


@asynccontextmanager
async def shop(folder: Path, *, users: int, latency: int = 20, flags: tuple[str, ...] = ()) -> AsyncIterator[Shop]:
    """The shop with everything but its host running; whatever host there is at the end is killed."""
    called_back: list[tuple[str, dict[str, Any]]] = []
    sock = bind("127.0.0.1", 0)
    receiver = HttpServer(_receiver(called_back), sock, grace_seconds=1)
    await receiver.start()
    simulator = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "localhost.simulator", "--port", "0"),
        *("--users", str(users), "--latency", str(latency)),
        cwd=ROOT,
        stdout=PIPE,
        stderr=DEVNULL,
    )
    assert simulator.stdout is not None
    graph_url = (await simulator.stdout.readline()).decode().removeprefix("ready ").strip()
    callback = f"{url_of(sock)}/hook"
    (folder / "policy.toml").write_text(_POLICY.format(callback=callback))
    it = Shop(
        folder,
        users,
        graph_url,
        callback,
        World.demo(users),
        called_back,
        free_port(),
        flags=flags,
        simulator=simulator.pid,
    )
    try:
        yield it
    finally:
        for process in (it.host, simulator):
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()
        await receiver.stop()


def _receiver(called_back: list[tuple[str, dict[str, Any]]]) -> Any:
    async def receive_hook(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":  # the sender was killed in the middle of it
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        Webhook(SECRET).verify(body, headers)
        called_back.append((headers["webhook-id"], json.loads(body)))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return receive_hook


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
