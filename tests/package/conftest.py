"""The package is built once for all tests here. It needs the network, or uv's cache: without either its tests say so and are left out."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.system import ROOT


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder it is unpacked in; the zip lies beside it."""
    folder = tmp_path_factory.mktemp("package")
    command = [str(ROOT / "scripts/package"), str(ROOT / "localhost/policy.demo.toml")]
    made = subprocess.run(
        [*command, "--output", str(folder / "app.zip")], capture_output=True, text=True, check=False, timeout=550
    )
    if made.returncode and ("error sending request" in made.stderr or "dns error" in made.stderr):
        pytest.skip("the package registry cannot be reached: the package was not built and not tested")
    assert made.returncode == 0, made.stderr
    with zipfile.ZipFile(folder / "app.zip") as packed:
        packed.extractall(folder / "app")
    return folder / "app"
