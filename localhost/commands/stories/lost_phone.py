"""The story `lost-phone`: a user who cannot register without help is verified, reset, let in by a pass, and registers again."""

import asyncio
import re
from typing import Any

import httpx

from localhost.commands.serve import Served
from localhost.commands.stories.steps import (
    LIMIT,
    Story,
    all_targets,
    approval_links,
    compare,
    decide,
    get,
    must,
    post,
    print_target,
    say,
    wait_for_approval_mails,
    watch,
)
from localhost.commands.stories.verification import answer_on_page, wait_for_targets

MEGAN, TENANT = "megan@contoso.com", "11111111-1111-1111-1111-111111111111"
POLICY = """
[verification]
required = "always"
accept = ["managerAttestation"]
[bootstrap]
accessPass = "offer"
lifetime = "1h"
"""
# What Contoso consented to: the narrow set for the application that resets, and one permission for the one that makes passes.
NARROW = (
    "AuditLog.Read.All",
    "GroupMember.Read.All",
    "Policy.Read.All",
    "PrivilegedEligibilitySchedule.Read.AzureADGroup",
    "RoleManagement.Read.Directory",
    "User.Read.All",
    "User.RevokeSessions.All",
    "UserAuthenticationMethod.Read.All",
    "UserAuthMethod-MicrosoftAuthApp.ReadWrite.All",
    "UserAuthMethod-Phone.ReadWrite.All",
    "UserAuthMethod-SoftwareOATH.ReadWrite.All",
)
PASSES = ("UserAuthMethod-TAP.ReadWrite.All",)
_PASS = re.compile(r'<output class="pass"><code>([^<]+)</code>')


