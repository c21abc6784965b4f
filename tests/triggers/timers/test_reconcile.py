"""The timer repairs what a fault in the middle left, and looks at nothing else."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from activities import begin_request
from domain.request.reset_request import Decision, ResetRequest
from localhost.clock import VirtualClock
from localhost.durable.vendor_adapter import pb
from localhost.simulator import World
from tests.scenarios.test_hundreds_of_targets import policy
from tests.system import System, system
from triggers.timers import reconcile as reconcile_timer


async def _open(it: System) -> list[str]:
    return [row.key for row in await it.services.requests.open()]


async def test_decision_whose_wake_up_was_lost_is_found(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        digest = (await it.shown(request["id"]))["planDigest"]
        decision = Decision(approver="owner@contoso.com", decision="approve", at=it.services.now(), plan_digest=digest)
        assert await it.services.requests.decide(request["id"], decision)
        await it.host.idle()
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        await it.advance(minutes=1)
        assert (await it.shown(request["id"]))["status"] == "completed"
        events = [event["event"] for event in await it.audit(request["id"])]
        assert events.index("decided") < events.index("resetting")


async def test_what_breaks_again_and_again_is_started_anew_ever_more_seldom_and_goes_on_once_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(_: ResetRequest) -> list[list[object]]:
        raise RuntimeError("a mistake of ours")

    async with system(tmp_path) as it:
        monkeypatch.setattr(begin_request, "windows", mistaken)
        request = await it.ask(contoso=["adele@contoso.com"])
        await it.advance(minutes=4 * 60)
        restarts = [event for event in await it.audit(request["id"]) if event["event"] == "restarted"]
        assert [event["data"] for event in restarts] == [{"times": times} for times in range(1, len(restarts) + 1)]
        at = [datetime.fromisoformat(event["at"]) for event in restarts]
        waits = [(later - earlier) / timedelta(minutes=1) for earlier, later in pairwise(at)]
        # It takes minutes to break, and a minute to be seen.
        assert [wait for wait in waits if wait > 6] == [8, 16, 32, 60, 60]
        monkeypatch.undo()
        await it.advance(minutes=61)
        assert (await it.shown(request["id"]))["status"] == "awaitingApproval"
        await it.approve(request["id"])
        assert (await it.shown(request["id"]))["status"] == "completed"


async def test_waiting_requests_are_not_woken_for_nothing(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"], fabrikam=["alex@fabrikam.com"])
        await it.decide(it.links(request["id"])["owner@contoso.com"], "approve")
        before = len(it.host.history(request["id"]))
        await it.advance(minutes=30)
        assert len(it.host.history(request["id"])) == before


async def test_requests_that_ended_are_looked_at_no_more(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        ended = await it.ask(contoso=["adele@contoso.com"])
        waiting = await it.ask(fabrikam=["alex@fabrikam.com"])
        await it.approve(ended["id"])
        assert set(await _open(it)) == {ended["id"], waiting["id"]}
        await it.advance(minutes=1)
        assert await _open(it) == [waiting["id"]]


async def test_a_request_that_was_never_written_is_forgotten_after_an_hour(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        await it.services.store.insert("open", "half-written", {"at": it.services.now().isoformat()})
        await it.advance(minutes=59)
        assert await _open(it) == ["half-written"]
        await it.advance(minutes=3)
        assert await _open(it) == []


async def test_all_open_requests_are_looked_at_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile_timer, "_PAGE", 2)
    async with system(tmp_path) as it:
        long_ago = (it.services.now() - timedelta(days=1)).isoformat()
        for number in range(5):
            await it.services.store.insert("open", f"half-written-{number}", {"at": long_ago})
        await it.advance(minutes=1)
        assert await _open(it) == []


@pytest.mark.parametrize("users", [6, 103], ids=["one window", "several windows"])
async def test_a_new_run_replaces_no_part_that_the_broken_one_left_running_and_ends_it(
    tmp_path: Path, users: int
) -> None:
    """As on Azure Storage: terminating a request's orchestration leaves its sub-orchestrations running."""

    clock = VirtualClock()
    world = World.demo(users + 20, clock=clock.now)
    settings = {"STOP_REMOVING": "1"}
    async with system(tmp_path, world=world, clock=clock, policy=policy(tmp_path), settings=settings) as it:

        def parts(status: pb.OrchestrationStatus) -> set[str]:
            names = {"reset_window", "reset_customer"}
            found = it.host.engine.select(
                lambda each: each.status == status, lambda each: (each.name, each.instance_id)
            )
            return {instance_id for name, instance_id in found if name in names}

        request = await it.ask(contoso=list(world.tenant("contoso").users)[17 : 17 + users])
        await it.approve(request["id"])
        left = parts(pb.ORCHESTRATION_STATUS_RUNNING)
        assert len(left) == (1 if users < 100 else 2)
        it.host.engine.terminate(request["id"], None)
        await it.host.idle()
        assert parts(pb.ORCHESTRATION_STATUS_RUNNING) == left  # waiting for the kill switch
        await it.advance(minutes=1, seconds=5)
        assert parts(pb.ORCHESTRATION_STATUS_TERMINATED) == left
        new = parts(pb.ORCHESTRATION_STATUS_RUNNING)
        assert new
        assert not new & left


async def test_a_request_whose_record_cannot_be_read_ends_within_a_minute(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        request = await it.ask(contoso=["adele@contoso.com"])
        other = await it.ask(fabrikam=["adele@fabrikam.com"])
        row = await it.services.store.get(request["id"], "request")
        assert row is not None
        assert await it.services.store.replace(row, {**row.value, "approval": "none"})
        listed = await it.call("GET", "/api/reset-requests")
        assert {each["id"]: each["failure"] for each in listed["value"]} == {
            request["id"]: "recordUnreadable",
            other["id"]: None,
        }
        again = await it.ask(contoso=["adele@contoso.com"])  # its user is free for others
        assert (await it.shown(again["id"]))["totals"]["pending"] == 1
        await it.advance(minutes=1)
        shown = await it.shown(request["id"])
        assert (shown["status"], shown["failure"]) == ("failed", "recordUnreadable")
        assert shown["endedAt"]
        await it.advance(minutes=1)
        assert request["id"] not in await _open(it)
        (target,) = await it.targets(request["id"])
        assert target["outcome"] == "failed"
