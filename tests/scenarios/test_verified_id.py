"""A user presents a credential of Microsoft Entra Verified ID: asked for by the operator, reported by the request service."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from localhost.simulator import create_app
from localhost.simulator.handlers.verified_id import APPLICATION, PATH
from tests.receiver import policy_with
from tests.scenarios.test_verification import events, reason
from tests.system import System, system

ADELE, DID = "adele@contoso.com", "did:web:verifiedid.contoso.com"
POLICY = f"""
[verification]
required = "always"
accept = ["verifiedId"]
[verification.verifiedId]
authority = "did:web:verifiedid.msp.example"
faceCheck = true
[customers.contoso.verification]
issuers = ["{DID}"]
"""
RECORDS = "it is about the records; the storage makes no difference"
MINE = {"issuer": DID, "type": "VerifiedEmployee", "claims": {"revocationId": "Adele@contoso.com"}}


def verifying(tmp_path: Path) -> Any:
    return system(tmp_path, policy=policy_with(tmp_path, POLICY))


async def begin(it: System, request_id: str, status: int = 200) -> Any:
    path = f"/api/reset-requests/{request_id}/targets/0/verification/verified-id"
    return await it.call("POST", path, status)


async def callbacks(it: System, presentation: str, credential: dict[str, Any]) -> list[dict[str, Any]]:
    """What the request service would post once a wallet has presented this."""
    transport = httpx.ASGITransport(create_app(it.world))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9") as wallet:
        answer = await wallet.post(f"/simulator/verified-id/{presentation}", json=credential)
    assert answer.status_code == 200, answer.text
    made: list[dict[str, Any]] = answer.json()["value"]
    return made


async def post(it: System, callback: dict[str, Any], **changes: Any) -> httpx.Response:
    headers = {"api-key": callback["headers"]["api-key"]} | changes.pop("headers", {})
    answer = await it.http.post("/api/verification/verified-id", json=callback["body"] | changes, headers=headers)
    await it.host.idle()
    return answer


@pytest.mark.azure_storage
async def test_a_user_who_presents_their_credential_is_verified(tmp_path: Path) -> None:
    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE])
        begun = await begin(it, request["id"])
        assert begun["url"].startswith("openid-vc://")
        assert begun["qrCode"].startswith("data:image/png")
        asked = it.world.presentations[begun["id"]]
        (wanted,) = asked["requestedCredentials"]
        assert wanted["acceptedIssuers"] == [DID]
        assert wanted["constraints"] == [{"claimName": "revocationId", "values": [ADELE]}]
        assert wanted["configuration"]["validation"]["faceCheck"]["sourcePhotoClaimName"] == "photo"

        retrieved, verified = await callbacks(it, begun["id"], MINE)
        assert (await post(it, retrieved)).status_code == 200
        assert (await it.shown(request["id"]))["status"] == "planning"
        assert (await post(it, verified)).status_code == 200
        assert (await post(it, verified)).status_code == 200  # again: nothing changes
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        (target,) = await it.targets(request["id"])
        evidence = target["verification"]["evidence"]
        assert (evidence["kind"], evidence["by"], evidence["id"]) == ("verifiedId", DID, begun["id"])
        assert len(list(events(await it.audit(request["id"]), "evidenceRecorded"))) == 1


@pytest.mark.engine_only(RECORDS)
@pytest.mark.parametrize(
    ("credential", "why"),
    [
        ({"issuer": "did:web:verifiedid.evil.example"}, "otherIssuer"),
        ({"claims": {"revocationId": "alex@contoso.com"}}, "otherUser"),
    ],
)
async def test_a_callback_about_another_user_or_issuer_is_refused(
    tmp_path: Path, credential: dict[str, Any], why: str
) -> None:
    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE])
        begun = await begin(it, request["id"])
        # The request service itself lets such a wallet fail, so the callback is changed on the way.
        _, failed = await callbacks(it, begun["id"], MINE | credential)
        assert failed["body"]["requestStatus"] == "presentation_error"
        assert (await post(it, failed)).status_code == 200
        _, verified = await callbacks(it, begun["id"], MINE)
        verified["body"]["verifiedCredentialsData"][0] |= credential
        assert reason(await post(it, verified)) == why
        audit = await it.audit(request["id"])
        assert [event["data"]["reason"] for event in events(audit, "evidenceRefused")] == ["notVerified", why]
        assert (await it.shown(request["id"]))["status"] == "planning"


@pytest.mark.engine_only(RECORDS)
async def test_a_callback_needs_the_key_and_the_state_of_its_presentation(tmp_path: Path) -> None:
    async with verifying(tmp_path) as it:
        request, other = await it.ask(contoso=[ADELE]), await it.ask(contoso=["diego@contoso.com"])
        mine, theirs = await begin(it, request["id"]), await begin(it, other["id"])
        _, verified = await callbacks(it, mine["id"], MINE)
        diego = MINE | {"claims": {"revocationId": "diego@contoso.com"}}
        _, foreign = await callbacks(it, theirs["id"], diego)
        assert (await post(it, verified, headers={"api-key": "guessed"})).status_code == 401
        assert (await post(it, verified, headers={"api-key": foreign["headers"]["api-key"]})).status_code == 401
        assert (await post(it, verified, state="forged")).status_code == 401
        # Diego's presentation, reported with the state and key of Adele's.
        moved = foreign["body"] | {"state": verified["body"]["state"]}
        assert reason(await post(it, {"body": moved, "headers": verified["headers"]})) == "otherRequest"
        assert (await it.http.post("/api/verification/verified-id", content=b"{")).status_code == 400
        for request_id in (request["id"], other["id"]):
            assert (await it.shown(request_id))["status"] == "planning"


async def test_no_presentation_is_begun_late_or_where_it_is_not_accepted(tmp_path: Path) -> None:
    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE])
        begun = await begin(it, request["id"])
        _, verified = await callbacks(it, begun["id"], MINE)
        await it.advance(hours=4, minutes=1)
        assert reason(await post(it, verified)) == "notWaiting"
        assert (await begin(it, request["id"], 409))["status"] == 409
        # Fabrikam has no issuers, so nothing could prove its users.
        nobody = await it.ask(fabrikam=["alex@fabrikam.com"])
        (target,) = await it.targets(nobody["id"])
        assert (target["outcome"], target["reason"]) == ("refused", "unverified")


@pytest.mark.engine_only(RECORDS)
async def test_the_simulated_request_service_is_as_strict_as_its_description(tmp_path: Path) -> None:
    async with verifying(tmp_path) as it:
        request = await it.ask(contoso=[ADELE])
        begun = await begin(it, request["id"])
        good, tenant = it.world.presentations[begun["id"]], it.world.find_tenant("99999999-9999-9999-9999-999999999999")
        assert tenant
        token = it.world.tokens.issue(tenant, it.world.clock(), "the-service", APPLICATION)
        of_graph = it.world.tokens.issue(tenant, it.world.clock(), "the-service", "https://graph.microsoft.com")
        transport = httpx.ASGITransport(create_app(it.world))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9") as client:
            for bearer, change, status in (
                (token, {}, 201),
                (of_graph, {}, 401),
                (token, {"authority": "contoso.com"}, 400),
                (token, {"includeQRCode": "yes"}, 400),
                (token, {"requestedCredentials": []}, 400),
                (token, {"callback": good["callback"] | {"headers": {"x-key": "k"}}}, 400),
                (token, {"callback": good["callback"] | {"url": "http://msp.example/x"}}, 400),
            ):
                answer = await client.post(PATH, json=good | change, headers={"Authorization": f"Bearer {bearer}"})
                assert answer.status_code == status, (change, answer.text)
            users = await client.get("/v1.0/users", headers={"Authorization": f"Bearer {token}"})
            assert users.status_code == 401
