"""The story `compromised`: accounts in the hands of somebody else are blocked at once, emptied once approved, and unblocked by evidence."""

from collections.abc import Mapping
from datetime import UTC, datetime
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
    must,
    post,
    print_target,
    say,
    wait_for_approval_mails,
    watch,
)
from localhost.commands.stories.verification import post_proof, wait_for_targets

LEE, NESTOR, PATTI, BREAKGLASS = (f"{name}@contoso.com" for name in ("lee", "nestor", "patti", "breakglass"))
POLICY = """
[verification]
accept = ["externalProof"]
[verification.services.idproof]
secret = "env:IDPROOF_SECRET"
[profiles.compromised]
containFirst = true
confirmRisk = true
unblock = "verified"
"""


async def _run(it: Served, http: httpx.AsyncClient) -> None:
    say(
        "1. An alarm", "tokens of Lee and Nestor are used from two countries. The operator asks for a containment, with"
    )
    print("   Patti, whose account is disabled already, and the break-glass account, by mistake:")
    body = {
        "profile": "compromised",
        "targets": [{"customer": "contoso", "users": [LEE, NESTOR, PATTI, BREAKGLASS]}],
        "reason": "Token theft",
        "ticket": "SOC-7",
        "requester": "tech@msp.example",
    }
    request_id = str((await post(http, "/api/reset-requests", body))["id"])
    await wait_for_approval_mails(http, request_id)
    say("2. Before anybody approves", "sign-in is blocked and sessions have ended; nothing is removed yet:")
    targets = await _targets(http, request_id)
    for target in targets.values():
        _print_actions(target)
    must(await _enabled(it, targets[LEE]) is False, "Lee can still sign in")
    must(await _enabled(it, targets[BREAKGLASS]) is True, "the break-glass account was blocked")
    async with httpx.AsyncClient(timeout=30) as browser:
        links = await approval_links(it, browser)
        say("3. The approver", "reads on the page that this was done, and that a denial takes it back:")
        await decide(browser, it.host.base_url, "owner@contoso.com", links["owner@contoso.com"])
    await watch(http, request_id)
    targets = await _targets(http, request_id)
    say("4. Everything is removed", "passkeys, Windows Hello, platform and external methods too; the password stays:")
    for target in targets.values():
        print_target(target)
    await compare(it, list(targets.values()))
    must(all(targets[name]["outcome"] == "reset" for name in (LEE, NESTOR, PATTI)), "not all were reset")

    say("5. Who calls now?", "a caller says he is Lee. Without evidence he is not unblocked:")
    left = await post(http, f"/api/reset-requests/{request_id}/unblock", {"operator": "second@msp.example"})
    must(left["asked"] == 0, "a user was unblocked without evidence")
    print("     no user was unblocked")
    say("6. Lee proves who he is", "the verification service posts its signed result, and he is unblocked at once:")
    await _prove(http, request_id, LEE)
    targets = await _settled(http, request_id)
    must(await _enabled(it, targets[LEE]) is True, "Lee is still blocked")
    for target in targets.values():
        _print_actions(target)
    must(await _enabled(it, targets[NESTOR]) is False, "Nestor is unblocked")
    must(
        await _enabled(it, targets[PATTI]) is False, "Patti was enabled, and it was not this service that disabled her"
    )
    say("Done", "Lee can sign in and registers again; Nestor stays blocked until he is back, and Patti as she was.")


async def _targets(http: httpx.AsyncClient, request_id: str) -> dict[str, dict[str, Any]]:
    return {target["userPrincipalName"]: target async for target in all_targets(http, request_id)}


async def _settled(http: httpx.AsyncClient, request_id: str) -> dict[str, dict[str, Any]]:
    def unblocked(targets: list[dict[str, Any]]) -> bool:
        (lee,) = (target for target in targets if target["userPrincipalName"] == LEE)
        action = lee["containment"]["unblocked"]
        return bool(action) and action["outcome"] == "done"

    # A call to Graph that was cut is made again after a minute at most.
    targets = await wait_for_targets(http, request_id, unblocked, 2 * LIMIT)
    return {target["userPrincipalName"]: target for target in targets}


def _print_actions(target: Mapping[str, Any]) -> None:
    print(f"     {target['userPrincipalName']}")
    for name, action in (target["containment"] or {}).items():
        if isinstance(action, dict):
            why = f" ({action['reason']})" if action["reason"] else ""
            print(f"       {name:24} {action['outcome']}{why}")


async def _enabled(it: Served, target: Mapping[str, Any]) -> bool:
    """Return whether the simulated tenant lets the user sign in."""
    async with httpx.AsyncClient(base_url=it.graph_url, timeout=30) as graph:
        state = (await graph.get(f"/simulator/state/{target['tenantId']}/{target['userId']}")).json()
    return bool(state["accountEnabled"])


async def _prove(http: httpx.AsyncClient, request_id: str, user: str) -> None:
    answer = await post_proof(http, request_id, user, datetime.now(UTC))
    must(answer.status_code == 200, f"the proof got {answer.status_code}: {answer.text}")
    print(f"     200 for request {request_id}")


COMPROMISED_STORY = Story(
    "compromised accounts: blocked first, emptied once approved, unblocked by evidence",
    _run,
    POLICY,
    ("IDPROOF_SECRET",),
)
