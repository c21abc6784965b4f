"""A long request is answered before its targets are written, and shows `planning` until they are planned."""

from pathlib import Path

import pytest

from localhost.clock import VirtualClock
from localhost.simulator import World
from records.errors import StoreUnavailableError
from records.target_drafts import TargetDrafts
from tests.scenarios.test_hundreds_of_targets import policy
from tests.system import System, system


async def _ask_for_many(it: System) -> tuple[str, list[str]]:
    users = list(it.world.tenant("contoso").users)[17:277]
    return str((await it.ask(contoso=users, settle=False))["id"]), users


async def test_all_targets_of_a_long_request_are_written_planned_and_counted(tmp_path: Path) -> None:
    clock = VirtualClock()
    world = World.demo(280, clock=clock.now)
    async with system(tmp_path, world=world, clock=clock, policy=policy(tmp_path)) as it:
        request_id, users = await _ask_for_many(it)
        shown = await it.shown(request_id)
        assert (shown["status"], shown["totals"]["pending"]) == ("planning", len(users))
        await it.host.idle()
        assert (await it.shown(request_id))["status"] == "awaitingApproval"
        assert [target["userId"] for target in await it.targets(request_id)] == users
        scheduled = [e.taskScheduled.name for e in it.host.history(request_id) if e.HasField("taskScheduled")]
        assert scheduled.count("write_targets") == 2


async def test_records_that_are_away_while_targets_are_written_cost_time_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailableError("away")

    clock = VirtualClock()
    world = World.demo(280, clock=clock.now)
    async with system(tmp_path, world=world, clock=clock, policy=policy(tmp_path)) as it:
        monkeypatch.setattr(TargetDrafts, "write", away)
        request_id, users = await _ask_for_many(it)
        await it.advance(minutes=6)
        assert (await it.shown(request_id))["status"] == "planning"
        assert await it.services.targets.range(request_id, 0, 1) == []
        assert [target["userPrincipalName"] for target in await it.targets(request_id)] == users  # as asked for
        monkeypatch.undo()
        await it.advance(minutes=6)
        assert [target["userId"] for target in await it.targets(request_id)] == users


async def test_a_cancel_before_targets_are_written_leaves_none_open(tmp_path: Path) -> None:
    clock = VirtualClock()
    world = World.demo(280, clock=clock.now)
    async with system(tmp_path, world=world, clock=clock, policy=policy(tmp_path)) as it:
        request_id, users = await _ask_for_many(it)
        await it.call("POST", f"/api/reset-requests/{request_id}/cancel", 202)
        await it.host.idle()
        shown = await it.shown(request_id)
        assert (shown["status"], shown["totals"]["cancelled"]) == ("cancelled", len(users))
