"""docs/security.md goes through the standard chapter by chapter, and what it points to is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECURITY = (ROOT / "docs/security.md").read_text("utf-8")


def test_every_chapter_of_asvs_5_has_a_row_that_says_something() -> None:
    table = SECURITY.partition("## ASVS 5.0, level 2")[2].partition("\n\n`make attacks`")[0]
    rows = re.findall(r"^\| V(\d+) [^|]+\|(.*)\|$", table, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 18))
    assert all(any(cell.strip() for cell in cells.split("|")) for _, cells in rows)


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|bicep|toml|md))`", SECURITY))
    assert "tests/security/test_cursors.py" in named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
