"""A row that cannot be read in the running service: pages and answers show the rest, and what it guarded stays guarded."""

from pathlib import Path
from typing import Any

import pytest

from records.limits import UNREADABLE
from tests.console.pages import fetched, text_of
from tests.scenarios.test_containment import ADELE, MORE, actions, containing, fails, release, user
from tests.system import System, system
from tests.triggers.api.test_reset_requests import BODY
from tests.triggers.deliveries import requests_of

CUT = {UNREADABLE: '{"number": 3, "act'}
REASON = "it is about what a page and a use case make of it; the storage makes no difference"
ODD: list[dict[str, Any]] = [
    CUT,
    {},
    {"targets": 7, "without": 7, "approvers": 7, "methods": 7, "users": "x", "wave": []},
]


async def damaged_audit(it: System, kind: str, value: dict[str, Any]) -> tuple[str, int]:
    """Let the event of this kind of an ended request be damaged: all of it, or its data alone."""
    request = await it.ask(contoso=[ADELE], fabrikam=["adele@fabrikam.com"])
    await it.approve(request["id"])
    row = next(
        row for row in await it.services.store.scan(request["id"], prefix="audit:") if row.value["event"] == kind
    )
    await it.services.store.replace(row, value if value in ODD[:2] else row.value | {"data": value})
    return request["id"], row.value["number"]


@pytest.mark.engine_only(REASON)
@pytest.mark.parametrize("kind", ["accepted", "decided", "targetsEnded"])
@pytest.mark.parametrize("value", ODD, ids=["cut", "emptied", "odd"])
async def test_event_that_cannot_be_read_leaves_every_page_and_answer(
    tmp_path: Path, kind: str, value: dict[str, Any]
) -> None:
    async with system(tmp_path) as it:
        request_id, number = await damaged_audit(it, kind, value)
        events = await it.audit(request_id)
        assert [event["number"] for event in events] == list(range(1, len(events) + 1))
        assert events[number - 1]["event"] == ("unreadable" if value in ODD[:2] else kind)
        verified = await it.call("GET", f"/api/reset-requests/{request_id}/audit/verification")
        assert not verified["intact"]
        said = "The record of this event cannot be read, or was changed since it was written."
        for page in ("audit", f"requests/{request_id}/audit"):
            assert said in await text_of(it, page)
        for page in (f"requests/{request_id}", "audit?person=adele"):
            await fetched(it, page)
        pack = await it.http.get(f"/api/reset-requests/{request_id}/evidence")
        assert pack.status_code == 200
        year = "/api/evidence?customer=contoso&from=2026-01-01&to=2027-01-01"
        assert (await it.http.get(year)).status_code == 200


@pytest.mark.engine_only(REASON)
@pytest.mark.parametrize("value", [CUT, {}, {"requestId": 7, "bodyHash": "x", "at": 0}], ids=["cut", "emptied", "odd"])
async def test_key_whose_record_cannot_be_read_makes_no_second_request(tmp_path: Path, value: dict[str, Any]) -> None:
    async with system(tmp_path) as it:
        headers = {"Idempotency-Key": "k1"}
        assert (await it.http.post("/api/reset-requests", json=BODY, headers=headers)).status_code == 202
        (row,) = await it.services.store.scan("delivery:api:key:api")
        await it.services.store.replace(row, value)
        answer = await it.http.post("/api/reset-requests", json=BODY, headers=headers)
        assert answer.status_code == 422
        assert "cannot be read" in answer.json()["detail"]
        assert len(requests_of(it)) == 1


@pytest.mark.engine_only(REASON)
@pytest.mark.parametrize("value", [CUT, {}, {"by": 7, "at": 7}])
async def test_cancel_that_cannot_be_read_is_a_cancel(tmp_path: Path, value: dict[str, Any]) -> None:
    async with system(tmp_path) as it:
        request_id = (await it.ask(contoso=[ADELE]))["id"]
        await it.services.store.put(request_id, "cancel", value)
        await fetched(it, f"requests/{request_id}")
        await it.call("POST", f"/api/reset-requests/{request_id}/cancel", 202)
        await it.host.idle()
        assert (await it.shown(request_id))["status"] == "cancelled"
        await fetched(it, f"requests/{request_id}")


@pytest.mark.engine_only(REASON)
@pytest.mark.parametrize("value", [CUT, {}, {"holders": []}, {"holders": [["r9"]]}])
async def test_user_whose_block_cannot_be_read_stays_blocked(tmp_path: Path, value: dict[str, Any]) -> None:
    async with containing(tmp_path) as it:
        request = await it.ask(contoso=[ADELE], more=MORE)
        await it.approve(request["id"])
        (target,) = await it.targets(request["id"])
        place = f"blocked:{target['tenantId']}"
        await it.services.store.put(place, user(it, ADELE).id, value)
        await release(it, request["id"])
        (target,) = await it.targets(request["id"])
        assert (actions(target)["unblocked"], user(it, ADELE).enabled) == (("refused", "blockUnreadable"), False)
        again = await it.ask(contoso=[ADELE], more=MORE)
        (target,) = await it.targets(again["id"])
        assert actions(target)["blocked"] == ("already", "blockedBefore")


@pytest.mark.engine_only(REASON)
@pytest.mark.parametrize("value", [CUT, {}, {"id": 7, "windows": 7}, {"id": "other", "windows": []}])
async def test_open_release_that_cannot_be_read_is_done_and_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: dict[str, Any]
) -> None:
    async with containing(tmp_path) as it:
        request = await it.ask(contoso=[ADELE], more=MORE)
        await it.approve(request["id"])
        with monkeypatch.context() as patch:
            patch.setattr("durable.start_instance", fails)
            path = f"/api/reset-requests/{request['id']}/unblock"
            assert (await it.http.post(path, json={"operator": "second@msp.example"})).status_code == 500
        (row,) = await it.services.releases.open()
        await it.services.store.replace(row, value)
        await it.services.store.put("open-releases", "a:release-0", CUT)
        await it.advance(minutes=5)
        (target,) = await it.targets(request["id"])
        assert (actions(target)["unblocked"][0], user(it, ADELE).enabled) == ("done", True)
        assert await it.services.releases.open() == []
