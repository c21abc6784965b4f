"""`python -m localhost demo`: one request on this machine, from a signed ticket to verified outcomes, printed step by step."""

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from standardwebhooks import Webhook

from localhost.commands.serve import Served, ServeOptions, served
from localhost.errors import LocalHostError

# The users in the ticket: each shows something else. The simulator's seeds say what they have registered.
TICKET: Mapping[str, Mapping[str, str]] = {
    "contoso": {
        "adele@contoso.com": "three methods, Authenticator is the default",
        "diego@contoso.com": "the alternate mobile is the default",
        "isaiah@contoso.com": "a hardware token: deactivated, not deleted",
        "breakglass@contoso.com": "protected by the policy: must be refused",
    },
    "fabrikam": {"alex@fabrikam.com": "mobile and Authenticator", "miriam@fabrikam.com": "an office phone"},
    "tailspin": {"lynne@tailspin.com": "has nothing registered"},
}
EXPECTED = {"breakglass@contoso.com": "refused", "lynne@tailspin.com": "alreadyClear"}  # all others: reset
GONE = {"deleted", "deactivated", "alreadyGone"}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_LIMIT = 60.0  # seconds for one step; on this machine each takes a few


class DemoError(LocalHostError):
    """A step did not do what it should show."""

    reason = "demoFailed"


async def demo(options: ServeOptions) -> int:
    """Run the demo in a data directory of its own; exit code 0. Raises: DemoError when a step failed."""
    with tempfile.TemporaryDirectory(prefix="mfa-reset-demo-") as data:
        async with (
            asyncio.timeout(4 * _LIMIT),
            served(replace(options, data=Path(data), port=0)) as it,
            httpx.AsyncClient(base_url=it.host.base_url, timeout=30) as http,
        ):
            await _run(it, http)
    return 0


async def _run(it: Served, http: httpx.AsyncClient) -> None:
    http.headers["x-functions-key"] = it.host.key
    request_id = await _send_ticket(it, http)
    await _wait_for_approval_mails(http, request_id)
    await _approve(it, http, request_id)
    ended = await _watch(http, request_id)
    targets = [target async for target in _targets(http, request_id)]
    _print_outcomes(targets)
    await _compare(it, targets)
    audit = (await _get(http, f"/api/reset-requests/{request_id}/audit"))["value"]
    _say(
        "6. The audit",
        f"{len(audit)} events, each with the hash of the one before; the last is {audit[-1]['hash'][:16]}…",
    )
    _say("Done", f"{ended['status']}: {_counts(ended)}. The refused account was never touched.")


async def _send_ticket(it: Served, http: httpx.AsyncClient) -> str:
    users = [{"organization": key, "email": name} for key, names in TICKET.items() for name in names]
    ticket = {
        "id": "INC0012345",
        "subject": "Phones lost on the train",
        "agent": {"email": "tech@msp.example"},
        "users": users,
    }
    body = json.dumps({"ticket": ticket})
    delivery, now = f"msg_{uuid4().hex}", datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": delivery,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(it.settings["HELPDESK_SECRET"]).sign(delivery, now, body),
    }
    _say("1. A ticket arrives", f"{len(users)} users of {len(TICKET)} customers, signed with Standard Webhooks:")
    for names in TICKET.values():
        for name, what in names.items():
            print(f"     {name:28} {what}")
    forged = await http.post("/api/webhooks/helpdesk", content=body + " ", headers=headers)
    _must(forged.status_code == 401, f"a changed delivery got {forged.status_code}, not 401")
    response = await http.post("/api/webhooks/helpdesk", content=body, headers=headers)
    _must(response.status_code == 202, f"the delivery got {response.status_code}: {response.text}")
    again = await http.post("/api/webhooks/helpdesk", content=body, headers=headers)
    same = again.status_code == 200 and again.json()["id"] == response.json()["id"]
    _must(same, "the repeated delivery made another request")
    request_id = str(response.json()["id"])
    print(f"   Changed on the way: 401. As signed: 202, request {request_id}. Sent again: 200, the same request.")
    return request_id


