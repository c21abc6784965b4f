"""What several folders of tests share: Table Storage, and a word at the end on what was left out on this machine."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
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


# Files that take longest, mostly waiting for processes, compilers and browsers: begun first, so that none of them is all
# that is left in the end. Seconds by `pytest --durations=0`; xdist would begin with the files of most tests.
_LONGEST = (
    "infra/test_compiled.py",
    "crash/test_task_hub_outages.py",
    "crash/test_task_hub_kills.py",
    "infra/test_azd.py",
    "security/test_fuzz.py",
    "console/test_quality.py",
    "scenarios/test_graph_faults.py",
    "scenarios/test_undo.py",
    "scenarios/test_post_completion_mails.py",
    "scenarios/test_exports_and_evidence.py",
    "client/test_cli.py",
    "web/test_browser.py",
    "crash/test_others_away.py",
    "crash/test_kills.py",
    "localhost/servicebus/test_broker.py",
)
_TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {_TESTS / name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


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
