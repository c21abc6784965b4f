"""What rests on a release candidate, and which private names of other packages are used: an upgrade that moves one fails by name.

After an upgrade: let these tests and the golden replays pass, run the scenarios, then change `TRIED`. docs/operations.md says what
else to look at.
"""

import ast
import importlib
import inspect
import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import aiohttp
import azure.durable_functions as df
import pytest
from azure.functions._durable_functions import df_dumps, df_loads
from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus._pyamqp.message import Message as AmqpMessage

from domain.model import Model
from tests.system import ROOT

# The versions with which everything here, the golden replays and the scenarios were seen to work.
TRIED = {"azure-functions": "2.3.0", "azure-functions-durable": "2.0.0rc3", "durabletask": "1.12.0"}

# Every name of azure-functions-durable 2.x and of durabletask that the app imports, with the parameters that it gives by name.
NAMES = {
    "azure.durable_functions": {"Blueprint": "", "DFApp": "http_auth_level", "DurableFunctionsClient": ""},
    "durabletask.client": {
        "OrchestrationQuery": "instance_id_prefix runtime_status",
        "OrchestrationStatus": "",
    },
    "durabletask.task": {
        "OrchestrationContext": "",
        "RetryPolicy": "first_retry_interval max_number_of_attempts backoff_coefficient max_retry_interval",
        "Task": "",
        "TaskFailedError": "",
        "TimerTask": "",
        "when_all": "",
        "when_any": "",
    },
}
# What is called on the client binding, on the orchestrator's context and on the blueprint.
METHODS = {
    "azure.durable_functions.DurableFunctionsClient": {
        "schedule_new_orchestration": "input instance_id",
        "get_orchestration_state": "fetch_payloads",
        "get_all_orchestration_states": "",
        "purge_orchestration": "recursive",
        "purge_orchestrations_by": "created_time_to runtime_status",
        "raise_orchestration_event": "data",
        "terminate_orchestration": "recursive",
    },
    "azure.durable_functions.Blueprint": {
        "activity_trigger": "input_name",
        "durable_client_input": "client_name",
        "orchestration_trigger": "context_name",
        "route": "methods auth_level",
    },
    "azure.durable_functions.DFApp": {"register_functions": ""},
    "durabletask.task.OrchestrationContext": {
        "call_activity": "input retry_policy",
        "call_sub_orchestrator": "input instance_id",
        "continue_as_new": "",
        "create_timer": "",
        "current_utc_datetime": "",
        "instance_id": "",
        "wait_for_external_event": "",
    },
    "durabletask.task.Task": {"get_result": "", "is_complete": "", "is_failed": ""},
    "durabletask.task.TimerTask": {"cancel": ""},
}
# What durable.py calls these objects.
OBJECTS = {
    "app": "azure.durable_functions.Blueprint",
    "client": "azure.durable_functions.DurableFunctionsClient",
    "ctx": "durabletask.task.OrchestrationContext",
    "task": "durabletask.task.Task",
    "timer": "durabletask.task.TimerTask",
}
# Private names of other packages: where each one is used, and nowhere else.
PRIVATE = {
    ("messaging/bus.py", "azure.servicebus._pyamqp.message"),
    ("graph/transport.py", "_retry_connection"),
    ("localhost/host/app_index.py", "_functions"),
    ("localhost/servicebus/server.py", "_selectable"),
    # OpenTelemetry's logs still have an underscore in all their modules.
    ("telemetry/providers.py", "opentelemetry._logs"),
    ("telemetry/providers.py", "opentelemetry.sdk._logs"),
    ("telemetry/setup.py", "opentelemetry.sdk._logs.export"),
    ("telemetry/setup.py", "opentelemetry.exporter.otlp.proto.http._log_exporter"),
    ("localhost/servicebus/server.py", "_delegate"),
}
FOLDERS = (
    "activities contracts domain graph localhost messaging orchestrators records reset telemetry triggers use_cases web"
)


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every file of the app and of the local host, by its path."""
    files = [path for folder in FOLDERS.split() for path in (ROOT / folder).rglob("*.py")]
    for path in [*files, *(ROOT / name for name in ("durable.py", "function_app.py", "services.py", "settings.py"))]:
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def found(path: str) -> object:
    """The class that a dotted name stands for."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(("package", "tried"), TRIED.items())
def test_the_version_is_one_that_was_tried(package: str, tried: str) -> None:
    assert version(package) == tried
    pinned = (ROOT / "requirements.txt").read_text("utf-8")
    assert f"{package}=={tried}" in pinned.split()


