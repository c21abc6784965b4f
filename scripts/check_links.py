"""Ask for every page of others that the README and the docs link to: `make links`, on a machine with internet.

Not in CI: a page of somebody else that is away for an hour is no mistake of a change here. What can be checked without a network,
tests/docs/test_links.py checks.
"""

import re
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from scripts.set_repository import current

ROOT = Path(__file__).resolve().parent.parent
_LINK = re.compile(r"\]\((https?://[^)\s]+)\)|<(https?://[^>\s]+)>")
# The page answers, but not to programs.
_REFUSED = {401, 403, 429}


def pages(root: Path) -> list[Path]:
    """Return the Markdown files that people read."""
    top = [root / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
    folders = (root / name for name in ("docs", "bench", "client", "powershell"))
    return [*top, *sorted(page for folder in folders for page in folder.rglob("*.md"))]


def links(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Return the links to other sites, each with the files that have it."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for markdown, plain in _LINK.findall(path.read_text("utf-8")):
            found.setdefault(markdown or plain, []).append(path.name)
    return found


def problem(http: httpx.Client, url: str) -> str:
    """Return what is wrong with a link, "" where nothing is."""
    try:
        status = http.get(url).status_code
    except httpx.HTTPError as error:
        return type(error).__name__
    return "" if status < 400 or status in _REFUSED else str(status)


def main() -> int:
    ours = f"https://github.com/{current(ROOT)}"  # answers once it is published
    found = {url: files for url, files in links(pages(ROOT)).items() if not url.startswith(ours)}
    with httpx.Client(follow_redirects=True, timeout=30) as http, ThreadPoolExecutor(8) as several:
        problems = list(several.map(lambda url: problem(http, url), found))
    broken = [(url, what) for url, what in zip(found, problems, strict=True) if what]
    for url, what in broken:
        print(f"links: {what}: {url} ({', '.join(sorted(set(found[url])))})", file=sys.stderr)
    print(f"links: {len(found)} asked for, {len(broken)} broken")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
