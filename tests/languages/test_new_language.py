"""One file adds a language to pages, mails and the command line: in a copy of the project, a language that only its file knows."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import catalogue
from tests.system import ROOT

COPIED = ("client", "languages", "messaging", "scripts", "triggers", "use_cases", "web")
PAGE = """
from languages import in_language, languages
from web.templating import environment
from pathlib import Path
assert languages()["cy"] == "Cymraeg"
with in_language("cy"):
    print(environment(Path("web/templates")).from_string("{% trans %}Being prepared{% endtrans %}").render())
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project in which `languages/cy.po` is new, and says `cy:` before each text."""
    root = tmp_path_factory.mktemp("project")
    for each in ROOT.iterdir():
        if each.name in COPIED:
            shutil.copytree(each, root / each.name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
        elif not each.name.startswith(".git"):
            (root / each.name).symlink_to(each)
    path = root / "languages/cy.po"
    path.write_text('msgid ""\nmsgstr ""\n"Language: cy\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n', "utf-8")
    added = catalogue.template()
    new = catalogue.read(path)
    for message in added:
        if message.id:
            one = message.id if isinstance(message.id, str) else message.id[-1]
            text = f"cy:{one}" if isinstance(message.id, str) else (f"cy:{one}",)
            new.add(message.id, text, context=message.context)
    path.write_text(catalogue.written(new), "utf-8")
    _run(root, "-m", "scripts.catalogue", "update")
    return root


def _run(root: Path, *arguments: str, **variables: str) -> str:
    environ = {name: value for name, value in os.environ.items() if name not in {"LANG", "LC_ALL", "LC_MESSAGES"}}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environ | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_pages_are_in_it(project: Path) -> None:
    assert _run(project, "-c", PAGE) == "cy:Being prepared\n"


def test_the_command_line_is_in_it(project: Path) -> None:
    help_of = ["-m", "mfa_reset_client", "list", "--help"]
    text = _run(project, *help_of, PYTHONPATH=str(project / "client"), LANG="cy_GB.UTF-8", COLUMNS="200")
    assert "cy:List requests, newest first." in text
    assert text.startswith("cy:Usage: ")


def test_nothing_else_has_to_be_written(project: Path) -> None:
    assert "every catalogue is complete" in _run(project, "-m", "scripts.catalogue", "check")
