"""A clock that is set, forward and back, in the middle of a run: everything ends, and nothing waits for the hour."""

from pathlib import Path

import pytest

from localhost.clock import VirtualClock
from tests.system import system

HOUR = 3600.0


@pytest.mark.parametrize("jumps", [(HOUR, -HOUR), (-HOUR, HOUR), (-HOUR, -HOUR), (HOUR, HOUR)])
async def test_a_reset_goes_through_while_the_clock_jumps(tmp_path: Path, jumps: tuple[float, float]) -> None:
    clock = VirtualClock()
    async with system(tmp_path, clock=clock) as it:
        # Every first removal is refused for a while: the reset lives on its durable timers.
        for customer in ("contoso", "fabrikam"):
            it.world.faults.add(
                tenant=customer, method="DELETE", path="*/phoneMethods/*", status=429, retry_after=20, count=4
            )
        request = await it.ask(
            contoso=["adele@contoso.com", "alex@contoso.com"], fabrikam=["adele@fabrikam.com", "alex@fabrikam.com"]
        )
        clock.jump(jumps[0])
        await it.approve(request["id"])
        await it.advance(seconds=5)
        clock.jump(jumps[1])
        await it.advance(minutes=10)
        shown = await it.shown(request["id"])
        assert shown["status"] == "completed", shown
        for name in ("adele@contoso.com", "adele@fabrikam.com"):
            left = {m.kind.name for m in it.world.user(name.split("@")[1], name).methods.values()}
            assert left == {"password"}
        assert await it.services.audits.verify(request["id"]) is None
