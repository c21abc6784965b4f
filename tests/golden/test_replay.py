"""Instances that began before an upgrade go on after it: recorded histories replay with today's orchestrators."""

import json
import re

import pytest

from localhost.durable.vendor_adapter import pb
from tests.golden.histories import GOLDEN, Recorded, read, replay, todays
from tests.golden.record import STORIES
from tests.system import ROOT

RECORDED = read()


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere the app runs."""
    monkeypatch.setenv("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", "1")


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda r: f"{r.file}-{r.name}")
def test_history_replays_to_the_same_end(recorded: Recorded) -> None:
    """Fails where a step moved. Meant? Branch on its version, raise defaultVersion, record anew: docs/upgrade.md."""
    end = replay(recorded.events, todays()[recorded.name])
    assert end.orchestrationStatus == pb.ORCHESTRATION_STATUS_COMPLETED, end.failureDetails.errorMessage
    assert json.loads(end.result.value) == json.loads(recorded.result)


def test_the_current_version_is_recorded_whole() -> None:
    version = json.loads((ROOT / "host.json").read_text("utf-8"))["extensions"]["durableTask"]["defaultVersion"]
    assert {path.stem for path in (GOLDEN / f"v{version}").glob("*.json")} == {story.__name__ for story in STORIES}
    assert {"reset_request", "reset_window"} <= {r.name for r in RECORDED if r.file.startswith(f"v{version}/")}


def test_a_moved_step_is_noticed() -> None:
    """The check bites: the history of one step, renamed, does not replay."""
    recorded = next(r for r in RECORDED if r.name == "reset_request" and r.file.endswith("/approved"))
    events = [pb.HistoryEvent.FromString(event.SerializeToString()) for event in recorded.events]
    first = next(event for event in events if event.HasField("taskScheduled"))
    first.taskScheduled.name = "begin_something_else"
    end = replay(events, todays()["reset_request"])
    assert end.orchestrationStatus == pb.ORCHESTRATION_STATUS_FAILED
    assert re.search(
        "nondeterminis|non-determinis", end.failureDetails.errorType + end.failureDetails.errorMessage, re.IGNORECASE
    )


def test_histories_contain_no_personal_data() -> None:
    for recorded in RECORDED:
        text = " ".join(str(event) for event in recorded.events)
        assert not re.search(r"adele|alex@|@contoso|@fabrikam|\+\d{6}", text, re.IGNORECASE)
