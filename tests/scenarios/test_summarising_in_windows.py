"""A long request is summed up in windows: when it ends, and when its users were looked at again; and its pages read few targets."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities import read_plan_window, summarise_targets
from domain.request import plan
from records.target_summaries import Of
from services import Services
from tests.reads import counted
from tests.receiver import policy_with
from tests.system import System, system
from use_cases import approval_view, decide_approval, target_summaries

pytestmark = pytest.mark.engine_only("it shortens the windows in this process")

USERS = ["adele@contoso.com", "diego@contoso.com", "megan@contoso.com"]


@pytest.fixture
async def it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    """A service whose windows have two targets."""
    for module in (plan, read_plan_window, target_summaries, approval_view):
        monkeypatch.setattr(module, "WINDOW", 2)
    async with system(tmp_path, policy=policy_with(tmp_path, '[followUp]\nafter = "24h"\n')) as made:
        yield made


@pytest.fixture
def summarised(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What is summarised, and of which window."""
    made: list[tuple[str, int]] = []

    async def noted(services: Services, request_id: str, of: Of, start: int) -> None:
        made.append((of, start))
        await target_summaries.summarise(services, request_id, of, start)

    monkeypatch.setattr(summarise_targets, "summarise", noted)
    return made


async def test_a_long_request_is_summed_up_once_at_its_end_and_after_the_follow_up(
    it: System, summarised: list[tuple[str, int]]
) -> None:
    request_id = str((await it.ask(contoso=USERS))["id"])
    await it.approve(request_id)
    assert summarised == [("outcomes", 0), ("outcomes", 2)]
    await it.advance(days=2)
    assert summarised == [("outcomes", 0), ("outcomes", 2), ("followUps", 0), ("followUps", 2)]
    shown = await it.shown(request_id)
    assert sum(shown["followUp"]["totals"].values()) == shown["totals"]["reset"]


async def test_a_short_request_is_not(tmp_path: Path, summarised: list[tuple[str, int]]) -> None:
    async with system(tmp_path) as it:
        request_id = str((await it.ask(contoso=USERS))["id"])
        await it.approve(request_id)
        assert (await it.shown(request_id))["endedAt"] is not None
        assert summarised == []


@pytest.mark.parametrize("decision", ["approve", "deny"])
async def test_the_answer_to_a_decision_reads_no_target(
    it: System, monkeypatch: pytest.MonkeyPatch, decision: str
) -> None:
    request_id = str((await it.ask(contoso=USERS, fabrikam=["alex@fabrikam.com"]))["id"])

    async def not_yet(*_: object) -> None: ...

    monkeypatch.setattr(decide_approval, "wake", not_yet)
    link = next(iter(it.links(request_id).values()))
    page = await it.http.get(link)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
    form = hidden | {"decision": decision, "comment": "Seen"}
    with counted(it.services.store) as reads:
        answer = await it.http.post(link, data=form, headers={"Origin": it.host.base_url})
    assert answer.status_code == 200
    assert 'id="totals"' not in answer.text
    assert reads.calls > 0
    assert reads.targets == 0
    with counted(it.services.store) as reads:
        assert (await it.http.get(link)).status_code == 200
    assert reads.calls > 0
    assert reads.targets == 0
