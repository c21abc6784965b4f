"""`pytest tests/unit`: the tests that serve no app and need no network, where they lie, in the folders of their packages."""

from collections.abc import Iterable
from pathlib import Path

import pytest

FOLDERS = ("contracts", "domain", "orchestrators", "reset")
_TESTS = Path(__file__).parent


class _Unit(pytest.Directory):
    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        for name in FOLDERS:
            yield pytest.Dir.from_parent(self, path=_TESTS / name)


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect them where tests/unit was asked for by name; a run of all tests finds them in their folders."""
    asked = path == _TESTS / "unit" and parent.session.isinitpath(path)
    return _Unit.from_parent(parent, path=path) if asked else None
