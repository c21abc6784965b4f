import asyncio
import sys
from typing import Any

import httpx
import pytest

from localhost.functions_host import Limits
from localhost.harness import running
from tests.localhost.driving import APPS, Driver


def fresh_gate() -> Any:
    app: Any = sys.modules["durable_app"]
    app.gate = app.Gate()
    return app


async def entered(app: Any, count: int) -> None:
    for _ in range(count):
        await asyncio.to_thread(app.gate.entered.get)


@pytest.mark.parametrize("activity", ["gated_sync", "gated_async"])
async def test_activities_are_bounded_and_never_starve_an_orchestrator(activity: str) -> None:
    limits = Limits(activities=3, orchestrations=1)
    async with (
        running(APPS, script="durable_app.py", limits=limits) as host,
        httpx.AsyncClient(base_url=host.base_url) as http,
    ):
        app, driver = fresh_gate(), Driver(http)
        held = await driver.start("gated", [activity, 8])
        await entered(app, 3)
        free = await driver.start("decision", 24)
        await driver.post(f"events/{free}/decided", "approved")
        await driver.post(f"do/wait/{free}")
        assert await driver.output(free) == "approved"
        assert app.gate.entered.empty()
        app.gate.opened.set()
        await host.idle()
        assert await driver.output(held) == list(range(8))


async def test_draining_lets_what_runs_end_and_starts_nothing_new() -> None:
    async with (
        running(APPS, script="durable_app.py", limits=Limits(activities=1)) as host,
        httpx.AsyncClient(base_url=host.base_url) as http,
    ):
        app, driver = fresh_gate(), Driver(http)
        instance = await driver.start("gated", ["gated_async", 2])
        await entered(app, 1)
        drained = asyncio.create_task(host.functions.drain(60))
        app.gate.opened.set()
        assert await drained == 0
        kinds = [event.WhichOneof("eventType") for event in host.history(instance)]
        assert kinds.count("taskCompleted") == 1
        assert app.gate.entered.empty()


async def test_draining_cuts_off_what_does_not_end() -> None:
    async with (
        running(APPS, script="durable_app.py") as host,
        httpx.AsyncClient(base_url=host.base_url) as http,
    ):
        app, driver = fresh_gate(), Driver(http)
        await driver.start("gated", ["gated_async", 2])
        await entered(app, 2)
        assert await host.functions.drain(0) == 2
        app.gate.opened.set()
