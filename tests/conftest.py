"""What several folders of tests share: Table Storage, and a word at the end on what was left out on this machine."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import NoReturn

import pytest
from hypothesis import settings

from tests.azurite import Azurite, NoAzuriteError
from tests.graph_calls import plugin as graph_calls
from tests.unit_folder import pytest_collect_directory

__all__ = ["pytest_collect_directory"]

_LEFT_OUT = pytest.StashKey[str]()

# How long an example takes depends on what else the machine does: no test is about time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    graph_calls.start_recording(config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    graph_calls.hold(session)


@pytest.fixture
def unrecorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the calls of a test that are wrong on purpose; use it before the service starts."""
    graph_calls.stop_recording(monkeypatch)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """The connection string of an Azurite that keeps everything in memory; skips where there can be none."""

    def leave_out(why: str) -> NoReturn:
        reason = f"Table Storage was not tested: {why}"
        request.config.stash[_LEFT_OUT] = reason
        pytest.skip(reason)

    try:
        store = Azurite(tmp_path_factory.mktemp("azurite"))
        store.start()
    except NoAzuriteError as why:
        leave_out(str(why))
    yield store.connection
    store.stop()


def _tools_missing(reporter: pytest.TerminalReporter) -> set[str]:
    """What tests.tools said of the tests that it skipped."""
    reasons = (str(report.longrepr[2]) for report in reporter.stats.get("skipped", ()))
    return {reason.removeprefix("Skipped: ") for reason in reasons if "was not tested: there is no `" in reason}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """A skip is easily overlooked; this is not."""
    left_out = sorted(_tools_missing(terminalreporter))
    if reason := config.stash.get(_LEFT_OUT, None):
        left_out.append(reason)
    if find_spec("proton") is None:
        left_out.append(
            "The Service Bus on this machine was not tested: python-qpid-proton is not installed "
            "(make setup builds it, which needs a C compiler)."
        )
    if left_out:
        terminalreporter.write_sep("=", "left out", yellow=True)
    for line in left_out:
        terminalreporter.write_line(line)
