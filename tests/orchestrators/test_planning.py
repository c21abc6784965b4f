"""How many windows a request plans at once: what it was given at its begin, and what older requests replay with."""

from datetime import datetime
from typing import Any

import pytest
from durabletask.task import CompletableTask

from contracts.workflow import BEGIN_REQUEST, PLAN_TARGETS, RECORD_EVENT
from orchestrators.reset_request import reset_request


class Context:
    """Answers what comes before the plan; `planning` counts what is planned before any of it has ended."""

    instance_id = "r1"
    current_utc_datetime = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001 - the engine's own are naive, in UTC

    def __init__(self, begun: dict[str, Any]) -> None:
        self.planning = 0
        self._answers: dict[str, Any] = {BEGIN_REQUEST.name: begun, RECORD_EVENT.name: {"senders": []}}

    def wait_for_external_event(self, _: str) -> CompletableTask[Any]:
        return CompletableTask[Any]()

    def call_activity(self, name: str, **_: Any) -> CompletableTask[Any]:
        task = CompletableTask[Any]()
        self.planning += name == PLAN_TARGETS.name
        if name in self._answers:
            task.complete(self._answers[name])
        return task


@pytest.mark.parametrize(("given", "at_once"), [({"planning": 16}, 16), ({}, 8)])
def test_windows_planned_at_once(given: dict[str, int], at_once: int) -> None:
    windows = [(f"customer{n}", 100 * n, 100) for n in range(20)]
    context = Context({"go": True, "windows": windows, "drafts": [], **given})
    steps = reset_request(context, {"id": "r1", "run": "0"})  # type: ignore[arg-type]  # as much of a context as it uses
    task = next(steps)
    while not context.planning:
        task = steps.send(task.get_result())
    assert context.planning == at_once
