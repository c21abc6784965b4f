"""The package stands alone: it imports only what it declares, and nothing of the service."""

import ast
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from domain.outcomes import RequestStatus
from domain.outcomes import TargetOutcome as ServiceOutcome
from mfa_reset_client.exit_codes import _OF_STATUS, MEANINGS, ExitCode
from mfa_reset_client.models import Status, TargetOutcome

CLIENT = Path(__file__).resolve().parents[2] / "client"
PROJECT = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]


def imported() -> set[str]:
    names: set[str] = set()
    for path in (CLIENT / "mfa_reset_client").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names.add(str(node.module).partition(".")[0])
    return names - sys.stdlib_module_names - {"mfa_reset_client"}


def test_imports_are_the_declared_dependencies() -> None:
    optional = [text for extra in PROJECT["optional-dependencies"].values() for text in extra]
    declared = {Requirement(text).name.replace("-", "_") for text in PROJECT["dependencies"] + optional}
    assert {{"azure": "azure_identity"}.get(name, name) for name in imported()} == declared


def test_extras_are_imported_only_when_they_are_used() -> None:
    code = (
        "import sys, mfa_reset_client.cli, mfa_reset_client.verify; "
        "print([name for name in sys.modules if name.startswith(('azure', 'cryptography', 'rfc3161'))])"
    )
    run = [sys.executable, "-c", code]
    result = subprocess.run(run, check=True, capture_output=True, text=True, env={"PYTHONPATH": str(CLIENT)})
    assert result.stdout == "[]\n"


def test_the_entry_point_exists() -> None:
    module, _, name = PROJECT["scripts"]["mfa-reset"].partition(":")
    assert callable(getattr(import_module(module), name))


def test_statuses_and_outcomes_are_those_of_the_service() -> None:
    assert set(Status) == {word.value for word in RequestStatus}
    assert set(TargetOutcome) == {word.value for word in ServiceOutcome}


def test_every_final_status_has_an_exit_code_and_every_code_a_meaning() -> None:
    assert set(_OF_STATUS) == {word.value for word in RequestStatus if word.ended}
    assert set(MEANINGS) == set(ExitCode)


@pytest.mark.parametrize("name", import_module("mfa_reset_client").__all__)
def test_public_names_exist(name: str) -> None:
    assert hasattr(import_module("mfa_reset_client"), name)