async def _run(it: Served, http: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(timeout=30) as browser:
        await _prepare(it, browser)
        request_id = await _ask(http)
        link = await _verify(it, http, browser, request_id)
        await _approve(it, http, browser, request_id)
        target = await _reset(it, http, request_id)
        await _steal(it, browser, target)
        text = await _open(it, http, browser, link, request_id)
        await _register(it, http, browser, target)
        await _look_for(http, browser, it, request_id, text)
    say("Done", "Verified by her manager, approved by the owner, reset, let in by a pass, registered again.")


async def _prepare(it: Served, browser: httpx.AsyncClient) -> None:
    must(it.simulated, "this story changes the tenant, so it needs the bundled simulator")
    say("1. Contoso", "lets people register only from trusted places, and gives two applications their permissions:")
    granted = {it.settings["GRAPH_CLIENT_ID"]: NARROW, it.settings["GRAPH_BOOTSTRAP_CLIENT_ID"]: PASSES}
    rules = {"enforces": "conditionalAccess", "registering": "blocked", "grantedTo": granted}
    answer = await browser.post(f"{it.graph_url}/simulator/tenants/contoso", json=rules)
    must(answer.status_code == 200, f"the simulator answered {answer.status_code}: {answer.text}")
    print(f"     the one that resets: {len(NARROW)} narrow ones; the one that makes passes: {PASSES[0]}")


async def _ask(http: httpx.AsyncClient) -> str:
    say("2. Megan lost her phone", "and is on the train. Her desk asks for a reset:")
    body = {
        "targets": [{"customer": "contoso", "users": [MEGAN]}],
        "reason": "Lost her phone on the train",
        "ticket": "INC0012401",
        "requester": "tech@msp.example",
    }
    request_id = str((await post(http, "/api/reset-requests", body))["id"])
    target = await _wait(http, request_id)
    offered = target["accessPass"]
    must(target["forecast"] == "cannotRegister", f"the forecast is {target['forecast']}")
    must(offered and offered["state"] == "offered", f"the plan offers {offered}")
    print(f"     forecast {target['forecast']}, so the plan offers a pass of {offered['lifetimeMinutes']} minutes.")
    return request_id


async def _verify(it: Served, http: httpx.AsyncClient, browser: httpx.AsyncClient, request_id: str) -> str:
    target = await _wait(http, request_id, invited=True)
    name = target["verification"]["invitation"]["name"]
    mails = (await browser.get(f"{it.graph_url}/mailbox.json")).json()["value"]
    link = next(link for mail in mails for link in mail["links"] if "/api/attestations?token=" in link)
    answer = await answer_on_page(it, browser, link, "spoken")
    must(answer.status_code == 200, f"the answer got {answer.status_code}")
    say("3. Verified", f"her manager {name} has spoken to her, and says so on the page.")
    return str(link)


async def _approve(it: Served, http: httpx.AsyncClient, browser: httpx.AsyncClient, request_id: str) -> None:
    shown = await wait_for_approval_mails(http, request_id)
    say("4. Approved", f"plan digest {shown['planDigest'][:16]}… covers the pass, and the page says so:")
    link = (await approval_links(it, browser))["owner@contoso.com"]
    page = (await browser.get(link)).text
    must("A Temporary Access Pass is offered after the reset" in page, "the page does not name the pass")
    await decide(browser, it.host.base_url, "owner@contoso.com", link)


async def _reset(it: Served, http: httpx.AsyncClient, request_id: str) -> dict[str, Any]:
    say("5. Reset", "removed, and read again:")
    await watch(http, request_id)
    targets = [target async for target in all_targets(http, request_id)]
    for target in targets:
        print_target(target)
    await compare(it, targets)
    must(targets[0]["outcome"] == "reset", f"the outcome is {targets[0]['outcome']}")
    return targets[0]


async def _steal(it: Served, browser: httpx.AsyncClient, target: dict[str, Any]) -> None:
    """Try to make a pass with the credential of the application that resets."""
    form = {
        "client_id": it.settings["GRAPH_CLIENT_ID"],
        "client_secret": it.settings["GRAPH_CLIENT_SECRET"],
        "grant_type": "client_credentials",
        "scope": f"{it.graph_url}/.default",
    }
    token = (await browser.post(f"{it.graph_url}/{TENANT}/oauth2/v2.0/token", data=form)).json()["access_token"]
    address = f"{it.graph_url}/v1.0/users/{target['userId']}/authentication/temporaryAccessPassMethods"
    headers = {"Authorization": f"Bearer {token}"}
    refused = await browser.post(address, json={"lifetimeInMinutes": 60}, headers=headers)
    must(refused.status_code == 403, f"the stolen credential got {refused.status_code}")
    say(
        "6. A thief",
        f"with the credential of the application that resets asks Graph for a pass: {refused.status_code}.",
    )


async def _open(it: Served, http: httpx.AsyncClient, browser: httpx.AsyncClient, link: str, request_id: str) -> str:
    say("7. A way back in", "her manager opens the same link again. A mail scanner that follows it gets nothing;")
    must(not _PASS.search((await browser.get(link)).text), "opening the page made a pass")
    async with asyncio.timeout(LIMIT):
        # A call to Graph that was cut makes no pass, and the page says so: a person presses again.
        while (found := _PASS.search((shown := await answer_on_page(it, browser, link, "accessPass")).text)) is None:
            must(shown.status_code == 409, f"the button got {shown.status_code}")
            await asyncio.sleep(1)
    text = found[1]
    print(f"     the button makes the pass and shows it: {text[:2]}{'•' * (len(text) - 2)}")
    again = await answer_on_page(it, browser, link, "accessPass")
    must(again.status_code == 409 and text not in again.text, f"the pass was shown again: {again.status_code}")
    target = await _wait(http, request_id)
    must(target["accessPass"]["state"] == "shown", f"the record says {target['accessPass']}")
    print(
        f"     pressed again: {again.status_code}. The record says: shown to {target['accessPass']['by']}, and not what."
    )
    return text


async def _register(it: Served, http: httpx.AsyncClient, browser: httpx.AsyncClient, target: dict[str, Any]) -> None:
    address = f"{it.graph_url}/simulator/state/{TENANT}/{target['userId']}/methods"
    made = await browser.post(address, json={"kind": "fido2"})
    must(made.status_code == 201, f"the simulator answered {made.status_code}: {made.text}")
    user = await get(http, f"/api/customers/contoso/users/{target['userId']}")
    kinds = [method["type"] for method in user["methods"]]
    must("fido2" in kinds and "phone" not in kinds, f"she has {kinds}")
    say("8. Registered again", f"Megan signs in with it and registers a passkey: {', '.join(kinds)}.")


async def _look_for(
    http: httpx.AsyncClient, browser: httpx.AsyncClient, it: Served, request_id: str, text: str
) -> None:
    audit = await get(http, f"/api/reset-requests/{request_id}/audit?limit=200")
    events = [each for each in audit["value"] if each["event"] == "accessPassShown"]
    must(len(events) == 1, f"the audit has {len(events)} events of it")
    mails = (await browser.get(f"{it.graph_url}/mailbox.json")).text
    kept = b"".join(path.read_bytes() for path in it.data.path.rglob("*") if path.is_file())
    must(text not in str(audit) and text not in mails and text.encode() not in kept, "the pass was kept somewhere")
    say("9. The audit", f"{events[0]['event']} by {events[0]['actor']}; the pass itself is in no record, mail or file.")


async def _wait(http: httpx.AsyncClient, request_id: str, *, invited: bool = False) -> dict[str, Any]:
    """Return the one target once it is planned, and its manager was asked where `invited`."""

    def ready(targets: list[dict[str, Any]]) -> bool:
        found = [target["verification"] for target in targets]
        return bool(found) and all(each and (each["invitation"] or not invited) for each in found)

    (target,) = await wait_for_targets(http, request_id, ready)
    return target


LOST_PHONE_STORY = Story("a lost phone: verified, reset, let in by a pass, registered again", _run, POLICY)
