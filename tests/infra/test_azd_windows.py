"""The hooks of azd for Windows, in PowerShell, with the same stand-ins for `az` and `azd` as the others.

PowerShell is that of this machine, so paths are those of POSIX: on Windows itself they were not tried.
"""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from scripts.azure.cloud import command_line
from tests.infra.azd import Azd, HookFailedError
from tests.infra.bicep import ROOT
from tests.infra.test_azd import POLICY, SECRETS, STEPS, ZENDESK
from tests.tools import require_tool


@pytest.fixture(scope="module")
def pwsh() -> str:
    return require_tool("pwsh", "the hooks for Windows")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY + ZENDESK, "utf-8")
    return file


def test_from_nothing_it_ends_well(tmp_path: Path, policy: Path, pwsh: str) -> None:
    """The whole walk, and then a secret that only another system makes."""
    azd = Azd(tmp_path / "azd", policy, pwsh=pwsh, DURABLE_TASK_SCHEDULER="true")
    azd.up()
    assert azd.log == [*STEPS[:-1], "deploy policy.toml --durable-task-scheduler"]
    (vault,) = azd.state["vaults"].values()
    assert vault["secrets"].keys() == SECRETS | {"ZENDESK-SECRET"}
    assert "All 6 references of the app to the key vault lead to their secrets." in azd.written
    azd.run("scripts/azure/set-secret.ps1", "ZENDESK_SECRET", given="signing-secret-of-zendesk\n")
    (vault,) = azd.state["vaults"].values()
    assert vault["secrets"]["ZENDESK-SECRET"]["value"] == "signing-secret-of-zendesk"


def test_a_failure_stops_azd_and_is_passed_on(tmp_path: Path, policy: Path, pwsh: str) -> None:
    azd = Azd(tmp_path / "azd", policy, pwsh=pwsh)
    with azd.changed() as state:
        state["failures"] = {"az deployment sub create": 1}
    with pytest.raises(HookFailedError, match=r"`az deployment sub` failed:\nERROR: \(InternalServerError\)"):
        azd.command("provision")
    assert azd.log == ["preprovision"]
    calls = azd.state["calls"]
    policy_file = azd.project / "policy.toml"
    policy_file.write_text(POLICY.replace("bearer", "bearish"), "utf-8")
    with pytest.raises(HookFailedError):
        azd.command("provision")
    assert "sources.servicenow.scheme: must be" in azd.written
    policy_file.unlink()
    for command in ("provision", "package"):
        with pytest.raises(HookFailedError, match=r"^There is no policy\.toml"):
            azd.command(command)
    assert azd.state["calls"] == calls, "it went on with a bad policy"


PYTHON = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in
  -c*) echo 3.13 ;;
  "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *requirements.txt) exit "${INSTALL:-0}" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without .venv, and a Python that writes down what it is asked to do."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/setup.ps1").write_bytes((ROOT / "scripts/setup.ps1").read_bytes())
    (tmp_path / ".python-version").write_text("3.13\n", "utf-8")
    python = tmp_path / "bin/python3.13"
    python.parent.mkdir()
    python.write_text(PYTHON, "utf-8")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def _setup(pwsh: str, checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    shell = {"PATH": f"{checkout / 'bin'}:/usr/bin:/bin", "CALLS": str(checkout / "calls"), "HOME": os.environ["HOME"]}
    command = [pwsh, str(checkout / "scripts/setup.ps1")]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=shell | environment, timeout=60)


def test_setup_makes_an_environment_once_and_fails_with_its_installer(checkout: Path, pwsh: str) -> None:
    assert _setup(pwsh, checkout).returncode == 0
    calls = (checkout / "calls").read_text("utf-8").splitlines()
    assert "python3.13 -m venv .venv" in calls
    assert calls[-2].endswith("pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt")
    assert calls[-1].endswith("--require-hashes --python .venv/bin/python -r requirements.txt")
    failed = _setup(pwsh, checkout, INSTALL="2")
    assert failed.returncode != 0
    assert (checkout / "calls").read_text("utf-8").count("-m venv") == 1


def test_setup_says_which_python_is_missing(checkout: Path, pwsh: str) -> None:
    (checkout / ".python-version").write_text("3.99\n", "utf-8")
    done = _setup(pwsh, checkout)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Python 3.99 is needed" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_batch_file_gets_each_argument_in_quotes() -> None:
    """cmd.exe reads the line of az.cmd: an `&` outside of quotes would end the command and begin another."""
    page = "https://management.azure.com/x?api-version=1&skip=2"
    assert (
        command_line(r"C:\CLI\wbin\az.CMD", ["rest", "--url", page]) == rf'"C:\CLI\wbin\az.CMD" "rest" "--url" "{page}"'
    )
    assert command_line("/usr/bin/az", ["rest", "--url", page]) == ["/usr/bin/az", "rest", "--url", page]
