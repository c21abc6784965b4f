"""The release command: its checks, the changelogs it cuts, and the workflow that publishes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from scripts import changelog, release, set_repository
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


def test_the_changelogs_have_the_form_that_is_cut() -> None:
    for name in release.CHANGELOGS:
        text = (ROOT / name).read_text("utf-8")
        # Right after a release nothing is unreleased.
        text = text.replace("## [Unreleased]\n", "## [Unreleased]\n\n### Added\n\n- New.\n", 1)
        assert "- New." in changelog.notes(changelog.cut(text, "99.0.0", "2026-03-02"), "99.0.0")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone whose builds take no time, and of which nothing was released."""
    copy = tmp_path / "copy"
    subprocess.run([str(shutil.which("git")), "clone", "--quiet", f"file://{ROOT}", str(copy)], check=True)
    for key, value in (("user.name", "Release"), ("user.email", "release@msp.example")):
        subprocess.run([str(shutil.which("git")), "config", key, value], cwd=copy, check=True)
    for name in release.CHANGELOGS:
        (copy / name).write_text(CHANGELOG, "utf-8")
    if tags := _tags(copy):
        subprocess.run([str(shutil.which("git")), "tag", "--delete", *tags], cwd=copy, check=True)
    command = [str(shutil.which("git")), "commit", "--quiet", "--all", "--message", "Have something unreleased"]
    subprocess.run(command, cwd=copy, check=True)
    monkeypatch.setattr(release, "ROOT", copy)
    monkeypatch.setattr(release, "build", lambda root, version: None)
    return copy


def _tags(repository: Path) -> list[str]:
    return subprocess.check_output([str(shutil.which("git")), "tag"], cwd=repository, text=True).split()


def test_the_same_version_twice_is_one_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    version = release.versions(repository)["pyproject.toml"]
    assert release.main([version]) == 0
    assert _tags(repository) == [f"v{version}"]
    capsys.readouterr()
    assert release.main([version]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"release: v{version} is tagged already")
    assert said.count("\n") == 1
    subprocess.run([str(shutil.which("git")), "tag", "--delete", f"v{version}"], cwd=repository, check=True)
    (repository / "later").write_text("x", "utf-8")
    subprocess.run([str(shutil.which("git")), "add", "later"], cwd=repository, check=True)
    subprocess.run([str(shutil.which("git")), "commit", "--quiet", "--message", "Go on"], cwd=repository, check=True)
    capsys.readouterr()
    assert release.main([version]) == 1
    assert capsys.readouterr().err == f"release: CHANGELOG.md: {version} is in the changelog already\n"
    assert _tags(repository) == []


def test_a_release_that_ended_before_its_tag_is_taken_up_again(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = release.versions(repository)["pyproject.toml"]

    def fail(root: Path, version: str) -> None:
        raise release.ReleaseError("the build failed")

    with monkeypatch.context() as failing:
        failing.setattr(release, "build", fail)
        assert release.main([version]) == 1
    assert capsys.readouterr().err == "release: the build failed\n"
    assert _tags(repository) == []
    assert release.main([version]) == 0
    assert _tags(repository) == [f"v{version}"]


def test_nothing_is_written_where_one_changelog_has_nothing(repository: Path) -> None:
    client = repository / "client/CHANGELOG.md"
    client.write_text("# Changelog\n\n## [Unreleased]\n", "utf-8")
    before = (repository / "CHANGELOG.md").read_text("utf-8")
    with pytest.raises(release.ReleaseError, match=r"client/CHANGELOG\.md: nothing is unreleased"):
        release.cut_changelogs(repository, "99.0.0", "2026-03-02")
    assert (repository / "CHANGELOG.md").read_text("utf-8") == before


def test_the_workflow_builds_what_the_command_builds_and_signs_it() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))["jobs"]
    steps = jobs["build"]["steps"]
    assert any("scripts/release --build-only" in step.get("run", "") for step in steps)
    used = {step["uses"].partition("@")[0] for job in jobs.values() for step in job["steps"] if "uses" in step}
    assert {"actions/attest", "pypa/gh-action-pypi-publish"} <= used
    # Without sbom-path it is SLSA provenance (actions/attest, README).
    signed = [step["with"] for step in steps if step.get("uses", "").startswith("actions/attest@")]
    assert [("sbom-path" in given, "subject-checksums" in given) for given in signed] == [(False, True), (True, False)]
    assert jobs["build"]["permissions"]["attestations"] == "write"
    # Nobody's token: PyPI trusts the workflow.
    assert "secrets." not in (ROOT / ".github/workflows/release.yml").read_text("utf-8")


def test_a_release_names_the_repository_that_publishes_it(capsys: pytest.CaptureFixture[str]) -> None:
    workflow = (ROOT / ".github/workflows/release.yml").read_text("utf-8")
    assert workflow.index('scripts/set-repository --check "$GITHUB_REPOSITORY"') < workflow.index("--build-only")
    assert set_repository.main(["--check", set_repository.current(ROOT)]) == 0
    assert set_repository.main(["--check", "acme/mfa-reset"]) == 1
    assert "scripts/set-repository acme/mfa-reset" in capsys.readouterr().err


def test_setting_the_repository_leaves_no_other_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    subprocess.run([str(shutil.which("git")), "clone", "--quiet", f"file://{ROOT}", str(copy)], check=True)
    monkeypatch.setattr(set_repository, "ROOT", copy)
    before = set_repository.current(copy)
    assert set_repository.main(["acme/resets", "--reviewers", "@acme/mfa", "--guards", "@acme/security"]) == 0
    assert set_repository.current(copy) == "acme/resets"
    assert before.partition("/")[0] not in "".join(path.read_text("utf-8") for path in set_repository._files(copy))
    assert "client/pyproject.toml" in capsys.readouterr().out
    assert "https://acme.github.io/resets/" in (copy / "mkdocs.yml").read_text("utf-8")
    owners = dict(line.split() for line in (copy / ".github/CODEOWNERS").read_text("utf-8").splitlines())
    assert owners["*"] == "@acme/mfa"
    assert owners["/domain/access/"] == "@acme/security"
    # The command may be run again, under another name.
    assert set_repository.main(["other/name"]) == 0
    assert set_repository.current(copy) == "other/name"


def test_guarded_paths_exist() -> None:
    assert all(list(ROOT.glob(path.strip("/"))) for path in set_repository.GUARDED)


def test_the_page_is_of_this_version() -> None:
    page = (ROOT / "docs/release.md").read_text("utf-8")
    version = release.versions(ROOT)["pyproject.toml"]
    assert set(re.findall(r"\d+\.\d+\.\d+", page)) == {version}