async def _approve(it: Served, http: httpx.AsyncClient, request_id: str) -> None:
    shown = await _get(http, f"/api/reset-requests/{request_id}")
    _say("2. The plan is made, nothing is touched", f"plan digest {shown['planDigest'][:16]}…, {_counts(shown)}")
    async with httpx.AsyncClient(timeout=30) as browser:
        mails = (await browser.get(f"{it.graph_url}/mailbox.json")).json()["value"]
        links = {mail["to"][0]: link for mail in mails for link in mail["links"] if "/api/approvals?token=" in link}
        _say("3. Approvers get a mail", "each customer is decided by its own approvers:")
        needed: set[str] = set()
        for entry in shown["approval"]["approvers"]:
            _must(entry["approver"] in links, f"no mail with a link came for {entry['approver']}")
            print(f"     {entry['approver']:28} {', '.join(entry['customers']):20} {links[entry['approver']][:70]}…")
        for entry in shown["approval"]["approvers"]:
            if set(entry["customers"]) <= needed:
                continue
            needed |= set(entry["customers"])
            await _decide(browser, it.host.base_url, entry["approver"], links[entry["approver"]])


async def _decide(browser: httpx.AsyncClient, origin: str, approver: str, link: str) -> None:
    """Open the link and post the page's form, as a browser does."""
    page = await browser.get(link)
    _must(page.status_code == 200, f"the approval page got {page.status_code}")
    form = dict(_HIDDEN.findall(page.text)) | {"decision": "approve", "comment": "Called back on the known number."}
    response = await browser.post(link, data=form, headers={"Origin": origin})
    _must(response.status_code == 200, f"the decision got {response.status_code}")
    print(f"   {approver} opens the page and approves.")


async def _watch(http: httpx.AsyncClient, request_id: str) -> dict[str, Any]:
    _say("4. The reset", "user by user, the default method last, read again before anything is called gone:")
    seen = ""
    async with asyncio.timeout(_LIMIT):
        while True:
            shown = await _get(http, f"/api/reset-requests/{request_id}")
            line = f"     {shown['status']:20} {_counts(shown)}"
            if line != seen:
                print(line, flush=True)
                seen = line
            if shown["endedAt"]:
                return shown
            await asyncio.sleep(0.1)


async def _wait_for_approval_mails(http: httpx.AsyncClient, request_id: str) -> None:
    """Wait until the plan is made and every approver's mail was sent."""
    async with asyncio.timeout(_LIMIT):
        while True:
            shown = await _get(http, f"/api/reset-requests/{request_id}")
            _must(shown["endedAt"] is None, f"the request ended early: {shown['status']} {shown['detail']}")
            if shown["approval"]["approvers"] and all(
                entry["mail"] == "sent" for entry in shown["approval"]["approvers"]
            ):
                return
            await asyncio.sleep(0.1)


async def _targets(http: httpx.AsyncClient, request_id: str) -> AsyncIterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = await _get(http, f"/api/reset-requests/{request_id}/targets?cursor={cursor}")
        for target in page["value"]:
            yield target
        cursor = page["cursor"]


def _print_outcomes(targets: list[dict[str, Any]]) -> None:
    _say("5. The outcome", "per user and method:")
    for target in targets:
        name = target["userPrincipalName"]
        why = f" ({target['reason']})" if target["reason"] else ""
        revoked = ", sessions revoked" if target["sessionsRevoked"] else ""
        print(f"     {name:28} {target['outcome']}{why}{revoked}")
        for method in target["methods"]:
            default = " (default)" if method["isDefault"] else ""
            print(f"       {method['type']:24} {method['label'] + default:32} {method['outcome']}")
        wanted = EXPECTED.get(name, "reset")
        _must(target["outcome"] == wanted, f"{name} is {target['outcome']} and should be {wanted}")


async def _compare(it: Served, targets: list[dict[str, Any]]) -> None:
    """Compare every outcome with what is really registered in the simulated tenants."""
    async with httpx.AsyncClient(base_url=it.graph_url, timeout=30) as graph:
        for target in targets:
            state = (await graph.get(f"/simulator/state/{target['tenantId']}/{target['userId']}")).json()
            usable = {method["id"] for method in state["methods"] if method.get("usable", True)}
            for method in target["methods"]:
                claims = method["outcome"] in GONE
                _must(
                    claims != (method["id"] in usable),
                    f"{target['userPrincipalName']}: {method['label']} is not as reported",
                )
    print("   Every outcome agrees with what the tenants really hold.")


async def _get(http: httpx.AsyncClient, path: str) -> dict[str, Any]:
    response = await http.get(path)
    _must(response.status_code == 200, f"GET {path} got {response.status_code}")
    body: dict[str, Any] = response.json()
    return body


def _counts(shown: Mapping[str, Any]) -> str:
    return ", ".join(f"{count} {name}" for name, count in shown["totals"].items() if count and name != "targets")


def _say(title: str, text: str) -> None:
    print(f"\n{title}\n   {text}", flush=True)


def _must(condition: object, what: str) -> None:
    if not condition:
        raise DemoError(what)
