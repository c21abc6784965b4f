"""pyproject.toml, uv.lock and the exported requirements say the same."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.system import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXPORTS = {
    "requirements.txt": "app",
    "requirements-dev.txt": "dev",
    "requirements-servicebus.txt": "servicebus",
    "requirements-uv.txt": "bootstrap",
    "scripts/api_tools/requirements.txt": "generators",
}


def test_pip_installs_what_one_machine_needs() -> None:
    groups = PROJECT["dependency-groups"]
    assert PROJECT["project"]["dependencies"] == groups["app"] + groups["host"]


@pytest.mark.parametrize(("file", "group"), EXPORTS.items())
def test_requirements_are_exported_from_the_lock(file: str, group: str) -> None:
    """`--locked`: uv.lock is what pyproject.toml asks for. Otherwise: make lock."""
    uv = Path(sys.executable).with_name("uv")
    options = ["--no-header", "--no-annotate", "--no-emit-project", "--format", "requirements.txt"]
    command = [str(uv), "export", "--quiet", "--locked", "--offline", *options, "--only-group", group]
    exported = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert exported.returncode == 0, exported.stderr
    assert exported.stdout == (ROOT / file).read_text("utf-8")


def test_every_pinned_file_has_a_hash() -> None:
    for file in EXPORTS:
        lines = (ROOT / file).read_text("utf-8").splitlines()
        packages = [number for number, line in enumerate(lines) if "==" in line]
        assert packages
        assert all("--hash=sha256:" in lines[number + 1] for number in packages), file
