"""The release command: its checks, the changelogs it cuts, and the workflow that publishes."""

import re

import pytest
import yaml

from scripts import changelog, release
from tests.system import ROOT

CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- New.\n\n## [0.0.1] - 2026-01-01\n\n### Added\n\n- Old.\n"


def test_what_is_unreleased_becomes_the_version() -> None:
    text = changelog.cut(CHANGELOG, "0.1.0", "2026-03-02")
    assert "## [Unreleased]\n\n## [0.1.0] - 2026-03-02\n\n### Added\n\n- New.\n" in text
    assert changelog.notes(text, "0.1.0") == "### Added\n\n- New.\n"
    assert changelog.notes(text, "0.0.1") == "### Added\n\n- Old.\n"


def test_nothing_is_released_twice_or_empty() -> None:
    with pytest.raises(ValueError, match="already"):
        changelog.cut(CHANGELOG, "0.0.1", "2026-03-02")
    with pytest.raises(ValueError, match="nothing"):
        changelog.cut(CHANGELOG.replace("### Added\n\n- New.\n\n", ""), "0.1.0", "2026-03-02")
    with pytest.raises(ValueError, match="not in"):
        changelog.notes(CHANGELOG, "9.9.9")


def test_all_parts_have_one_version() -> None:
    assert len(set(release.versions(ROOT).values())) == 1


def test_another_version_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["9.9.9"]) == 1
    said = capsys.readouterr().err
    assert all(place in said for place in release.versions(ROOT))


def test_the_changelogs_can_be_cut_now() -> None:
    for name in release.CHANGELOGS:
        assert changelog.cut((ROOT / name).read_text("utf-8"), "99.0.0", "2026-03-02")


def test_the_workflow_builds_what_the_command_builds_and_signs_it() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))["jobs"]
    steps = jobs["build"]["steps"]
    assert any("scripts/release --build-only" in step.get("run", "") for step in steps)
    used = {step["uses"].partition("@")[0] for job in jobs.values() for step in job["steps"] if "uses" in step}
    assert {"actions/attest-build-provenance", "actions/attest-sbom", "pypa/gh-action-pypi-publish"} <= used
    assert jobs["build"]["permissions"]["attestations"] == "write"
    # Nobody's token: PyPI trusts the workflow.
    assert "secrets." not in (ROOT / ".github/workflows/release.yml").read_text("utf-8")


def test_the_page_is_of_this_version() -> None:
    page = (ROOT / "docs/release.md").read_text("utf-8")
    version = release.versions(ROOT)["pyproject.toml"]
    assert set(re.findall(r"\d+\.\d+\.\d+", page)) == {version}
