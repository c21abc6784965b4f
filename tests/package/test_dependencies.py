"""pyproject.toml, uv.lock and the exported requirements say the same."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

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
    command = [
        str(uv),
        "export",
        "--python",
        sys.executable,
        "--quiet",
        "--locked",
        "--offline",
        *options,
        "--only-group",
        group,
    ]
    exported = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert exported.returncode == 0, exported.stderr
    assert exported.stdout == (ROOT / file).read_text("utf-8")


def test_every_pinned_file_has_a_hash() -> None:
    for file in EXPORTS:
        lines = (ROOT / file).read_text("utf-8").splitlines()
        packages = [number for number, line in enumerate(lines) if "==" in line]
        assert packages
        assert all("--hash=sha256:" in lines[number + 1] for number in packages), file


@pytest.mark.parametrize("python", [(3, 13), (3, 14)], ids=["3.13", "3.14"])
def test_every_pin_has_a_wheel_for_each_python(python: tuple[int, int]) -> None:
    """On Linux, where Azure runs it; the broker of `serve --service-bus` is the one that is compiled."""
    assert PROJECT["project"]["requires-python"] == ">=3.13,<3.15"
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(5, 35)] + [
        "manylinux1_x86_64",
        "manylinux2014_x86_64",
    ]
    fitting = {*cpython_tags(python, platforms=platforms), *compatible_tags(python, platforms=platforms)}
    pinned = {
        line.split("==")[0]
        for file in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / file).read_text("utf-8").splitlines()
        if "==" in line
    }
    packages = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    wheels = {
        package["name"]: [wheel["url"].rpartition("/")[2] for wheel in package.get("wheels", [])]
        for package in packages
    }
    without = [name for name in pinned if not any(parse_wheel_filename(file)[3] & fitting for file in wheels[name])]
    assert len(pinned) > 100
    assert without == []
