"""Completion, in each shell that is installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system import ROOT

SCRIPTS = {
    "bash": 'eval "$(mfa-reset completion bash)"; COMP_WORDS=(mfa-reset re) COMP_CWORD=1; _mfa_reset_completion mfa-reset;'
    ' printf "%s\\n" "${COMPREPLY[@]}"',
    # A completion widget needs a terminal: what compdef would run is run, with `compadd` and `_describe` printing.
    "zsh": 'compdef() { :; }; _arguments() { print -l -- "$@"; }; _describe() { print -l -- "${(@P)3}" "$@"; };'
    ' eval "$(mfa-reset completion zsh)"; words=(mfa-reset re); CURRENT=2; _mfa_reset_completion',
    "fish": 'mfa-reset completion fish | source; complete --do-complete "mfa-reset re"',
    "pwsh": "function Import-Module {}; function Set-PSReadLineKeyHandler {};"
    " mfa-reset completion powershell | Out-String | Invoke-Expression;"
    ' (TabExpansion2 "mfa-reset re" 12).CompletionMatches | ForEach-Object { $_.CompletionText }',
}


@pytest.mark.parametrize("shell", SCRIPTS)
def test_commands_are_completed(tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"completion in {shell} is left out: {shell} is not installed")
    command = tmp_path / "mfa-reset"
    command.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from mfa_reset_client.cli import run; run()' \"$@\"\n")
    command.chmod(0o755)
    options = ["-NoProfile", "-Command"] if shell == "pwsh" else ["-c"]
    environ = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "client"),
        "HOME": str(tmp_path),
    }
    result = subprocess.run(
        [shell, *options, SCRIPTS[shell]], check=False, capture_output=True, text=True, env=environ, timeout=60
    )
    for name in ("request", "retry", "remind"):
        assert name in result.stdout, result.stdout + result.stderr
    assert "cancel" not in result.stdout


def test_other_shells_are_refused() -> None:
    environ = os.environ | {"PYTHONPATH": str(ROOT / "client")}
    run = [sys.executable, "-m", "mfa_reset_client", "completion", "tcsh"]
    result = subprocess.run(run, check=False, capture_output=True, text=True, env=environ)
    assert result.returncode == 2
    assert "powershell" in result.stderr
