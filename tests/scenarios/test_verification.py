"""Caller verification: a request waits for evidence of its users before it is sealed, and goes on without those who have none."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.ingress.signatures import sign_standard
from domain.model import iso
from tests.receiver import policy_with
from tests.system import System, system
from use_cases import record_evidence

SECRET = "whsec_UHJvb2ZzIG9mIGEgdmVyaWZpY2F0aW9uIHNlcnZpY2UhIQ=="
ADELE, ALEX, GRADY = "adele@contoso.com", "alex@fabrikam.com", "grady@contoso.com"
POLICY = """
[verification]
required = "always"
accept = ["externalProof", "callback"]
[verification.services.idproof]
secret = "env:IDPROOF_SECRET"
"""


def verifying(tmp_path: Path, more: str = POLICY) -> Any:
    return system(tmp_path, policy=policy_with(tmp_path, more), settings={"IDPROOF_SECRET": SECRET})


async def prove(
    it: System, request_id: str, user: str, status: int = 200, *, delivery: str = "msg_1", **fields: str
) -> httpx.Response:
    """Post a signed result of the verification service."""
    body = {
        "id": "proof-1",
        "request": request_id,
        "user": user,
        "method": "passport and selfie",
        "result": "verified",
        "verifiedAt": iso(it.services.now()),
    } | fields
    raw = json.dumps(body).encode()
    headers = sign_standard(SECRET, delivery, it.services.now(), raw)
    answer = await it.http.post("/api/verification/proofs/idproof", content=raw, headers=headers)
    assert answer.status_code == status, answer.text
    await it.host.idle()
    return answer


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["type"].rpartition(":")[2])


async def call_back(it: System, request_id: str, target: int, status: int = 200, **body: str) -> Any:
    path = f"/api/reset-requests/{request_id}/targets/{target}/verification"
    given = {"number": "+1 425 555 0112", "operator": "second@msp.example"} | body
    answer = await it.call("POST", path, status, json=given)
    await it.host.idle()
    return answer


def events(audit: list[dict[str, Any]], *names: str) -> Iterator[dict[str, Any]]:
    return (event for event in audit if event["event"] in names)


@pytest.mark.azure_storage
async def test_approvers_are_asked_when_every_user_is_verified(tmp_path: Path) -> None:
    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE], fabrikam=[ALEX])
        shown = await it.shown(request["id"])
        assert (shown["status"], shown["planDigest"]) == ("planning", None)
        assert shown["verification"]["endedAt"] is None
        assert it.links(request["id"]) == {}
        adele, _ = await it.targets(request["id"])
        assert adele["verification"]["state"] == "waiting"
        assert adele["verification"]["accept"] == ["externalProof", "callback"]

        await prove(it, request["id"], ADELE)
        assert it.links(request["id"]) == {}
        await call_back(it, request["id"], 1)
        shown = await it.shown(request["id"])
        assert shown["status"] == "awaitingApproval"
        assert shown["verification"]["endedAt"]
        adele, alex = await it.targets(request["id"])
        assert adele["verification"]["evidence"]["by"] == "idproof"
        assert alex["verification"]["evidence"]["detail"].startswith("Called back on the number on file, •••12")

        await it.approve(request["id"])
        assert (await it.shown(request["id"]))["status"] == "completed"
        audit = await it.audit(request["id"])
        recorded = list(events(audit, "evidenceRecorded"))
        assert [(event["actor"], event["data"]["kind"]) for event in recorded] == [
            ("idproof", "externalProof"),
            ("second@msp.example", "callback"),
        ]
        assert [event["event"] for event in events(audit, "verificationAsked", "verificationEnded", "planned")] == [
            "verificationAsked",
            "verificationEnded",
            "planned",
        ]


async def test_who_is_not_verified_is_refused_and_the_others_go_on(tmp_path: Path) -> None:
    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE], fabrikam=[ALEX])
        await prove(it, request["id"], ADELE)
        await it.advance(hours=4, minutes=1)
        # Adele's own evidence is too old by now ([verification] maxAge), so nobody is left.
        assert [t["reason"] for t in await it.targets(request["id"])] == ["unverified", "unverified"]
        assert (await it.shown(request["id"]))["status"] == "failed"

        request = await it.ask(contoso=[ADELE], fabrikam=[ALEX])
        await it.advance(hours=3)
        await prove(it, request["id"], ADELE)
        await it.advance(hours=1, minutes=1)
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        await it.approve(request["id"])
        adele, alex = await it.targets(request["id"])
        assert (adele["outcome"], alex["outcome"], alex["reason"]) == ("reset", "refused", "unverified")
        assert alex["verification"]["state"] == "missing"
        removed = it.world.calls.matching(verb="DELETE")
        assert removed
        assert all(it.world.user("fabrikam", ALEX).id not in call.path for call in removed)


async def test_a_policy_may_ask_for_more_approval_instead(tmp_path: Path) -> None:
    more = POLICY.replace('required = "always"', 'required = "always"\notherwise = "stepUp"')
    async with verifying(tmp_path, more) as it:
        request = await it.ask(contoso=[ADELE])
        await it.advance(hours=4, minutes=1)
        shown = await it.shown(request["id"])
        assert (shown["status"], shown["approval"]["stepUp"], shown["approval"]["quorum"]) == (
            "awaitingApproval",
            True,
            2,
        )
        (target,) = await it.targets(request["id"])
        assert (target["outcome"], target["verification"]["state"]) == ("pending", "missing")
        page = (await it.http.get(it.links(request["id"])["owner@contoso.com"])).text
        assert "It includes users of whom nothing shows that they ask for it themselves." in page
        assert "Not verified: nothing shows that this user asks for it" in page


@pytest.mark.engine_only("it is about the records; the storage makes no difference")
async def test_only_privileged_users_may_need_evidence(tmp_path: Path) -> None:
    more = POLICY.replace('"always"', '"privileged"')
    async with verifying(tmp_path, more) as it:
        plain = await it.ask(contoso=[ADELE])
        assert (await it.shown(plain["id"]))["status"] == "awaitingApproval"
        both = await it.ask(contoso=[GRADY, "diego@contoso.com"])
        assert (await it.shown(both["id"]))["status"] == "planning"
        grady, diego = await it.targets(both["id"])
        assert grady["verification"]["state"] == "waiting"
        assert diego["verification"] is None


@pytest.mark.engine_only("it is about the records; the storage makes no difference")
async def test_stale_replayed_and_foreign_proofs_are_refused_and_audited(tmp_path: Path) -> None:
    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE], fabrikam=[ALEX])
        other = await it.ask(contoso=["diego@contoso.com"])
        now, day = it.services.now(), timedelta(days=1)
        stale = await prove(it, request["id"], ADELE, 422, verifiedAt=iso(now - day))
        assert reason(stale) == "stale"
        early = await prove(it, request["id"], ADELE, 422, verifiedAt=iso(now + day))
        assert reason(early) == "fromTheFuture"
        assert reason(await prove(it, request["id"], "diego@contoso.com", 422)) == "otherUser"
        assert reason(await prove(it, other["id"], ADELE, 422)) == "otherUser"
        assert (await prove(it, "no-such-request", ADELE, 404)).json()["title"] == "Not found"
        failed = await prove(it, request["id"], ADELE, 422, result="failed")
        assert reason(failed) == "notVerified"

        await prove(it, request["id"], ADELE)
        await prove(it, request["id"], ADELE)  # the same delivery again: its answer may have been lost
        assert reason(await prove(it, request["id"], ADELE, 409, delivery="msg_2")) == "replayed"
        assert reason(await prove(it, request["id"], ALEX, 409, delivery="msg_3")) == "replayed"
        assert reason(await prove(it, request["id"], ADELE, 409, delivery="msg_4", id="proof-2")) == "notWaiting"

        refused = [event["data"]["reason"] for event in events(await it.audit(request["id"]), "evidenceRefused")]
        assert refused == ["stale", "fromTheFuture", "otherUser", "notVerified", "replayed", "replayed", "notWaiting"]
        assert len(list(events(await it.audit(request["id"]), "evidenceRecorded"))) == 1
        # A proof for one request is none for another.
        (diego,) = await it.targets(other["id"])
        assert diego["verification"]["state"] == "waiting"


@pytest.mark.engine_only("it is about the records; the storage makes no difference")
async def test_a_result_that_is_not_signed_or_was_changed_is_refused(tmp_path: Path) -> None:
    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE])
        raw = json.dumps({"id": "p", "request": request["id"], "user": ADELE}).encode()
        address = "/api/verification/proofs/idproof"
        assert (await it.http.post(address, content=raw)).status_code == 401
        headers = sign_standard(SECRET, "msg_1", it.services.now(), raw)
        assert (await it.http.post(address, content=raw + b" ", headers=headers)).status_code == 401
        late = sign_standard(SECRET, "msg_1", it.services.now() - timedelta(minutes=6), raw)
        assert (await it.http.post(address, content=raw, headers=late)).status_code == 401
        assert (await it.http.post("/api/verification/proofs/other", content=raw, headers=headers)).status_code == 404
        assert (await it.http.post(address, content=raw, headers=headers)).status_code == 400  # parts are missing


@pytest.mark.engine_only("it is about the records; the storage makes no difference")
async def test_a_callback_is_not_recorded_by_who_asked_or_is_reset(tmp_path: Path) -> None:
    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE])
        for name in ("tech@msp.example", ADELE):
            problem = await call_back(it, request["id"], 0, 422, operator=name)
            assert problem["type"].endswith(":involved")
        assert (await call_back(it, request["id"], 0, 400, operator=""))["errors"][0]["pointer"] == "/operator"
        assert (await call_back(it, request["id"], 0, 400, number="call me"))["errors"][0]["pointer"] == "/number"
        assert (await call_back(it, request["id"], 7, 404))["status"] == 404
        await call_back(it, request["id"], 0)
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"


@pytest.mark.engine_only("it is about the records; the storage makes no difference")
async def test_the_digest_covers_the_evidence(tmp_path: Path) -> None:
    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE])
        await call_back(it, request["id"], 0)
        kept = await it.services.targets.get(request["id"], 0)
        assert kept
        assert kept.target.verification
        assert kept.target.verification.evidence
        forged = kept.target.verification.evidence.model_copy(update={"by_id": "key:other"})
        verification = kept.target.verification.model_copy(update={"evidence": forged})
        await it.services.targets.rewrite(kept, kept.target.model_copy(update={"verification": verification}))
        await it.approve(request["id"])
        shown = await it.shown(request["id"])
        assert (shown["status"], shown["failure"]) == ("failed", "planChanged")
        assert not it.world.calls.matching(verb="DELETE")


async def test_evidence_whose_wake_up_was_lost_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object) -> None: ...

    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE])
        monkeypatch.setattr(record_evidence, "wake", lost)
        await call_back(it, request["id"], 0)
        assert (await it.shown(request["id"]))["status"] == "planning"
        await it.advance(minutes=1)
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"


@pytest.mark.engine_only("it is about the records; the storage makes no difference")
async def test_a_request_is_cancelled_while_it_waits_for_evidence(tmp_path: Path) -> None:
    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE])
        await it.call("POST", f"/api/reset-requests/{request['id']}/cancel", 202)
        await it.host.idle()
        assert (await it.shown(request["id"]))["status"] == "cancelled"
        assert reason(await prove(it, request["id"], ADELE, 409)) == "notWaiting"
