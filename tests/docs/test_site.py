"""The documentation's site, and whether each command in it is run by a test or says what it needs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system import ROOT

DOCS = ROOT / "docs"
# Per page the test that runs its commands, or those of the same text.
RUN_BY = {
    "api.md": "tests/api_clients/test_generated.py",
    "pipelines.md": "tests/docs/test_pipelines.py",
    "tutorial.md": "tests/docs/test_tutorial.py",
}
# Every command of these pages is about resources on Azure.
NEEDS_AZURE = {"deploy.md"}
_BLOCK = re.compile(r"((?:<!-- needs [^>]*-->\n)?)^```(?:sh|bash|powershell)\n", re.MULTILINE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly."""
    folder = tmp_path_factory.mktemp("site")
    tool = Path(sys.executable).with_name("mkdocs")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    command = [str(tool), "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_in_it_and_the_api_is_rendered(site: Path) -> None:
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).with_suffix("")
        assert (site / "index.html" if str(name) == "index" else site / name / "index.html").exists(), page
    assert "createResetRequest" in (site / "openapi.json").read_text("utf-8")
    assert "swagger-ui" in (site / "reference/calls/index.html").read_text("utf-8")
    assert "awaitingApproval" in (site / "search/search_index.json").read_text("utf-8")


def test_it_loads_nothing_from_other_hosts(site: Path) -> None:
    loaded = re.compile(r"""<(?:script|link rel="stylesheet"|img)[^>]*(?:src|href)="https?://""")
    assert not [page for page in site.rglob("*.html") if loaded.search(page.read_text("utf-8"))]


def test_links_out_of_the_docs_lead_to_the_repository(site: Path) -> None:
    assert "/blob/main/CONTRIBUTING.md" in (site / "architecture/index.html").read_text("utf-8")


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.stem)
def test_every_command_is_run_or_says_what_it_needs(page: Path) -> None:
    name = str(page.relative_to(DOCS))
    unmarked = [found for found in _BLOCK.finditer(page.read_text("utf-8")) if not found[1]]
    if unmarked and name not in NEEDS_AZURE:
        assert name in RUN_BY, f"{name}: {len(unmarked)} blocks are run by no test; mark them <!-- needs Azure -->"
        assert name in (ROOT / RUN_BY[name]).read_text("utf-8")
