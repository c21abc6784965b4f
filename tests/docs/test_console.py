"""The console's page in the docs: its pictures are there and none is left over that no page shows."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A picture is for reading about something, not for printing it.
_LARGEST = 400 * 1024


def test_every_picture_is_there_and_of_modest_size() -> None:
    pages = "".join(path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md"))
    shown = re.findall(r"\]\((pictures/[a-z0-9-]+\.png)\)", pages)
    assert {f"pictures/{path.name}" for path in (ROOT / "docs/pictures").iterdir()} == set(shown)
    for name in shown:
        picture = ROOT / "docs" / name
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < _LARGEST, name
