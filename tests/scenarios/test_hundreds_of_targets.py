"""Six hundred targets over the real path: the cost per target is that of a few, and what is stored stays small."""

from pathlib import Path

from localhost.clock import VirtualClock
from localhost.simulator import World
from tests.system import ROOT, System, system

_CUSTOMERS = ("contoso", "fabrikam", "tailspin")


def policy(tmp_path: Path) -> Path:
    """The demo's policy with nothing in the way of many targets."""
    text = (ROOT / "localhost/policy.demo.toml").read_text(encoding="utf-8")
    text = (
        text.replace("targets = 25", "targets = 100000").replace('"stepUp"', '"allow"').replace('"refuse"', '"allow"')
    )
    text = text.replace("[guards]", '[guards]\ndisabledUsers = "allow"')
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


async def calls_for(tmp_path: Path, users: int) -> float:
    """Calls per target of a request for `users` of each customer, all of which must end well."""
    tmp_path.mkdir()  # noqa: ASYNC240 - a test, once
    clock = VirtualClock()
    async with system(
        tmp_path, world=World.demo(users + 20, clock=clock.now), policy=policy(tmp_path), clock=clock
    ) as it:
        names = [list(it.world.tenant(key).users)[17 : 17 + users] for key in _CUSTOMERS]
        request = await it.ask(contoso=names[0], fabrikam=names[1], tailspin=names[2])
        for link in it.links(request["id"]).values():
            await it.decide(link, "approve")
        for _ in range(40):
            shown = await it.shown(request["id"])
            if shown["endedAt"]:
                break
            await it.advance(seconds=15)
        assert shown["status"] == "completed", shown["totals"]
        assert shown["totals"]["reset"] + shown["totals"]["alreadyClear"] == 3 * users
        check_rows(it, request["id"])
        return sum(call for (_, template, _), call in it.world.calls.counts.items() if "/users/{user}" in template) / (
            3 * users
        )


def check_rows(it: System, request_id: str) -> None:
    """No orchestration of the request grew with the request: windows are orchestrations of their own."""
    for instance_id in it.host.instance_ids():
        if instance_id.startswith(request_id):
            # A window: three events for each of its hundred activities, as many for turns of the orchestrator, and some.
            assert len(it.host.history(instance_id)) < 1000, instance_id


async def test_cost_per_target_is_flat(tmp_path: Path) -> None:
    few, many = await calls_for(tmp_path / "few", 20), await calls_for(tmp_path / "many", 200)
    assert many < few * 1.1
