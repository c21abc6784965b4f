"""Orchestrators, activities and the built app agree on names, and what is in histories has the types of the contract."""

import ast
import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

import contracts.words
import contracts.workflow
import graph.errors
import orchestrators
from contracts.workflow import Activity, Orchestration
from localhost.host.app_index import App, load_app
from localhost.testing import environment as process_environment
from tests.golden.histories import Recorded, read
from tests.system import ROOT, environment


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    settings = environment(tmp_path_factory.mktemp("app")) | {"PUBLIC_BASE_URL": "http://127.0.0.1:7071"}
    with process_environment(settings):
        return load_app(ROOT)


def _registered(app: App, trigger: str) -> set[str]:
    names = {function.durable_name for function in app.triggered_by(trigger)}
    return {
        name for name in names if not name.startswith("BuiltIn__")
    }  # azure-functions-durable brings some of its own


def _used(kind: type[Activity[Any, Any]] | type[Orchestration[Any, Any]]) -> set[str]:
    """The names of what orchestrators' modules import of the contract."""
    modules = [
        importlib.import_module(f"orchestrators.{found.name}") for found in pkgutil.iter_modules(orchestrators.__path__)
    ]
    return {value.name for module in modules for value in vars(module).values() if isinstance(value, kind)}


def test_the_app_registers_the_activities_that_orchestrators_call_and_no_others(app: App) -> None:
    assert _registered(app, "activityTrigger") == _used(Activity)


def test_the_app_registers_the_orchestrations_of_the_contract_and_no_others(app: App) -> None:
    assert _registered(app, "orchestrationTrigger") == _used(Orchestration)


def test_orchestrators_name_nothing_themselves() -> None:
    """They call by contract, so that the names above are all."""
    for path in sorted((ROOT / "orchestrators").glob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        calls = {
            node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not calls & {"call_activity", "call_sub_orchestrator"} or path.name == "app.py", path


def test_graph_faults_are_words_of_the_contract() -> None:
    assert {fault.value for fault in graph.errors.Fault} == set(get_args(contracts.words.GraphFault.__value__))


def _contracts() -> dict[str, tuple[TypeAdapter[Any], TypeAdapter[Any]]]:
    """By name, the types of input and answer."""
    found = {}
    for name, annotation in inspect.get_annotations(contracts.workflow).items():
        types = get_args(annotation)
        found[vars(contracts.workflow)[name].name] = TypeAdapter(types[0]), TypeAdapter(types[1])
    return found


def _payloads(recorded: Recorded) -> Iterator[tuple[str, int, str]]:
    """(name, 0 for an input and 1 for an answer, JSON) of everything in a history."""
    scheduled: dict[int, str] = {}
    for event in recorded.events:
        match event.WhichOneof("eventType"):
            case "executionStarted":
                yield recorded.name, 0, event.executionStarted.input.value
            case "executionCompleted":
                yield recorded.name, 1, event.executionCompleted.result.value
            case "taskScheduled":
                scheduled[event.eventId] = event.taskScheduled.name
                yield event.taskScheduled.name, 0, event.taskScheduled.input.value
            case "subOrchestrationInstanceCreated":
                created = event.subOrchestrationInstanceCreated
                scheduled[event.eventId] = created.name
                yield created.name, 0, created.input.value
            case "taskCompleted":
                done = event.taskCompleted
                yield scheduled[done.taskScheduledId], 1, done.result.value
            case "subOrchestrationInstanceCompleted":
                ended = event.subOrchestrationInstanceCompleted
                yield scheduled[ended.taskScheduledId], 1, ended.result.value


@pytest.mark.parametrize("recorded", read(), ids=lambda r: f"{r.file}-{r.name}")
def test_recorded_inputs_and_answers_have_the_types_of_the_contract(recorded: Recorded) -> None:
    types = _contracts()
    for name, side, text in _payloads(recorded):
        adapter = types[name][side]
        # A field that the contract does not know is dropped here, and so differs.
        assert adapter.dump_python(adapter.validate_json(text), mode="json") == json.loads(text), (name, text)
