"""The evidence of requests of every kind is whole for who verifies it offline, and tells one customer nothing of another."""

import hashlib
import json
from pathlib import Path

import pytest

from mfa_reset_client.verify import verify_pack
from tests.receiver import policy_with
from tests.scenarios.test_evidence_of_a_period import files as contents
from tests.scenarios.test_evidence_of_a_period import zipped
from tests.system import System, system
from tests.use_cases.test_resolve_deciders import GROUPS, SECOND, served

pytestmark = pytest.mark.engine_only("it is about what the records say")
YEARS = "/api/evidence?customer={}&from=2020-01-01&to=2100-01-01"
WINDOW = '[customers.{}.maintenance]\ntimeZone = "Etc/UTC"\nfrom = "00:00"\nto = "24:00"\n'
MORE = WINDOW.format("fabrikam") + '[profiles.compromised]\n[bootstrap]\naccessPass = "always"\n'


async def packs(it: System, request_id: str, customer: str) -> list[bytes]:
    """Return the pack of a customer's period and that of the request."""
    answers = [
        await it.http.get(YEARS.format(customer)),
        await it.http.get(f"/api/reset-requests/{request_id}/evidence"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    return [answer.content for answer in answers]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"waves": [1], "stopAbove": 5, "notBefore": "2020-01-01T00:00:00Z"},
        {"phoneOnly": "ifPasskey"},
        {"accessPass": True},
        {"profile": "compromised"},
    ],
    ids=["plain", "waves", "phones", "pass", "compromised"],
)
async def test_the_evidence_of_a_request_is_whole(tmp_path: Path, more: dict[str, object]) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, MORE)) as it:
        request = (await it.ask(contoso=["adele@contoso.com"], more=more))["id"]
        await it.approve(request)
        for pack in await packs(it, request, "contoso"):
            assert verify_pack(pack).problems == ()


async def test_the_evidence_of_a_request_whose_approvers_are_a_group_is_whole(tmp_path: Path) -> None:
    async with served(tmp_path, GROUPS) as (it, _):
        request = (await it.ask(contoso=["adele@contoso.com"]))["id"]
        await it.decide(it.links(request)[SECOND], "approve")
        for pack in await packs(it, request, "contoso"):
            assert verify_pack(pack).problems == ()
        asked = [{"approver": "somebody@msp.example", "customers": ["contoso"]}]
        changed = resealed(contents(pack), {"approval": {"approvers": asked}})
        assert verify_pack(changed).problems == ("somebody was asked who may not decide by the plan",)


async def test_a_customer_reads_no_maintenance_window_of_another(tmp_path: Path) -> None:
    async with system(tmp_path, policy=policy_with(tmp_path, MORE)) as it:
        request = (await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"]))["id"]
        await it.approve(request)
        theirs, ours = [(await it.http.get(YEARS.format(key))).content for key in ("contoso", "fabrikam")]
        assert b"fabrikam" not in b"".join(contents(theirs).values())
        shown = json.loads(contents(ours)[f"requests/{request}/request.json"])
        assert shown["schedule"]["windows"].keys() == {"fabrikam"}
        assert [verify_pack(pack).problems for pack in (theirs, ours)] == [(), ()]


@pytest.mark.parametrize("change", [{"waves": [2]}, {"stopAbove": 6}, {"notBefore": None}])
async def test_another_schedule_than_the_planned_one_is_found(tmp_path: Path, change: dict[str, object]) -> None:
    async with system(tmp_path) as it:
        more = {"waves": [1], "stopAbove": 5, "notBefore": "2020-01-01T00:00:00Z"}
        request = (await it.ask(contoso=["adele@contoso.com"], more=more))["id"]
        content = contents((await packs(it, request, "contoso"))[1])
        schedule = (await it.shown(request))["schedule"]
        assert verify_pack(resealed(content, {"schedule": schedule})).problems == ()
        (problem,) = verify_pack(resealed(content, {"schedule": schedule | change})).problems
        assert problem == "the request is about something else than its plan"


def resealed(content: dict[str, bytes], change: dict[str, object]) -> bytes:
    """Return the pack of a request with another request.json, whose hash its manifest has."""
    request = json.dumps(json.loads(content["request.json"]) | change).encode()
    manifest = json.loads(content["manifest.json"])
    manifest["files"]["request.json"] = hashlib.sha256(request).hexdigest()
    return zipped(content | {"request.json": request, "manifest.json": json.dumps(manifest).encode()})
