import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from localhost.clock import VirtualClock
from localhost.durable.provider_faults import NoFaults
from localhost.host.running_host import RunningHost
from localhost.testing import running
from tests.localhost.driving import APPS, Driver


@pytest.fixture(params=["memory", "file"])
async def host(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningHost[VirtualClock]]:
    engine = tmp_path / "engine.sqlite" if request.param == "file" else None
    async with running(APPS, script="durable_app.py", engine=engine, faults=NoFaults()) as host:
        yield host


@pytest.fixture
async def driver(host: RunningHost[VirtualClock]) -> AsyncIterator[Driver]:
    async with httpx.AsyncClient(base_url=host.base_url) as http:
        yield Driver(http)


type Host = RunningHost[VirtualClock]


async def test_ten_thousand_activities_in_windows(host: Host, driver: Driver) -> None:
    instance = await driver.start("fan_out", [100] * 100)
    await host.idle()
    assert await driver.output(instance) == 10_000


async def test_a_sub_orchestration_of_days_reports_to_its_parent(host: Host, driver: Driver) -> None:
    instance = await driver.start("long_parent", [31, 5 * 24 * 3600])
    await host.advance(6 * 24 * 3600)
    assert await driver.output(instance) == [31, 5 * 24 * 3600]


async def test_an_event_that_comes_before_the_expiry_wins(host: Host, driver: Driver) -> None:
    instance = await driver.start("decision", 24)
    await driver.post(f"events/{instance}/Decided", "approved")
    await host.idle()
    assert await driver.output(instance) == "approved"


async def test_an_expiry_wins_when_time_passes_first(host: Host, driver: Driver) -> None:
    instance = await driver.start("decision", 24)
    await host.advance(24 * 3600 - 1)
    assert (await driver.state(instance))["status"] == "RUNNING"
    await host.advance(1)
    assert await driver.output(instance) == "expired"


async def test_a_timer_of_an_earlier_run_never_fires_in_a_later_one(host: Host, driver: Driver) -> None:
    instance = await driver.start("rounds", 3)
    await host.advance(2 * 3600)
    assert await driver.output(instance) == 3600


async def test_events_outlive_continue_as_new(host: Host, driver: Driver) -> None:
    instance = await driver.start("collector", [])
    for number in (1, 2, 3, -1):
        await driver.post(f"events/{instance}/number", number)
    await host.idle()
    assert await driver.output(instance) == [1, 2, 3]


async def test_a_failed_activity_fails_its_orchestration_with_its_own_words(host: Host, driver: Driver) -> None:
    instance = await driver.start("failing", "today")
    await host.idle()
    state = await driver.state(instance)
    assert state["status"] == "FAILED"
    assert "no luck:\ntoday" in state["output"]


async def test_a_failed_sub_orchestration_fails_in_its_parent(host: Host, driver: Driver) -> None:
    instance = await driver.start("parent_of_failing")
    await host.idle()
    assert "no luck" in await driver.output(instance)


async def test_an_unknown_activity_and_an_unknown_orchestrator_fail(host: Host, driver: Driver) -> None:
    instances = [await driver.start("unknown_activity"), await driver.start("unknown")]
    await host.idle()
    assert [(await driver.state(instance))["status"] for instance in instances] == ["FAILED", "FAILED"]


async def test_what_ends_after_its_orchestration_changes_nothing(host: Host, driver: Driver) -> None:
    instance = await driver.start("hasty")
    await host.idle()
    assert await driver.output(instance) == "done"
    assert host.history(instance)[-1].HasField("executionCompleted")


async def test_an_id_is_taken_while_it_runs_and_free_when_it_ended(host: Host, driver: Driver) -> None:
    await driver.start("sleeper", 60, "one")
    again = await driver.post("start/sleeper?id=one", 60)
    assert again.status_code == 500
    await host.advance(60)
    assert await driver.output("one") == 60
    await driver.start("sleeper", 30, "one")
    await host.advance(30)
    assert await driver.output("one") == 30


async def test_a_suspended_instance_waits_with_what_comes_until_it_is_resumed(host: Host, driver: Driver) -> None:
    instance = await driver.start("decision", 24)
    await host.idle()
    await driver.post(f"do/suspend/{instance}")
    await host.idle()
    await driver.post(f"events/{instance}/decided", "approved")
    await host.idle()
    assert (await driver.state(instance))["status"] == "SUSPENDED"
    await driver.post(f"do/resume/{instance}")
    await host.idle()
    assert await driver.output(instance) == "approved"


async def test_an_instance_for_later_starts_then(host: Host, driver: Driver) -> None:
    at = (host.clock.now() + timedelta(hours=1)).isoformat().replace("+", "%2B")
    await driver.post(f"do/later/one?at={at}")
    await host.advance(3599)
    assert (await driver.state("one"))["status"] == "PENDING"
    await host.advance(2)
    assert await driver.output("one") == 1


async def test_a_restarted_instance_runs_again(host: Host, driver: Driver) -> None:
    instance = await driver.start("sleeper", 60)
    await host.advance(60)
    await driver.post(f"do/restart/{instance}")
    await host.idle()
    assert (await driver.state(instance))["status"] == "RUNNING"
    await host.advance(60)
    assert await driver.output(instance) == 60


async def test_the_history_holds_a_run_from_start_to_end(host: Host, driver: Driver) -> None:
    instance = await driver.start("window", [0, 2])
    await host.idle()
    kinds = [event.WhichOneof("eventType") for event in host.history(instance)]
    assert kinds[:4] == ["orchestratorStarted", "executionStarted", "taskScheduled", "taskScheduled"]
    assert kinds[-1] == "executionCompleted"
    assert kinds.count("taskCompleted") == 2
    assert host.history("unknown") == []


async def test_entities_are_refused(host: Host, driver: Driver) -> None:
    assert (await driver.post("do/signal/one")).status_code == 500


async def test_a_timer_trigger_runs_at_each_of_its_times(host: Host, driver: Driver) -> None:
    counters = sys.modules["durable_app"].counters  # imported by the host
    before = counters["ticks"]
    await host.advance(3600)
    assert counters["ticks"] - before == 4
