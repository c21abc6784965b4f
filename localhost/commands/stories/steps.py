"""What the stories of `demo` share: what they print, how they call the service, and how an approver decides."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import httpx

from localhost.commands.serve import Served
from localhost.errors import LocalHostError

LIMIT = 60.0
"""Seconds for one step; on this machine each takes a few."""
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
GONE = {"deleted", "deactivated", "alreadyGone"}


class DemoError(LocalHostError):
    """A step did not do what it should show."""

    reason = "demoFailed"


class Story(NamedTuple):
    """One run of the demo, from a request to what came of it.

    `policy` is TOML that is appended to the demo's policy; `secrets` are the variables it names, made for the run as
    Standard Webhooks secrets.
    """

    title: str
    run: Callable[[Served, httpx.AsyncClient], Awaitable[None]]
    policy: str = ""
    secrets: tuple[str, ...] = ()


async def wait_for_approval_mails(http: httpx.AsyncClient, request_id: str) -> dict[str, Any]:
    """Wait until the plan is made and every approver's mail was sent, and return the request."""
    async with asyncio.timeout(LIMIT):
        while True:
            shown = await get(http, f"/api/reset-requests/{request_id}")
            must(shown["endedAt"] is None, f"the request ended early: {shown['status']} {shown['detail']}")
            approvers = shown["approval"]["approvers"]
            if approvers and all(entry["mail"] == "sent" for entry in approvers):
                return shown
            await asyncio.sleep(0.1)


async def approval_links(it: Served, browser: httpx.AsyncClient) -> dict[str, str]:
    """Return the link in each approver's mail, by address; the latest where there are several."""
    mails = (await browser.get(f"{it.graph_url}/mailbox.json")).json()["value"]
    return {mail["to"][0]: link for mail in mails for link in mail["links"] if "/api/approvals?token=" in link}


async def decide(browser: httpx.AsyncClient, origin: str, approver: str, link: str) -> None:
    """Open the link and post the page's form, as a browser does."""
    page = await browser.get(link)
    must(page.status_code == 200, f"the approval page got {page.status_code}")
    form = dict(HIDDEN.findall(page.text)) | {"decision": "approve", "comment": "Called back on the known number."}
    response = await browser.post(link, data=form, headers={"Origin": origin})
    must(response.status_code == 200, f"the decision got {response.status_code}")
    print(f"   {approver} opens the page and approves.")


async def watch(http: httpx.AsyncClient, request_id: str) -> dict[str, Any]:
    """Print how the request goes on until it has ended, and return it."""
    seen = ""
    async with asyncio.timeout(LIMIT):
        while True:
            shown = await get(http, f"/api/reset-requests/{request_id}")
            line = f"     {shown['status']:20} {counts(shown)}"
            if line != seen:
                print(line, flush=True)
                seen = line
            if shown["endedAt"]:
                return shown
            await asyncio.sleep(0.1)


async def all_targets(http: httpx.AsyncClient, request_id: str) -> AsyncIterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = await get(http, f"/api/reset-requests/{request_id}/targets?cursor={cursor}")
        for target in page["value"]:
            yield target
        cursor = page["cursor"]


def print_target(target: Mapping[str, Any]) -> None:
    """Print the outcome of one user and of each method."""
    why = f" ({target['reason']})" if target["reason"] else ""
    revoked = ", sessions revoked" if target["sessionsRevoked"] else ""
    print(f"     {target['userPrincipalName']:28} {target['outcome']}{why}{revoked}")
    for method in target["methods"]:
        default = " (default)" if method["isDefault"] else ""
        print(f"       {method['type']:24} {method['label'] + default:32} {method['outcome']}")


async def compare(it: Served, targets: list[dict[str, Any]]) -> None:
    """Compare every outcome with what is really registered in the simulated tenants."""
    async with httpx.AsyncClient(base_url=it.graph_url, timeout=30) as graph:
        for target in targets:
            state = (await graph.get(f"/simulator/state/{target['tenantId']}/{target['userId']}")).json()
            usable = {method["id"] for method in state["methods"] if method.get("usable", True)}
            for method in target["methods"]:
                claims = method["outcome"] in GONE
                must(
                    claims != (method["id"] in usable),
                    f"{target['userPrincipalName']}: {method['label']} is not as reported",
                )
    print("   Every outcome agrees with what the tenants really hold.")


async def get(http: httpx.AsyncClient, path: str) -> dict[str, Any]:
    response = await http.get(path)
    must(response.status_code == 200, f"GET {path} got {response.status_code}")
    body: dict[str, Any] = response.json()
    return body


async def post(http: httpx.AsyncClient, path: str, body: Mapping[str, Any], status: int = 202) -> dict[str, Any]:
    response = await http.post(path, json=body)
    must(response.status_code == status, f"POST {path} got {response.status_code}: {response.text}")
    answer: dict[str, Any] = response.json()
    return answer


def counts(shown: Mapping[str, Any]) -> str:
    return ", ".join(f"{count} {name}" for name, count in shown["totals"].items() if count and name != "targets")


def say(title: str, text: str) -> None:
    print(f"\n{title}\n   {text}", flush=True)


def must(condition: object, what: str) -> None:
    if not condition:
        raise DemoError(what)
