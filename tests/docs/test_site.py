"""The documentation's site."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system import ROOT

DOCS = ROOT / "docs"


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
