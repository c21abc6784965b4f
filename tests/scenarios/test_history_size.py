"""What a step costs in durable history: bounds in bytes, the same for a request of six targets and one of hundreds.

An engine stores and replays all of it. Azure Storage keeps what is under 60 KiB in the row and moves the rest to blobs.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localhost.clock import VirtualClock
from localhost.durable.vendor_adapter import pb
from localhost.simulator import World
from tests.scenarios.test_hundreds_of_targets import policy
from tests.system import System, system

# Bytes of JSON. What tells of every window (three small values each) has them on top.
_MOST, _PER_WINDOW = 400, 40
# Bytes of an event as it is stored, names and ids of the engine included.
_MOST_EVENT = 1000
_TARGETS = 300


def payloads(events: list[pb.HistoryEvent]) -> Iterator[tuple[str, str]]:
    """(what it is, its JSON) for each input and output of an activity, an orchestration and a sub-orchestration."""
    for event in events:
        kind = event.WhichOneof("eventType")
        inner: Any = getattr(event, str(kind))
        for name in ("input", "result"):
            if name in inner.DESCRIPTOR.fields_by_name and inner.HasField(name):
                yield f"{kind} {getattr(inner, 'name', '')} {name}", getattr(inner, name).value


def check(it: System, request_id: str) -> set[str]:
    """The names of the activities that were seen."""
    seen: set[str] = set()
    for instance_id in it.host.instance_ids():
        events = it.host.history(instance_id)
        seen |= {event.taskScheduled.name for event in events if event.HasField("taskScheduled")}
        for what, text in payloads(events):
            listed = json.loads(text).get("windows", []) if text.startswith("{") else []
            assert len(text.encode()) <= _MOST + _PER_WINDOW * len(listed), (what, text)
        for event in events:
            listing = _PER_WINDOW * (_TARGETS // 100 + 2)
            assert event.ByteSize() <= _MOST_EVENT + listing, (instance_id, event)
    assert any(name.startswith(request_id) for name in it.host.instance_ids())
    return seen


async def test_inputs_outputs_and_events_stay_small_in_a_request_of_three_hundred(tmp_path: Path) -> None:
    clock = VirtualClock()
    world = World.demo(_TARGETS + 20, clock=clock.now)
    async with system(tmp_path, world=world, policy=policy(tmp_path), clock=clock) as it:
        names = list(world.tenant("contoso").users)[17 : 17 + _TARGETS - 4]
        others = list(world.tenant("fabrikam").users)[17:21]
        request = await it.ask(contoso=names, fabrikam=others)
        await it.approve(request["id"])
        for _ in range(40):
            shown = await it.shown(request["id"])
            if shown["endedAt"]:
                break
            await it.advance(seconds=15)
        assert shown["status"] == "completed", shown["totals"]
        seen = check(it, request["id"])
        assert {
            "begin_request",
            "plan_targets",
            "seal_plan",
            "reset_target",
            "acquire_permits",
            "release_permits",
        } <= seen
        # A window is never larger, however it is cut: so many activities at most are in one history.
        for instance_id in it.host.instance_ids():
            scheduled = [e for e in it.host.history(instance_id) if e.HasField("taskScheduled")]
            assert sum(e.taskScheduled.name == "reset_target" for e in scheduled) <= 100
