"""Commands that some tests need and not every machine has: Microsoft's compilers, Node.js. CI has them (`.ci/run`)."""

import os
import shutil
from typing import NoReturn

import pytest

# Set where the tools have to be there: a test that cannot find its tool fails then, instead of being skipped.
_REQUIRED = "REQUIRE_TOOLS"


def require_tool(command: str, what: str) -> str:
    """Return the path of `command`; where it is missing, skip the test and say that `what` was not tested."""
    path = shutil.which(command)
    if path is None:
        missing_tool(f"{what} was not tested: there is no `{command}` on PATH")
    return path


def missing_tool(reason: str) -> NoReturn:
    """Skip the test, or fail it where the tools have to be there."""
    if os.environ.get(_REQUIRED):
        pytest.fail(f"{reason}, and {_REQUIRED} says there must be")
    pytest.skip(reason)
