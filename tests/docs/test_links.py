"""Links of the README and the docs: those within lead to a file and a heading, those to other sites could be right."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from markdown.extensions.toc import slugify  # type: ignore[import-untyped]

from scripts.api_descriptions import descriptions
from scripts.check_links import links, pages, problem
from tests.system import ROOT

PAGES = pages(ROOT)
GENERATED = set(descriptions())  # made when the site is built (scripts/docs_hooks.py)
LINK = re.compile(r"\]\(((?!\w+:)[^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The names of the headings of a page, as mkdocs and GitHub make them; the second of a name has a number."""
    found: list[str] = []
    for heading in re.findall(r"^#+ (.*)$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE):
        name = slugify(re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading), "-")
        found.append(f"{name}_{found.count(name)}" if name in found else name)
    return {*found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_page_exist(page: Path) -> None:
    broken = []
    for link in LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if target.name in GENERATED:
            continue
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_links_to_other_sites_could_be_right() -> None:
    """Whether they are, `make links` asks, where there is internet."""
    found = links(PAGES)
    assert len(found) > 20
    for url in found:
        parts = urlsplit(url)
        assert parts.scheme == "https", url
        assert re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.hostname or ""), url
        assert not (parts.hostname or "").endswith((".example", "example.com", ".test")), url
        assert not re.match(r"/[a-z]{2}-[a-z]{2}/", parts.path), f"{url}: leave the language to the reader's browser"


@pytest.mark.parametrize(
    ("status", "expected"), [(200, ""), (403, ""), (404, "404"), (500, "500"), (None, "ConnectError")]
)
def test_a_broken_link_is_found(status: int | None, expected: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if status is None:
            raise httpx.ConnectError("no such host", request=request)
        return httpx.Response(status)

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        assert problem(http, "https://learn.microsoft.com/graph") == expected
