"""Targets that a long request leaves out, or ends with, are settled in windows: no activity works on all of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities import settle_targets
from domain.request import windows
from tests.scenarios.test_plan_in_windows import scheduled
from tests.system import System, system

pytestmark = pytest.mark.engine_only("it shortens the windows in this process and reads the engine's history")


@pytest.fixture
async def it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    """A service whose windows have two targets."""
    monkeypatch.setattr(windows, "STEP", 2)
    monkeypatch.setattr(settle_targets, "STEP", 2)
    async with system(tmp_path) as made:
        yield made


async def planned(it: System) -> str:
    """A request for three users that waits for its approval."""
    users = ["adele@contoso.com", "diego@contoso.com", "megan@contoso.com"]
    request_id = str((await it.ask(contoso=users))["id"])
    assert (await it.shown(request_id))["status"] == "awaitingApproval"
    return request_id


async def test_who_is_left_out_is_settled_in_windows(it: System) -> None:
    request_id = await planned(it)
    (link,) = it.links(request_id).values()
    await it.decide(link, "approve", without=["0", "2"])
    assert scheduled(it, request_id, "settle_targets") == 2
    assert [target["reason"] for target in await it.targets(request_id)] == [
        "excludedByApprover",
        "",
        "excludedByApprover",
    ]


@pytest.mark.parametrize("end", ["denied", "cancelled", "planChanged"])
async def test_a_request_that_ends_undone_is_settled_in_windows(it: System, end: str) -> None:
    request_id = await planned(it)
    (link,) = it.links(request_id).values()
    if end == "cancelled":
        await it.call("POST", f"/api/reset-requests/{request_id}/cancel", 202)
        await it.host.idle()
    elif end == "denied":
        await it.decide(link, "deny", comment="Not today")
    else:
        kept = await it.services.targets.get(request_id, 2)
        assert kept is not None
        changed = kept.target.model_copy(update={"methods": kept.target.methods[:-1]})
        assert await it.services.targets.save(request_id, kept, changed)
        await it.decide(link, "approve")
    shown = await it.shown(request_id)
    assert (shown["status"], shown["totals"]["pending"]) == ("failed" if end == "planChanged" else end, 0)
    assert scheduled(it, request_id, "settle_targets") == 2
    reason = "requestFailed" if end == "planChanged" else end
    assert {target["reason"] for target in await it.targets(request_id)} == {reason}
