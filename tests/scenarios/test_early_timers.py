"""Timers that fire up to a second early, as on Azure Storage, cost a throttled reset no turns."""

from pathlib import Path

from localhost.durable.vendor_adapter import pb
from tests.scenarios.test_graph_faults import CONTOSO, USERS, check_truth, run
from tests.system import system


def idle_turns(events: list[pb.HistoryEvent]) -> int:
    """How many turns did nothing but set a timer after one had fired."""
    turns: list[list[str | None]] = []
    for event in events:
        if event.HasField("orchestratorStarted"):
            turns.append([])
        turns[-1].append(event.WhichOneof("eventType"))
    return turns.count(["orchestratorStarted", "timerFired", "timerCreated", "orchestratorCompleted"])


async def test_a_throttled_customer_takes_no_turn_only_to_wait_again(tmp_path: Path) -> None:
    async with system(tmp_path) as it:
        it.world.faults.add(
            tenant=CONTOSO, method="DELETE", path="*/phoneMethods/*", status=429, retry_after=7, count=20
        )
        request = await it.ask(contoso=USERS)
        shown = await run(it, request["id"])
        assert shown["status"] == "completed"
        await check_truth(it, request["id"])
        idle = {name: idle_turns(it.host.history(name)) for name in it.host.instance_ids()}
        assert sum(idle.values()) <= 5, idle
