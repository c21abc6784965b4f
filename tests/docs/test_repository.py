"""The files around the code: CI, pre-commit, changelog and coverage agree with what the repository pins."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from tests.system import ROOT


def test_ci_runs_what_make_check_runs_on_the_pinned_python() -> None:
    steps = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text("utf-8"))["jobs"]["check"]["steps"]
    (python,) = [step["with"] for step in steps if step.get("uses", "").startswith("actions/setup-python@")]
    assert python["python-version-file"] == ".python-version"
    assert (ROOT / ".python-version").read_text("utf-8").strip() == "3.13"
    assert ".ci/run" in [step.get("run") for step in steps]
    assert "make check" in (ROOT / ".ci/run").read_text("utf-8")


def test_zizmor_finds_nothing_in_the_workflows() -> None:
    """Among others: actions are pinned by their commits, permissions are explained, no credentials are left behind."""
    tool = Path(sys.executable).with_name("zizmor")
    command = [str(tool), "--offline", "--pedantic", "--quiet", "--no-progress", ".github"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pre_commit_has_the_pinned_ruff() -> None:
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    pinned = re.search(r"^ruff==(\S+)", (ROOT / "requirements-dev.txt").read_text("utf-8"), re.MULTILINE)
    assert pinned is not None
    assert repo["rev"] == f"v{pinned[1]}"


def test_changelog_has_the_form_of_keep_a_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^# .*$", text, re.MULTILINE) == ["# Changelog"]
    versions = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", version) for version in versions[1:])
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= kinds


def test_checks_measure_coverage_against_a_floor() -> None:
    report = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["coverage"]["report"]
    assert report["fail_under"] > 0
    assert "--cov" in (ROOT / "Makefile").read_text("utf-8")
