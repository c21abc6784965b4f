"""The story `vishing`: a caller who is not the user asks for a reset of her methods, and is refused."""

from datetime import UTC, datetime
from typing import Any

import httpx

from localhost.commands.serve import Served
from localhost.commands.stories.steps import (
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
from localhost.commands.stories.verification import answer_on_page, post_proof, wait_for_targets

MEGAN, DIEGO, TENANT = "megan@contoso.com", "diego@contoso.com", "11111111-1111-1111-1111-111111111111"
POLICY = """
[verification]
required = "always"
accept = ["externalProof", "managerAttestation"]
[verification.services.idproof]
secret = "env:IDPROOF_SECRET"
"""


async def _run(it: Served, http: httpx.AsyncClient) -> None:
    request_id = await _ask(http)
    await _replay(http, request_id)
    await _ask_manager(it, http, request_id)
    await _prove_other(http, request_id)
    shown = await wait_for_approval_mails(http, request_id)
    say("5. The plan is sealed", f"with the evidence in its digest {shown['planDigest'][:16]}…; the owner is asked now")
    async with httpx.AsyncClient(timeout=30) as browser:
        links = await approval_links(it, browser)
        await decide(browser, it.host.base_url, "owner@contoso.com", links["owner@contoso.com"])
    await watch(http, request_id)
    targets = [target async for target in all_targets(http, request_id)]
    say("6. The outcome", "per user, with who showed what:")
    for target in targets:
        print_target(target)
        _print_proof(target)
    await compare(it, targets)
    outcomes = {target["userPrincipalName"]: (target["outcome"], target["reason"]) for target in targets}
    must(outcomes == {MEGAN: ("refused", "unverified"), DIEGO: ("reset", "")}, f"the outcomes are {outcomes}")
    audit = (await get(http, f"/api/reset-requests/{request_id}/audit"))["value"]
    say("7. The audit", "says who refused it, and why:")
    for event in audit:
        if event["event"] in {"evidenceRefused", "evidenceRecorded", "verificationDenied"}:
            why = event["data"].get("reason") or event["data"].get("kind") or "they did not ask for it"
            print(f"     {event['event']:20} {event['actor']:28} {why}")
    say("Done", "The caller got nothing: no method of Megan's was touched, and no approver was asked to remove any.")


async def _ask(http: httpx.AsyncClient) -> str:
    say("1. The phone rings", "a caller says she is Megan, lost her phone, and needs a reset now. The desk enters it,")
    print("   with one for Diego, who really lost his:")
    body = {
        "targets": [{"customer": "contoso", "users": [MEGAN, DIEGO]}],
        "reason": "Lost phone, meeting with the board in ten minutes",
        "ticket": "INC0012399",
        "requester": "tech@msp.example",
    }
    request_id = str((await post(http, "/api/reset-requests", body))["id"])
    await wait_for_targets(http, request_id, lambda t: all(each["verification"] for each in t))
    shown = await get(http, f"/api/reset-requests/{request_id}")
    must(shown["status"] == "planning", f"the request is {shown['status']}")
    must(not shown["approval"]["approvers"], "an approver was asked already")
    print(f"     request {request_id} waits for proof of both; no approver is asked yet.")
    return request_id


async def _replay(http: httpx.AsyncClient, request_id: str) -> None:
    say("2. The caller tries", "proofs of the verification service that are not Megan's, or not signed by it:")
    now = datetime.now(UTC)
    other = await post_proof(http, request_id, "alex@contoso.com", now)
    print(f"     of another user: {other.status_code} {_reason(other)}")
    must((other.status_code, _reason(other)) == (422, "otherUser"), "a proof of another user was not refused")
    forged = await post_proof(http, request_id, MEGAN, now, tamper=True)
    print(f"     changed on the way: {forged.status_code}")
    must(forged.status_code == 401, "a proof that was changed was not refused")
    old = await post_proof(http, request_id, MEGAN, datetime(2026, 1, 1, tzinfo=UTC))
    print(f"     of last winter: {old.status_code} {_reason(old)}")
    must((old.status_code, _reason(old)) == (422, "stale"), "a stale proof was not refused")


async def _ask_manager(it: Served, http: httpx.AsyncClient, request_id: str) -> None:
    megan, _ = await wait_for_targets(http, request_id, lambda t: all(each["verification"]["invitation"] for each in t))
    name = megan["verification"]["invitation"]["name"]
    say("3. Megan's manager is asked", f"{name} gets a mail, reaches Megan on her own number: she did not ask.")
    async with httpx.AsyncClient(timeout=30) as browser:
        mails = (await browser.get(f"{it.graph_url}/mailbox.json")).json()["value"]
        links = [link for mail in mails if "Megan" in mail["subject"] for link in mail["links"]]
        link = next(link for link in links if "/api/attestations?token=" in link)
        page = await browser.get(link)
        must("Did <bdi>Megan" in page.text, "the page does not ask about Megan")
        answer = await answer_on_page(it, browser, link, "notTheUser")
        must(answer.status_code == 200, f"the answer got {answer.status_code}")
    print(f"   {name} opens the page and answers: they did not ask for it. Megan's reset is refused at once.")


async def _prove_other(http: httpx.AsyncClient, request_id: str) -> None:
    say("4. Diego proves who he is", "the verification service posts its signed result:")
    proved = await post_proof(http, request_id, DIEGO, datetime.now(UTC))
    must(proved.status_code == 200, f"the proof got {proved.status_code}: {proved.text}")
    replayed = await post_proof(http, request_id, DIEGO, datetime.now(UTC), delivery="msg_replayed")
    print(f"     200; the same proof once more, as another delivery: {replayed.status_code} {_reason(replayed)}")
    must((replayed.status_code, _reason(replayed)) == (409, "replayed"), "a replayed proof was not refused")


def _print_proof(target: dict[str, Any]) -> None:
    evidence = target["verification"]["evidence"]
    said = f"{evidence['by']}: {evidence['detail']}" if evidence else target["detail"]
    print(f"       {target['verification']['state']:24} {said}")


def _reason(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


VISHING_STORY = Story("a caller who is not the user: refused, by whom and why", _run, POLICY, ("IDPROOF_SECRET",))
