"""One test at the end of the run: every call that the service made, and every response of the simulator, is one of Graph's.

The simulators of all processes write what they see to one file; when the last test has ended, here or in the workers of
xdist, the file is held against Microsoft's description. Nothing recorded, nothing tested.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Literal

import pytest

from localhost.simulator.server.recorder import VARIABLE
from tests.graph_calls.check import COMMAND, WHAT, mistakes_in, read_calls
from tests.tools import missing_tool

NAME = "tests/graph_calls/plugin.py::test_every_call_and_response_is_one_of_graphs"
_FILE = pytest.StashKey[Path]()


def start_recording(config: pytest.Config) -> None:
    """Name a file in the environment of this process, whose children are the workers and the simulators."""
    if hasattr(config, "workerinput") or os.environ.get(VARIABLE):
        return
    handle, name = tempfile.mkstemp(prefix="graph-calls-", suffix=".jsonl")
    os.close(handle)
    config.stash[_FILE] = Path(name)
    os.environ[VARIABLE] = name


def stop_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the simulators that are made until the end of a test out."""
    monkeypatch.delenv(VARIABLE, raising=False)


def hold(session: pytest.Session) -> None:
    """Report the one test, as if it had run last."""
    path = session.config.stash.get(_FILE, None)
    if path is None:
        return
    os.environ.pop(VARIABLE, None)
    calls = read_calls(path)
    path.unlink()
    if not calls:
        return
    outcome, text = _verdict(calls)
    skipped = (str(Path(__file__)), 0, f"Skipped: {text}")
    report = pytest.TestReport(
        nodeid=NAME,
        location=("tests/graph_calls/plugin.py", 0, NAME.rpartition(":")[2]),
        keywords={},
        outcome=outcome,
        longrepr=skipped if outcome == "skipped" else text or None,
        when="call",
    )
    session.testscollected += 1
    session.config.hook.pytest_runtest_logreport(report=report)
    if outcome == "failed":
        session.testsfailed += 1
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _verdict(calls: list[dict[str, object]]) -> tuple[Literal["passed", "failed", "skipped"], str]:
    command = shutil.which(COMMAND)
    if command is None:
        try:
            missing_tool(f"{WHAT} was not tested: there is no `{COMMAND}` on PATH")
        except pytest.skip.Exception as reason:
            return "skipped", str(reason)
        except pytest.fail.Exception as reason:
            return "failed", str(reason)
    mistakes = mistakes_in(calls, command)
    return ("failed", "\n".join(mistakes)) if mistakes else ("passed", "")
