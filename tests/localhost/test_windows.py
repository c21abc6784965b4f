"""What the local host says on Windows, where it does not run."""

import subprocess
import sys

from tests.system import ROOT


def test_it_says_in_one_line_that_it_does_not_run_there() -> None:
    code = "import runpy, sys; sys.platform = 'win32'; sys.modules['fcntl'] = None; runpy.run_module('localhost')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "WSL" in done.stderr
