"""An undo: the hardware tokens that a reset deactivated, active again after an approval and with the code that each shows."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.receiver import policy_with
from tests.system import HELPDESK_SECRET, System, system

ISAIAH = "isaiah@contoso.com"  # a hardware token and a mobile phone
CODE, WRONG = "918273", "000000"


def token(it: System) -> Any:
    user = it.world.user("contoso", ISAIAH)
    return next(m for m in user.methods.values() if m.kind.name == "hardwareOath")


def removals(it: System) -> int:
    calls = it.world.calls
    return len(calls.matching(verb="DELETE")) + len(calls.matching(ending="/deactivate"))


async def reset(it: System) -> str:
    request = await it.ask(contoso=[ISAIAH, "adele@contoso.com"])
    await it.approve(request["id"])
    assert (await it.shown(request["id"]))["status"] == "completed"
    assert token(it).properties["device"]["status"] == "assigned"
    return str(request["id"])


async def undo(it: System, request_id: str, status: int = 202, **body: str) -> dict[str, Any]:
    answer: dict[str, Any] = await it.call("POST", f"/api/reset-requests/{request_id}/undo", status, json=body)
    await it.host.idle()
    return answer


async def send(it: System, undo_id: str, code: str, status: int, method: str = "") -> dict[str, Any]:
    path = f"/api/reset-requests/{undo_id}/targets/0/activate"
    body = {"method": method or token(it).id, "code": code}
    answer: dict[str, Any] = await it.call("POST", path, status, json=body)
    await it.host.idle()
    return answer


async def approved(it: System) -> tuple[str, str]:
    request_id = await reset(it)
    asked = await undo(it, request_id)
    await it.approve(asked["id"])
    return request_id, asked["id"]


@pytest.mark.azure_storage
async def test_a_token_is_active_again_with_an_approval_and_its_code(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await reset(it)
        asked = await undo(it, request_id)
        assert (asked["kind"], asked["undoOf"], asked["revokeSessions"]) == ("undo", request_id, False)
        removing = removals(it)
        (mail,) = [m for m in it.world.mailbox.to("owner@contoso.com") if "hardware tokens" in m.subject]
        assert "Nothing is removed, and no sessions end" in mail.content
        assert "cannot be brought back" not in mail.content
        (link,) = it.links(asked["id"]).values()
        page = (await it.http.get(link)).text
        assert "Activate hardware tokens of" in page
        assert "cannot be brought back" not in page
        early = await send(it, asked["id"], CODE, 409)
        assert "awaitingApproval" in early["detail"]

        await it.approve(asked["id"])
        shown = await it.shown(asked["id"])
        assert (shown["status"], shown["undo"]["codesNeeded"]) == ("resetting", 1)
        problem = await send(it, asked["id"], WRONG, 422)
        assert problem["type"].endswith(":wrongCode")
        assert token(it).properties["device"]["status"] == "assigned"
        target = await send(it, asked["id"], CODE, 200)
        assert (target["outcome"], target["sessionsRevoked"]) == ("alreadyClear", None)
        assert [(m["outcome"], m["reactivated"]) for m in target["methods"]] == [("keptNewer", True)]
        assert token(it).properties["device"]["status"] == "activated"

        shown = await it.shown(asked["id"])
        assert (shown["status"], shown["undo"]["codesNeeded"]) == ("completed", 0)
        assert removals(it) == removing
        events = [event["event"] for event in await it.audit(asked["id"])]
        assert [e for e in events if e.startswith("token")] == ["tokenCodeRefused", "tokenActivated"]
        assert (await it.call("GET", f"/api/reset-requests/{asked['id']}/audit/verification"))["intact"]
        notices = [m.subject for m in it.world.mailbox.to(ISAIAH)]
        assert notices == ["Your multi-factor authentication was reset"]  # that of the reset, and no second one
        assert any(m.subject.startswith("Undo of MFA reset completed") for m in it.world.mailbox.to("tech@msp.example"))
        # What a repeat, a second undo, a retry of it and an undo of it get as responses.
        assert (await send(it, asked["id"], CODE, 409))["detail"].endswith("It is completed.")
        assert asked["id"] in (await undo(it, request_id, 409))["detail"]
        assert (await it.shown(request_id))["undoneBy"] == asked["id"]
        await it.call("POST", f"/api/reset-requests/{asked['id']}/retry", 409)
        await undo(it, asked["id"], 409)
        # The code is nowhere: in no record, and not in durable history.
        history = "".join(str(event) for name in it.host.instance_ids() for event in it.host.history(name))
        assert asked["id"] in history
        assert CODE not in history
        with closing(sqlite3.connect(tmp_path / "records.sqlite")) as file:
            dump = "\n".join(file.iterdump())
        assert asked["id"] in dump
        assert CODE not in dump


async def test_what_cannot_be_undone_is_refused(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        phones = await it.ask(contoso=["megan@contoso.com"])
        assert "not ended yet" in (await undo(it, phones["id"], 409))["detail"]
        await it.approve(phones["id"])
        assert "no hardware token" in (await undo(it, phones["id"], 409))["detail"]
        request_id = await reset(it)
        await it.advance(days=7, minutes=1)
        assert "7 days" in (await undo(it, request_id, 409))["detail"]


@pytest.mark.azure_storage
async def test_a_key_brings_back_the_same_undo_and_one_that_runs_stands_alone(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await reset(it)
        path, key = f"/api/reset-requests/{request_id}/undo", {"Idempotency-Key": "k"}
        first = await it.call("POST", path, 202, headers=key)
        again = await it.call("POST", path, 200, headers=key)
        assert first["id"] == again["id"]
        await it.host.idle()
        assert first["id"] in (await undo(it, request_id, 409))["detail"]
        await it.call("POST", f"/api/reset-requests/{first['id']}/cancel", 202)
        await it.host.idle()
        assert (await undo(it, request_id))["undoOf"] == request_id


@pytest.mark.azure_storage
async def test_guards_and_the_rule_of_two_hold(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request_id = await reset(it)
        own = await undo(it, request_id, requester="owner@contoso.com")  # the only one who approves there
        shown = await it.shown(own["id"])
        assert (shown["status"], shown["failure"]) == ("failed", "notEnoughApprovers")
        it.world.user("contoso", ISAIAH).enabled = False
        guarded = await undo(it, request_id)
        assert (await it.shown(guarded["id"]))["status"] == "failed"
        (target,) = await it.targets(guarded["id"])
        assert (target["outcome"], target["reason"]) == ("refused", "disabledUser")


@pytest.mark.azure_storage
async def test_an_undo_needs_approval_where_the_reset_needed_none(tmp_path: Path) -> None:
    exempt = '[sources.trusted]\nscheme = "bearer"\nsecret = "env:HELPDESK_SECRET"\napproval = "exempt"\n'
    async with system(tmp_path, policy=policy_with(tmp_path, exempt)) as it:
        headers = {"Authorization": f"Bearer {HELPDESK_SECRET}"}
        body = {
            "targets": [{"customer": "contoso", "users": [ISAIAH]}],
            "reason": "Left",
            "requester": "tech@msp.example",
        }
        request = await it.call("POST", "/api/webhooks/trusted", 202, headers=headers, json=body)
        await it.host.idle()
        assert (await it.shown(request["id"]))["status"] == "completed"
        asked = await undo(it, request["id"])
        assert (await it.shown(asked["id"]))["status"] == "awaitingApproval"


@pytest.mark.azure_storage
async def test_codes_side_by_side_are_no_more_guesses(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        _, undo_id = await approved(it)
        path, body = f"/api/reset-requests/{undo_id}/targets/0/activate", {"method": token(it).id, "code": WRONG}
        for _ in range(3):
            answers = await asyncio.gather(*(it.http.post(path, json=body) for _ in range(6)))
            assert {answer.status_code for answer in answers} <= {409, 422}
        assert len(it.world.calls.matching(verb="POST", ending="/activate")) <= 5


@pytest.mark.azure_storage
async def test_five_wrong_codes_end_it(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        _, undo_id = await approved(it)
        for _ in range(5):
            await send(it, undo_id, WRONG, 422)
        await send(it, undo_id, CODE, 409)
        assert token(it).properties["device"]["status"] == "assigned"
        (target,) = await it.targets(undo_id)
        assert (target["outcome"], target["reason"]) == ("failed", "notReactivated")
        assert (await it.shown(undo_id))["status"] == "failed"


async def test_the_deadline_ends_it_with_what_is_true(tmp_path: Path) -> None:
    policy = policy_with(tmp_path, '[undo]\ncodesWithin = "2h"\n')
    async with system(tmp_path, policy=policy) as it:
        request_id, undo_id = await approved(it)
        await it.advance(hours=2, minutes=3)
        shown = await it.shown(undo_id)
        assert (shown["status"], shown["undo"]["codesNeeded"]) == ("failed", 0)
        (target,) = await it.targets(undo_id)
        assert [(m["outcome"], m["reactivated"]) for m in target["methods"]] == [("failed", False)]
        await send(it, undo_id, CODE, 409)
        # Another one may be asked for; this time the user does it without us, and the last look shows it.
        another = await undo(it, request_id)
        await it.approve(another["id"])
        token(it).properties["device"]["status"] = "activated"
        await it.advance(hours=2, minutes=3)
        assert (await it.shown(another["id"]))["status"] == "completed"


@pytest.mark.azure_storage
async def test_an_outage_costs_no_code_and_a_reassigned_token_is_reported(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        _, undo_id = await approved(it)
        it.world.faults.add(path="*/activate", status=503, count=1)
        await send(it, undo_id, CODE, 503)
        kept = await it.services.targets.get(undo_id, 0)
        assert kept is not None
        assert kept.target.methods[0].wrong_codes == 0
        await it.call(
            "POST", f"/api/reset-requests/{undo_id}/targets/0/activate", 400, json={"method": "x", "code": "1"}
        )
        await send(it, undo_id, CODE, 404, method="another")
        known = token(it)
        del it.world.user("contoso", ISAIAH).methods[known.id]
        gone = await send(it, undo_id, CODE, 409, method=known.id)
        assert "not assigned" in gone["detail"]
        (target,) = await it.targets(undo_id)
        assert (target["outcome"], target["methods"][0]["outcome"]) == ("failed", "alreadyGone")
