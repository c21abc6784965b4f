"""Histories of requests that ended, recorded per version of the orchestrations, and their replay with today's code."""

import base64
import importlib
import json
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from azure.durable_functions.worker import DurableFunctionsWorker

import orchestrators
import orchestrators.app
from localhost.durable.vendor_adapter import pb

GOLDEN = Path(__file__).parent
# What a turn itself writes into the history: not what it was given.
_MADE = {
    "taskScheduled",
    "timerCreated",
    "subOrchestrationInstanceCreated",
    "eventSent",
    "executionCompleted",
    "orchestratorCompleted",
}


@dataclass(frozen=True)
class Recorded:
    """One instance that ended. `events` are HistoryEvents of durabletask's protocol."""

    file: str
    name: str
    events: list[pb.HistoryEvent]

    @property
    def result(self) -> str:
        return next(e.executionCompleted.result.value for e in self.events if e.HasField("executionCompleted"))


def write(folder: Path, name: str, histories: dict[str, list[pb.HistoryEvent]]) -> None:
    """Keeps the instances of one story in one file."""
    folder.mkdir(parents=True, exist_ok=True)
    value = {
        instance: [base64.b64encode(event.SerializeToString()).decode() for event in events]
        for instance, events in histories.items()
    }
    (folder / f"{name}.json").write_text(json.dumps(value, indent=0) + "\n", "utf-8")


def read() -> list[Recorded]:
    """All instances of all versions, those that did not end left out."""
    found: list[Recorded] = []
    for path in sorted(GOLDEN.glob("v*/*.json")):
        for lines in json.loads(path.read_text("utf-8")).values():
            events = [pb.HistoryEvent.FromString(base64.b64decode(line)) for line in lines]
            if any(event.HasField("executionCompleted") for event in events):
                name = next(e.executionStarted.name for e in events if e.HasField("executionStarted"))
                found.append(Recorded(f"{path.parent.name}/{path.stem}", name, events))
    return found


def todays() -> dict[str, Callable[..., Any]]:
    """Today's orchestrators by the names that histories know them by."""
    for module in pkgutil.iter_modules(orchestrators.__path__):
        importlib.import_module(f"orchestrators.{module.name}")
    builders = cast("Any", orchestrators.app.app)._function_builders
    found = [builder._function.get_user_function() for builder in builders]
    # Where the worker library has indexed the app, its wrapper stands before ours.
    return {function.__name__: getattr(function, "orchestrator_function", function) for function in found}


def replay(events: list[pb.HistoryEvent], orchestrator: Callable[..., Any]) -> pb.CompleteOrchestrationAction:
    """How the last turn of this history ends with `orchestrator`, after all turns before it were replayed."""
    turn = max(number for number, event in enumerate(events) if event.HasField("orchestratorStarted"))
    new = [event for event in events[turn:] if event.WhichOneof("eventType") not in _MADE]
    request = pb.OrchestratorRequest(instanceId="golden", pastEvents=events[:turn], newEvents=new)
    answer = DurableFunctionsWorker().execute_orchestration_request(
        orchestrator, base64.b64encode(request.SerializeToString()).decode()
    )
    response = pb.OrchestratorResponse.FromString(base64.b64decode(answer))
    ends = [action.completeOrchestration for action in response.actions if action.HasField("completeOrchestration")]
    assert ends, f"the orchestration did not end but wants {[str(action)[:200] for action in response.actions]}"
    return ends[-1]
