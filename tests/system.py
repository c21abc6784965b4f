"""The whole service for a workflow test: the real app on the local host, over HTTP, against the simulator, with time given.

async with system(tmp_path) as it:
    request = await it.ask(contoso=["adele@contoso.com"])
    await it.approve(request["id"])
    assert (await it.shown(request["id"]))["status"] == "completed"
"""

import os
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

import services
from domain.access.approval_links import read
from localhost.clock import SystemClock, VirtualClock
from localhost.host.running_host import RunningHost
from localhost.simulator import World, create_app
from localhost.testing import running
from settings import read_settings
from tests.hub_host import HubHost, WatchedHub, on_hub

# Set by tests/scenarios/conftest.py: where a real task hub is served that the test runs on instead of the engine.
task_hub: str | None = None
# How often the clock was set, and how often the service was started, in this test.
clock_uses = 0
starts = 0


def new_hub_name() -> str:
    """A name of letters and digits for a task hub of one test."""
    return f"t{uuid.uuid4().hex[:12]}"


async def no_pause(_: float) -> None:
    """Stand in for the short pauses between attempts at Graph: no test waits."""


ROOT = Path(__file__).resolve().parent.parent
GRAPH = "http://127.0.0.1:9"  # nothing listens there: the simulator is called in this process
HELPDESK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjU"
HOME = "99999999-9999-9999-9999-999999999999"


def environment(tmp_path: Path, policy: Path | None = None, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings a test's service runs with; `more` comes on top."""
    return {
        "GRAPH_ENDPOINT": GRAPH,
        "GRAPH_AUTHORITY": GRAPH,
        "GRAPH_CLIENT_ID": "the-service",
        "GRAPH_CREDENTIAL": "secret",
        "GRAPH_CLIENT_SECRET": "a-secret-of-the-tests",
        "GRAPH_BOOTSTRAP_CLIENT_ID": "the-bootstrap",
        "GRAPH_BOOTSTRAP_CREDENTIAL": "secret",
        "GRAPH_BOOTSTRAP_CLIENT_SECRET": "another-secret-of-the-tests",
        "GRAPH_HOME_TENANT": HOME,
        "RECORDS": f"sqlite:{tmp_path / 'records.sqlite'}",
        "POLICY_FILE": str(policy or ROOT / "localhost/policy.demo.toml"),
        "APPROVAL_KEYS": "k1:cHQcLQ0vM7fJ0LwBqYx4Q0r7b8S1kq2vW9nZp5tGmXo=",
        "MAIL_FROM": "mfa-reset@msp.example",
        "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1",
        "HELPDESK_SECRET": HELPDESK_SECRET,
        "CONSOLE_TEST_SIGN_IN": "tech@msp.example,else@msp.example,auditor@msp.example:Auditor",
    } | dict(more or {})


def link_token(link: str) -> str:
    """Return the token of an approval link, "" for any other link."""
    return link.partition("/api/approvals?token=")[2]


@dataclass
class System:
    host: RunningHost[VirtualClock]
    world: World
    services: services.Services
    http: httpx.AsyncClient  # with the function key

    async def call(self, method: str, path: str, status: int = 200, **how: Any) -> Any:
        """The JSON of an answer that must have this status."""
        answer = await self.http.request(method, path, **how)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text[:2000]}"
        return answer.json()

    async def ask(
        self, *, more: dict[str, Any] | None = None, settle: bool = True, **users: list[str]
    ) -> dict[str, Any]:
        """Posts a request for these users per customer; afterwards it waits for its approval, or has ended."""
        body = {
            "targets": [{"customer": customer, "users": names} for customer, names in users.items()],
            "reason": "Lost phone",
            "ticket": "INC0012345",
            "requester": "tech@msp.example",
        }
        request: dict[str, Any] = await self.call("POST", "/api/reset-requests", 202, json=body | (more or {}))
        if settle:
            await self.host.idle()
        return request

    async def shown(self, request_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = await self.call("GET", f"/api/reset-requests/{request_id}")
        return shown

    async def targets(self, request_id: str) -> list[dict[str, Any]]:
        """All targets, page by page."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            page = await self.call("GET", f"/api/reset-requests/{request_id}/targets", params={"cursor": cursor})
            found += page["value"]
            cursor = page["cursor"]
        return found

    async def audit(self, request_id: str) -> list[dict[str, Any]]:
        page = await self.call("GET", f"/api/reset-requests/{request_id}/audit")
        events: list[dict[str, Any]] = page["value"]
        return events

    def links(self, request_id: str | None = None) -> dict[str, str]:
        """The latest link of each approver, out of the mails in the mailbox."""
        found: dict[str, str] = {}
        ring = self.services.settings.approval_keys
        for mail in self.world.mailbox.to():
            for link in mail.links:
                token = link_token(link)
                if token and request_id in {None, read(ring, token).request_id}:
                    found.setdefault(mail.to[0], link)
        return found

    async def decide(self, link: str, decision: str, **fields: Any) -> httpx.Response:
        """Opens the page and posts its form, as a browser does."""
        page = await self.http.get(link)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
        answer = await self.http.post(
            link, data=hidden | {"decision": decision, "comment": ""} | fields, headers={"Origin": self.host.base_url}
        )
        await self.host.idle()
        return answer

    async def approve(self, request_id: str) -> None:
        """Every approver who was asked agrees, until nothing waits any more."""
        for link in self.links(request_id).values():
            answer = await self.decide(link, "approve")
            assert answer.status_code in {200, 409}, answer.text

    async def advance(self, **delta: float) -> None:
        """Lets time pass, with everything that happens meanwhile."""
        assert task_hub is None, "no test sets the clock of a real task hub"
        _note_clock()
        await self.host.advance(timedelta(**delta).total_seconds())


@asynccontextmanager
async def system(
    tmp_path: Path,
    *,
    world: World | None = None,
    policy: Path | None = None,
    clock: VirtualClock | None = None,
    settings: Mapping[str, str] | None = None,
    sleep: Callable[[float], Awaitable[None]] = no_pause,
) -> AsyncIterator[System]:
    """The service with a data directory, a world (the demo's unless given) and a clock of its own.

    `sleep` waits out the latency of the world's faults.
    """
    global starts  # noqa: PLW0603 - conftest.py asks it after each test
    starts += 1
    if clock is not None:
        _note_clock()
    hub = None if task_hub is None else WatchedHub(task_hub)
    clock = clock or (VirtualClock() if hub is None else VirtualClock(datetime.now(UTC)))
    now = clock.now if hub is None else SystemClock().now
    world = world or World.demo(clock=now)
    services.set_services(None)
    async with running(ROOT, environment(tmp_path, policy, settings), clock=clock, task_hub=hub) as served:
        host = served if hub is None else on_hub(served, hub)

        transport = httpx.ASGITransport(create_app(world, sleep=sleep))
        made = services.Services(read_settings(os.environ), now=now, transport=transport, sleep=no_pause)
        made.list_patience = 60.0  # a list is whole unless a test is about lists that are not
        services.set_services(made)
        headers = {"x-functions-key": host.key}
        async with httpx.AsyncClient(base_url=host.base_url, headers=headers, timeout=60) as http:
            try:
                yield System(host, world, made, http)
            finally:
                if isinstance(host, HubHost):
                    host.close()
                await made.close()
                services.set_services(None)


def _note_clock() -> None:
    global clock_uses  # noqa: PLW0603 - as above
    clock_uses += 1
