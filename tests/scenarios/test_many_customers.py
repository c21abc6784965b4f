"""A request over many customers is planned and reset in parts, each an orchestration of its own."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from durabletask.task import OrchestrationContext

from activities import begin_request
from localhost.clock import VirtualClock
from localhost.simulator import World
from orchestrators import plan_customers, reset_customers
from orchestrators.children import in_parts, run_children
from orchestrators.fan_out import FanOut
from tests.scenarios.test_graph_faults import check_truth
from tests.scenarios.test_hundreds_of_targets import policy
from tests.system import System, system

pytestmark = pytest.mark.engine_only("it reads the engine's instances and makes parts small inside the process")
CUSTOMERS = ("contoso", "fabrikam", "tailspin")
USERS = 3  # of each customer


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(begin_request, "_PART", 1)


async def _ask(it: System) -> str:
    users: dict[str, Any] = {key: list(it.world.tenant(key).users)[17 : 17 + USERS] for key in CUSTOMERS}
    return str((await it.ask(**users))["id"])


async def _approve(it: System, request_id: str) -> None:
    for link in it.links(request_id).values():
        await it.decide(link, "approve")


def _system(tmp_path: Path, **more: Any) -> Any:
    clock = VirtualClock()
    world = World.demo(USERS + 20, clock=clock.now)
    return system(tmp_path, world=world, policy=policy(tmp_path), clock=clock, **more)


async def test_each_part_is_an_orchestration_and_all_users_are_reset(tmp_path: Path) -> None:
    async with _system(tmp_path) as it:
        request_id = await _ask(it)
        await _approve(it, request_id)
        await it.advance(minutes=1)
        shown = await it.shown(request_id)
        assert shown["status"] == "completed", shown["totals"]
        assert len(await check_truth(it, request_id)) == USERS * len(CUSTOMERS)
        names = [name.split(":")[2] for name in it.host.instance_ids() if name.count(":") == 2]
        starts = [0, USERS, 2 * USERS]
        assert {f"plan-{start}" for start in starts} | {f"reset-{start}" for start in starts} <= {*names}


@pytest.mark.parametrize(("module", "of"), [(plan_customers, "plan"), (reset_customers, "reset")])
async def test_a_part_that_breaks_is_begun_again_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, of: str
) -> None:
    began = Counter[str]()
    whole: Callable[..., Any] = FanOut if of == "plan" else run_children

    def breaks(ctx: OrchestrationContext, *more: Any, **named: Any) -> Any:
        part = ctx.instance_id.partition(f":{of}-")[2]
        if part and not ctx.is_replaying:
            began[part] += 1
        if part in {"0", "0:again-1"}:  # contoso, whose first target is number 0
            raise RuntimeError("a mistake of ours")
        return whole(ctx, *more, **named)

    monkeypatch.setattr(module, whole.__name__, breaks)
    async with _system(tmp_path) as it:
        request_id = await _ask(it)
        await _approve(it, request_id)
        await it.advance(minutes=1)
        assert (await it.shown(request_id))["status"] == "completed"
        assert {"0", "0:again-1", "0:again-2", "3", "6"} == {*began}
        await check_truth(it, request_id)


async def test_users_of_a_part_that_breaks_again_and_again_are_not_planned_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(ctx: OrchestrationContext, *more: Any, **named: Any) -> Any:
        if ":plan-0" in ctx.instance_id:  # of contoso
            raise RuntimeError("a mistake of ours")
        return FanOut(ctx, *more, **named)

    monkeypatch.setattr(plan_customers, "FanOut", breaks)
    async with _system(tmp_path) as it:
        request_id = await _ask(it)
        targets = await it.targets(request_id)
        failed = [(target["outcome"], target["reason"]) for target in targets if target["customer"] == "contoso"]
        assert failed == [("failed", "internalError")] * USERS
        await _approve(it, request_id)
        await it.advance(minutes=1)
        assert (await it.shown(request_id))["totals"]["reset"] == USERS * (len(CUSTOMERS) - 1)


async def test_a_part_that_breaks_while_its_customers_are_reset_leaves_them_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sub-orchestration that is started under the id of a running one replaces it (durable.start_child)."""
    monkeypatch.setattr(begin_request, "_PART", 2)

    def breaks(ctx: OrchestrationContext, children: Any, at_once: int) -> Any:
        running = run_children(ctx, children, at_once)
        if not ctx.instance_id.endswith(":reset-0"):  # of contoso and fabrikam
            yield from running
            return
        yield next(running)
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(reset_customers, "run_children", breaks)
    async with _system(tmp_path) as it:
        request_id = await _ask(it)
        await _approve(it, request_id)
        await it.advance(minutes=1)
        assert (await it.shown(request_id))["status"] == "completed"
        await check_truth(it, request_id)
        started = Counter(
            event.subOrchestrationInstanceCreated.instanceId
            for name in it.host.instance_ids()
            for event in it.host.history(name)
            if event.HasField("subOrchestrationInstanceCreated")
        )
        assert set(started.values()) == {1}


async def test_a_cancel_ends_all_parts(tmp_path: Path) -> None:
    async with _system(tmp_path, settings={"STOP_REMOVING": "1"}) as it:
        request_id = await _ask(it)
        await _approve(it, request_id)
        assert (await it.shown(request_id))["status"] == "resetting"
        await it.call("POST", f"/api/reset-requests/{request_id}/cancel", json={}, status=202)
        await it.host.idle()
        await it.advance(minutes=3)
        shown = await it.shown(request_id)
        assert shown["status"] == "cancelled"
        assert shown["totals"]["cancelled"] == USERS * len(CUSTOMERS)


def test_windows_of_one_customer_stay_together() -> None:
    windows = [("a", 0, 100), ("a", 100, 100), ("a", 200, 1), ("b", 201, 5), ("c", 206, 5), ("d", 211, 5)]
    assert in_parts(windows, 2) == [windows[:3], windows[3:5], windows[5:]]
    assert in_parts(windows, 0) == [windows]
    assert in_parts(windows, 6) == [windows]
    assert in_parts([], 2) == [[]]
