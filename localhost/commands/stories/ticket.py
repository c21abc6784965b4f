"""The story `ticket`: one signed ticket for seven users of three customers, approved, reset and compared."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from standardwebhooks import Webhook

from localhost.commands.serve import Served
from localhost.commands.stories.steps import (
    Story,
    all_targets,
    approval_links,
    compare,
    counts,
    decide,
    get,
    must,
    print_target,
    say,
    wait_for_approval_mails,
    watch,
)

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


async def _run(it: Served, http: httpx.AsyncClient) -> None:
    request_id = await _send_ticket(it, http)
    await wait_for_approval_mails(http, request_id)
    await _approve(it, http, request_id)
    say("4. The reset", "user by user, the default method last, read again before anything is called gone:")
    ended = await watch(http, request_id)
    targets = [target async for target in all_targets(http, request_id)]
    _print_outcomes(targets)
    await compare(it, targets)
    audit = (await get(http, f"/api/reset-requests/{request_id}/audit"))["value"]
    say(
        "6. The audit",
        f"{len(audit)} events, each with the hash of the one before; the last is {audit[-1]['hash'][:16]}…",
    )
    say("Done", f"{ended['status']}: {counts(ended)}. The refused account was never touched.")


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
    say("1. A ticket arrives", f"{len(users)} users of {len(TICKET)} customers, signed with Standard Webhooks:")
    for names in TICKET.values():
        for name, what in names.items():
            print(f"     {name:28} {what}")
    forged = await http.post("/api/webhooks/helpdesk", content=body + " ", headers=headers)
    must(forged.status_code == 401, f"a changed delivery got {forged.status_code}, not 401")
    response = await http.post("/api/webhooks/helpdesk", content=body, headers=headers)
    must(response.status_code == 202, f"the delivery got {response.status_code}: {response.text}")
    again = await http.post("/api/webhooks/helpdesk", content=body, headers=headers)
    same = again.status_code == 200 and again.json()["id"] == response.json()["id"]
    must(same, "the repeated delivery made another request")
    request_id = str(response.json()["id"])
    print(f"   Changed on the way: 401. As signed: 202, request {request_id}. Sent again: 200, the same request.")
    return request_id


async def _approve(it: Served, http: httpx.AsyncClient, request_id: str) -> None:
    shown = await get(http, f"/api/reset-requests/{request_id}")
    say("2. The plan is made, nothing is touched", f"plan digest {shown['planDigest'][:16]}…, {counts(shown)}")
    async with httpx.AsyncClient(timeout=30) as browser:
        links = await approval_links(it, browser)
        say("3. Approvers get a mail", "each customer is decided by its own approvers:")
        needed: set[str] = set()
        for entry in shown["approval"]["approvers"]:
            must(entry["approver"] in links, f"no mail with a link came for {entry['approver']}")
            print(f"     {entry['approver']:28} {', '.join(entry['customers']):20} {links[entry['approver']][:70]}…")
        for entry in shown["approval"]["approvers"]:
            if set(entry["customers"]) <= needed:
                continue
            needed |= set(entry["customers"])
            await decide(browser, it.host.base_url, entry["approver"], links[entry["approver"]])


def _print_outcomes(targets: list[dict[str, Any]]) -> None:
    say("5. The outcome", "per user and method:")
    for target in targets:
        print_target(target)
        name = target["userPrincipalName"]
        wanted = EXPECTED.get(name, "reset")
        must(target["outcome"] == wanted, f"{name} is {target['outcome']} and should be {wanted}")


TICKET_STORY = Story("a signed ticket to verified outcomes", _run)
