"""The plan of a long request is sealed, and checked before the reset, in windows: no activity works on all of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities import read_plan_window
from domain.request.plan import VERSION, WINDOW, people_line, plan_line, scope_line
from localhost.clock import VirtualClock
from localhost.simulator import World
from mfa_reset_client.verify.plan import plan_digest
from records.targets import StoredTarget, Targets
from tests.scenarios.test_hundreds_of_targets import policy
from tests.system import System, system
from use_cases.approval_view import PAGE_SIZE, view_for
from web.views import ApprovalView

pytestmark = pytest.mark.engine_only("it is about the records and reads the engine's history")
USERS = WINDOW + 5


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[System]:
    clock = VirtualClock()
    world = World.demo(USERS + 20, clock=clock.now)
    async with system(tmp_path, world=world, clock=clock, policy=policy(tmp_path)) as made:
        yield made


async def ask_for_many(it: System) -> str:
    users = list(it.world.tenant("contoso").users)[17 : 17 + USERS]
    return str((await it.ask(contoso=users))["id"])


def scheduled(it: System, request_id: str, name: str) -> int:
    events = [event for event in it.host.history(request_id) if event.HasField("taskScheduled")]
    return sum(event.taskScheduled.name == name for event in events)


async def kept_windows(it: System, request_id: str) -> int:
    return len(await it.services.store.scan(request_id, prefix="plan:", limit=100))


async def test_a_long_plan_is_sealed_and_checked_in_windows(it: System) -> None:
    request_id = await ask_for_many(it)
    assert (await it.shown(request_id))["status"] == "awaitingApproval"
    assert scheduled(it, request_id, "read_plan_window") == 2
    assert await kept_windows(it, request_id) == 0
    request = await it.services.requests.get(request_id)
    assert request is not None
    targets = [kept.target for kept in await it.services.targets.range(request_id, 0, 1000)]
    lines = "".join(f"{line}\n" for line in (scope_line(request), people_line(request), *map(plan_line, targets)))
    assert request.plan_digest == plan_digest(request_id, VERSION, lines.encode())
    await it.approve(request_id)
    assert (await it.shown(request_id))["status"] in {"resetting", "completed"}
    assert scheduled(it, request_id, "read_plan_window") == 4
    assert await kept_windows(it, request_id) == 0


@pytest.mark.parametrize("number", [0, USERS - 1])
async def test_a_change_in_any_window_after_the_approval_stops_the_reset(it: System, number: int) -> None:
    request_id = await ask_for_many(it)
    kept = await it.services.targets.get(request_id, number)
    assert kept is not None
    changed = kept.target.model_copy(update={"methods": kept.target.methods[:-1]})
    assert await it.services.targets.save(request_id, kept, changed)
    await it.approve(request_id)
    shown = await it.shown(request_id)
    assert (shown["status"], shown["failure"]) == ("failed", "planChanged")
    assert await kept_windows(it, request_id) == 0
    user = it.world.user("contoso", str(kept.target.user_id))
    assert user.methods


async def test_what_was_read_to_seal_a_plan_does_not_pass_for_a_check(
    it: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await ask_for_many(it)
    request = await it.services.requests.get(request_id)
    assert request is not None
    for start in (0, WINDOW):
        await read_plan_window.read_plan_window({"id": request_id, "start": start, "purpose": "seal"})
    assert await read_plan_window.read_plan(it.services, request, "check") == {"next": "read", "windows": [0, WINDOW]}
    await read_plan_window.read_plan_window({"id": request_id, "start": 0, "purpose": "check"})
    assert await read_plan_window.read_plan(it.services, request, "check") == {"next": "read", "windows": [WINDOW]}
    await read_plan_window.read_plan_window({"id": request_id, "start": WINDOW, "purpose": "check"})
    monkeypatch.setattr(Targets, "range", None)  # what puts the windows together reads no target
    plan = await read_plan_window.read_plan(it.services, request, "check")
    assert isinstance(plan, read_plan_window.ReadPlan)
    assert (plan.digest, plan.tally.targets) == (request.plan_digest, USERS)


async def test_a_mail_about_a_long_plan_reads_one_page_of_it_and_shows_what_reading_all_would(
    it: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = list(it.world.tenant("contoso").users)[17 : 17 + USERS]
    others = list(it.world.tenant("fabrikam").users)[17:27]
    request_id = str((await it.ask(fabrikam=others[:5], contoso=users, tailspin=others[5:]))["id"])
    request = await it.services.requests.get(request_id)
    assert request is not None
    entries, read = request.approval.approvers, list[int]()

    async def views() -> list[ApprovalView]:
        return [await view_for(it.services, request, entry, page) for entry in entries for page in (1, 2, 3)]

    targets_range = Targets.range

    async def counted(self: Targets, request_id: str, start: int, count: int) -> list[StoredTarget]:
        read.append(count)
        return await targets_range(self, request_id, start, count)

    monkeypatch.setattr(Targets, "range", counted)
    sealed = await views()
    assert sum(read) <= len(sealed) * PAGE_SIZE
    for row in await it.services.store.scan(request_id, prefix="plansummary:"):
        assert await it.services.store.delete(row)
    assert await views() == sealed
    assert sum(read) > len(sealed) * PAGE_SIZE
