"""Every status that a request can end with, without faults."""

from pathlib import Path

import pytest

from tests.system import system


@pytest.mark.azure_storage
async def test_dry_run_plans_and_touches_nothing(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"], more={"dryRun": True})
        ended = await it.shown(request["id"])
        assert (ended["status"], ended["approval"]["required"]) == ("planned", False)
        [target] = await it.targets(request["id"])
        assert target["outcome"] == "pending"
        assert [m["outcome"] for m in target["methods"]] == ["pending"] * 3
        assert len(it.world.user("contoso", "adele@contoso.com").methods) >= 3
        assert not it.links()
        assert not [verb for verb, _, _ in it.world.calls.counts if verb in {"DELETE", "PATCH"}]


@pytest.mark.azure_storage
async def test_denied_request_touches_nothing(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        link = it.links(request["id"])["owner@contoso.com"]
        without_comment = await it.decide(link, "deny")
        assert without_comment.status_code == 400
        answer = await it.decide(link, "deny", comment="Nobody answered the call back.")
        assert answer.status_code == 200
        ended = await it.shown(request["id"])
        assert ended["status"] == "denied"
        assert ended["approval"]["decisions"][0]["comment"] == "Nobody answered the call back."
        [target] = await it.targets(request["id"])
        assert (target["outcome"], target["reason"]) == ("cancelled", "denied")
        assert len(it.world.user("contoso", "adele@contoso.com").methods) >= 3


async def test_undecided_request_expires_after_reminders(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        await it.advance(hours=23)
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        assert len(it.world.mailbox.to("owner@contoso.com")) == 2  # the first, and one reminder after four hours
        await it.advance(hours=2)
        assert (await it.shown(request["id"]))["status"] == "expired"
        late = await it.decide(next(iter(it.links(request["id"]).values())), "approve")
        assert late.status_code == 409
        assert len(it.world.user("contoso", "adele@contoso.com").methods) >= 3


@pytest.mark.azure_storage
async def test_cancelled_request_touches_nothing(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        await it.call("POST", f"/api/reset-requests/{request['id']}/cancel", 202)
        await it.host.idle()
        assert (await it.shown(request["id"]))["status"] == "cancelled"
        answer = await it.decide(it.links(request["id"])["owner@contoso.com"], "approve")
        assert answer.status_code == 409
        assert len(it.world.user("contoso", "adele@contoso.com").methods) >= 3
