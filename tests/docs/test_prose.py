"""The prose linter finds the words and sentences that it is there to find, in docs and in the texts of pages alike."""

import shutil
import subprocess
from pathlib import Path

import pytest

from scripts import prose_texts
from tests.system import ROOT
from tests.tools import missing_tool

TOOLS = ROOT / ".venv/prose-tools"


def test_texts_of_templates_and_modules_are_written_without_code(tmp_path: Path) -> None:
    prose_texts.main(tmp_path)
    review = (tmp_path / "web/templates/console/sign_in.html.md").read_text(encoding="utf-8")
    assert "Choose a test account" in review
    assert "{" not in review
    assert "<" not in review
    labels = (tmp_path / "web/labels.py.md").read_text(encoding="utf-8")
    assert "Fully approved. The reset begins in a moment." in labels
    assert "The Jinja environment" not in (tmp_path / "web/labels.py.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The user was taken out.", "exclude"),
        ("Asked by Sam", "Requested by"),
        (f"It goes on {'and on ' * 50}.", "sentence length"),
        ("A user is excluded.", ""),
    ],
)
def test_what_it_finds(tmp_path: Path, text: str, found: str) -> None:
    textlint = TOOLS / "node_modules/.bin/textlint"
    if not textlint.exists() or shutil.which("node") is None:
        missing_tool("the prose rules were not tested: scripts/lint-prose has not installed textlint")
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    rules = [
        f"--rules-base-directory={TOOLS / 'node_modules'}",
        f"--config={ROOT / 'scripts/prose_tools/textlintrc.json'}",
    ]
    command = [str(textlint), *rules, "--no-color", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, found in done.stdout) == (int(bool(found)), True), done.stdout
