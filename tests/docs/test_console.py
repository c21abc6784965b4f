"""The console's page in the docs: each page has a picture, pictures are there, and none is left over that no page shows."""

import re
from collections.abc import Mapping
from pathlib import Path

from tests.console.every_page import PAGES

ROOT = Path(__file__).resolve().parents[2]
# A picture is for reading about something, not for printing it.
_LARGEST = 400 * 1024
# Of each page that a person can open, by its route.
PICTURES: Mapping[str, str] = {
    "console/start": "start",
    "console/search": "search",
    "console/users": "users",
    "console/users/{customer}/{user}": "user",
    "console/methods": "methods",
    "console/selection": "selection",
    "console/bulk": "bulk",
    "console/reviews/{id}": "review",
    "console/requests": "requests",
    "console/requests/{id}": "request",
    "console/requests/{id}/audit": "audit-of-request",
    "console/approvals": "approvals",
    "console/audit": "audit",
    "console/deliveries": "deliveries",
    "console/removals": "removals",
    "console/partner": "partner",
    "console/sign-in": "sign-in",
    "console/evidence": "evidence",
    "console/{*rest}": "not-found",
    "api/approvals": "approval",
    "api/attestations": "manager",
}


def test_each_page_has_a_picture() -> None:
    assert {*PICTURES} == {*PAGES}
    assert {f"{name}.png" for name in PICTURES.values()} <= {path.name for path in (ROOT / "docs/pictures").iterdir()}


def test_every_picture_is_there_and_of_modest_size() -> None:
    pages = "".join(path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md"))
    shown = re.findall(r"\]\((pictures/[a-z0-9-]+\.png)\)", pages)
    assert {f"pictures/{path.name}" for path in (ROOT / "docs/pictures").iterdir()} == set(shown)
    for name in shown:
        picture = ROOT / "docs" / name
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < _LARGEST, name
