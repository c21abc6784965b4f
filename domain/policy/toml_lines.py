"""Where a key of a TOML text stands, so that a mistake can name its line. tomllib keeps no positions."""

import re
from collections.abc import Iterator

from domain.policy.rules import Path

_HEADER = re.compile(r"\s*\[\[?\s*(?P<path>[^\[\]#]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(
    r"""\s*(?P<path>(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=(?P<value>.*)"""
)
_PART = re.compile(r"""[\w-]+|"([^"]*)"|'([^']*)'""")
_QUOTES = re.compile(r'"""|\'\'\'')


def line_of(text: str, path: Path) -> int | None:
    """Return the line (from 1) of the key at `path`, or of the nearest key above it that can be found."""
    found = dict(_keys(text))
    for length in range(len(path), 0, -1):
        if line := found.get(path[:length]):
            return line
    return None


def _keys(text: str) -> Iterator[tuple[Path, int]]:
    """Return every key and table header with its line. Keys inside inline tables count as their table's line."""
    table: Path = ()
    inside = ""  # the quotes of the multi-line text that we are in
    for number, line in enumerate(text.splitlines(), start=1):
        if inside:
            inside = "" if inside in line else inside
        elif header := _HEADER.fullmatch(line):
            table = _parts(header["path"])
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, *_parts(key["path"])), number
            opened = _QUOTES.findall(key["value"])
            inside = opened[0] if len(opened) % 2 else ""


def _parts(path: str) -> Path:
    return tuple(match[1] or match[2] or match[0] for match in _PART.finditer(path))
