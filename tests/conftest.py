"""What is left out on a machine that lacks something is said at the end, where it is not overlooked."""

from importlib.util import find_spec

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if find_spec("proton") is None:
        terminalreporter.write_sep("=", "left out", yellow=True)
        terminalreporter.write_line(
            "The Service Bus on this machine was not tested: python-qpid-proton is not installed "
            "(make setup builds it, which needs a C compiler)."
        )
