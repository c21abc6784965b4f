import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from localhost.clock import VirtualClock
from localhost.host.dispatcher import Limits
from localhost.host.running_host import RunningHost
from localhost.testing import running
from tests.localhost.driving import APPS, Driver


@dataclass
class Gated:
    host: RunningHost[VirtualClock]
    driver: Driver
    gate: Any

    async def entered(self, count: int) -> None:
        for _ in range(count):
            await asyncio.to_thread(self.gate.entered.get, timeout=10)


@asynccontextmanager
async def gated(limits: Limits) -> AsyncIterator[Gated]:
    async with (
        running(APPS, script="durable_app.py", limits=limits) as host,
        httpx.AsyncClient(base_url=host.base_url) as http,
    ):
        app: Any = sys.modules["durable_app"]
        app.gate = app.Gate()
        try:
            yield Gated(host, Driver(http), app.gate)
        finally:
            app.gate.opened.set()


@pytest.mark.parametrize("activity", ["gated_sync", "gated_async"])
async def test_activities_are_bounded_and_never_starve_an_orchestrator(activity: str) -> None:
    async with gated(Limits(activities=3, orchestrations=1)) as it:
        held = await it.driver.start("gated", [activity, 8])
        await it.entered(3)
        free = await it.driver.start("decision", 24)
        await it.driver.post(f"events/{free}/decided", "approved")
        await it.driver.post(f"do/wait/{free}")
        assert await it.driver.output(free) == "approved"
        assert it.gate.entered.empty()
        it.gate.opened.set()
        await it.host.idle()
        assert await it.driver.output(held) == list(range(8))


async def test_draining_lets_what_runs_end_and_starts_nothing_new() -> None:
    async with gated(Limits(activities=1)) as it:
        instance = await it.driver.start("gated", ["gated_async", 2])
        await it.entered(1)
        drained = asyncio.create_task(it.host.dispatcher.drain(60))
        it.gate.opened.set()
        assert await drained == 0
        kinds = [event.WhichOneof("eventType") for event in it.host.history(instance)]
        assert kinds.count("taskCompleted") == 1
        assert it.gate.entered.empty()


async def test_draining_cuts_off_what_does_not_end() -> None:
    async with gated(Limits()) as it:
        await it.driver.start("gated", ["gated_async", 2])
        await it.entered(2)
        assert await it.host.dispatcher.drain(0) == 2