def test_only_durable_functions_is_a_candidate_among_the_packages_that_functions_rest_on() -> None:
    pinned = (ROOT / "requirements.txt").read_text("utf-8")
    before_release = re.findall(r"^([\w.-]+)==[\d.]+(?:a|b|rc)\d+", pinned, re.MULTILINE)
    # The exporter has had no other kind of release.
    assert set(before_release) <= {"azure-functions-durable", "azure-monitor-opentelemetry-exporter"} | {
        name for name in before_release if name.startswith("opentelemetry-")
    }


@pytest.mark.parametrize(
    ("module", "name", "given"), [(m, n, g) for m, names in NAMES.items() for n, g in names.items()]
)
def test_the_name_is_there_with_its_parameters(module: str, name: str, given: str) -> None:
    value = found(f"{module}.{name}")
    assert callable(value)
    if given:
        assert set(given.split()) <= set(inspect.signature(value).parameters)


@pytest.mark.parametrize(
    ("kind", "name", "given"), [(k, n, g) for k, names in METHODS.items() for n, g in names.items()]
)
def test_the_method_is_there_with_its_parameters(kind: str, name: str, given: str) -> None:
    value = getattr(found(kind), name, None)
    assert value is not None
    if given:
        assert callable(value)
        assert set(given.split()) <= set(inspect.signature(value).parameters)


def test_every_name_in_use_is_listed() -> None:
    for path, tree in sources():
        if path.startswith("localhost/"):  # its own list is in tests/localhost/durable/test_vendor_adapter.py
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("durabletask", "azure.durable")):
                assert {alias.name for alias in node.names} <= NAMES[node.module or ""].keys(), path
            if path == "durable.py" and isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                kind = OBJECTS.get(node.value.id)
                assert kind is None or node.attr in METHODS[kind], f"{path}: {node.value.id}.{node.attr}"


def test_a_payload_that_names_a_class_makes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without strict typing the codec would import and call what a payload in storage names."""
    called: list[object] = []
    monkeypatch.setattr(Model, "from_json", called.append, raising=False)
    monkeypatch.setenv("AZURE_FUNCTIONS_DURABLE_STRICT_TYPING", "1")
    payload = {"__class__": "Model", "__module__": "domain.model", "__data__": "{}"}
    try:
        read = df_loads(json.dumps(payload))
    except (TypeError, ValueError):
        read = None
    assert not isinstance(read, Model)
    assert called == []
    assert json.loads(df_dumps({"id": "1", "many": [1, None]})) == {"id": "1", "many": [1, None]}


def test_private_names_are_used_where_they_are_listed_and_nowhere_else() -> None:
    used: set[tuple[str, str]] = set()
    for path, tree in sources():
        ours = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_of_self(node)}
        lines = (ROOT / path).read_text("utf-8").splitlines()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and re.search(r"(^|\.)_[a-z]", node.module or ""):
                used.add((path, node.module or ""))
            if isinstance(node, ast.Attribute) and "noqa: SLF001" in lines[node.lineno - 1]:
                used |= {(path, node.attr)} if node.attr.startswith("_") and node.attr not in ours else set()
    assert used == PRIVATE


def _is_of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}


def test_aiohttp_retries_a_lost_connection_unless_retry_connection_is_off() -> None:
    """graph/transport.py switches that off: whether a removal is asked for twice is for the caller to decide."""
    request = inspect.getsource(aiohttp.ClientSession._request)
    assert re.search(r"self\._retry_connection", request)
    assert "_retry_connection" in inspect.getsource(aiohttp.ClientSession.__init__)


def test_servicebus_settles_a_message_by_its_lock_token_alone() -> None:
    """messaging/bus.py sets a message aside that the Functions host holds."""
    token = "0f8fad5b-d9cb-469f-a165-70867728950e"
    message = ServiceBusReceivedMessage(AmqpMessage(), receiver=None, is_deferred_message=True, lock_token=token)
    assert str(message.lock_token) == token


def test_the_client_binding_gives_the_documented_client() -> None:
    assert inspect.iscoroutinefunction(df.DurableFunctionsClient.schedule_new_orchestration)


def test_the_pages_say_what_is_a_candidate() -> None:
    candidate = f"azure-functions-durable` {TRIED['azure-functions-durable']}"
    for page in ("README.md", "docs/operations.md"):
        assert candidate in " ".join(Path(ROOT / page).read_text("utf-8").split()), page
