"""Scenarios marked `azure_storage` run twice: on the embedded engine, and on the real Azure Storage provider over Azurite.

Every scenario that leaves the clock alone is marked; one that is not, and never moves the clock, fails.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import system
from tests.azurite import ALL_SERVICES, Azurite, NoAzuriteError
from tests.task_hub import TaskHubProcess
from tests.tools import missing_tool, require_tool

_PROVIDER = "taskhub"
_NOT_TESTED = "The workflow on the real Azure Storage provider"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("azure_storage") is not None:
        metafunc.parametrize("durable_storage", ["engine", _PROVIDER], indirect=True)


@pytest.fixture(scope="session")
def storage_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Queues, blobs and tables in memory; each test has a task hub of its own there."""
    try:
        azurite = Azurite(tmp_path_factory.mktemp("storage"), services=ALL_SERVICES)
        azurite.start()
    except NoAzuriteError as why:
        missing_tool(f"{_NOT_TESTED} was not tested: {why}")
    yield azurite
    azurite.stop()


@pytest.fixture(autouse=True)
def durable_storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if getattr(request, "param", "engine") == _PROVIDER:
        program = require_tool("taskhub", _NOT_TESTED)
        account = request.getfixturevalue("storage_account")
        hub = TaskHubProcess(program, account, system.new_hub_name(), tmp_path)
        monkeypatch.setattr(system, "task_hub", hub.start())
        try:
            yield
        finally:
            hub.close()
        return
    monkeypatch.setattr(system, "clock_uses", 0)
    monkeypatch.setattr(system, "starts", 0)
    yield
    marks = {"azure_storage", "engine_only"}
    if system.starts and not system.clock_uses and not any(request.node.get_closest_marker(name) for name in marks):
        pytest.fail("it never moves the clock: mark it azure_storage, or engine_only with the reason")
