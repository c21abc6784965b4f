"""Every link of the README and the docs leads somewhere."""

import re
from pathlib import Path

import pytest

from scripts.api_descriptions import descriptions
from tests.system import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "bench").glob("*.md"))]
GENERATED = set(descriptions())  # made when the site is built (scripts/docs_hooks.py)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_page_exist(page: Path) -> None:
    targets = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    missing = [link for link in targets if not (page.parent / link).exists() and Path(link).name not in GENERATED]
    assert missing == []
